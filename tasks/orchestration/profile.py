"""Prefect's own settings, checked before a flow imports Prefect, which would end in a traceback."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

INVALID = 2


def check_settings() -> None:
    """End this process with one sentence and exit code 2 where Prefect cannot read its settings."""
    if fault := fault_of(profiles_path(os.environ)) or _invalid_setting():
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


def _invalid_setting() -> str:
    """Name the settings whose values Prefect refuses, without these: some are secrets."""
    printed = io.StringIO()  # by Prefect, with the values
    try:
        with contextlib.redirect_stderr(printed):
            from prefect.settings import get_current_settings

            get_current_settings()
    except ValidationError as error:
        found = (f"{'_'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        return f"Prefect's settings ({error.title}): {'; '.join(found)}"
    sys.stderr.write(printed.getvalue())
    return ""
