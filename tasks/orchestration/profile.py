"""The file of Prefect's profiles, checked before Prefect loads, which would end in a traceback."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

INVALID = 2


def check_profiles() -> None:
    """End this process with one sentence and exit code 2 where Prefect cannot read its profiles."""
    if fault := fault_of(profiles_path(os.environ)):
        print(f"Invalid input, 1 fault; nothing was written:\n  {fault}", file=sys.stderr)
        raise SystemExit(INVALID)


def profiles_path(environment: Mapping[str, str]) -> Path:
    """Give the file of Prefect's profiles, as Prefect finds it.

    >>> print(profiles_path({"PREFECT_HOME": "/srv/prefect"}))
    /srv/prefect/profiles.toml
    """
    home = Path(environment.get("PREFECT_HOME") or "~/.prefect")
    return Path(environment.get("PREFECT_PROFILES_PATH") or home / "profiles.toml").expanduser()


def fault_of(profiles: Path) -> str:
    """Say why Prefect cannot read a file of profiles; empty where it can, or there is none."""
    if not profiles.exists():
        return ""
    if not profiles.is_file():
        return f"{profiles}: expected a file of Prefect's profiles"
    try:
        tomllib.loads(profiles.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return f"{profiles}: expected Prefect's profiles as TOML: {error}"
    return ""
