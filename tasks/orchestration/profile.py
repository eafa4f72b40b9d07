"""Prefect's environment and its file of profiles, seen to before Prefect loads."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path


def prepare_prefect() -> None:
    """Set what Prefect reads when it is imported: time to migrate a fresh database, no telemetry."""
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")


def profiles_path(environment: Mapping[str, str]) -> Path:
    """Return the file of Prefect's profiles, as Prefect finds it.

    >>> print(profiles_path({"PREFECT_HOME": "/srv/prefect"}))
    /srv/prefect/profiles.toml
    """
    home = Path(environment.get("PREFECT_HOME") or "~/.prefect")
    return Path(environment.get("PREFECT_PROFILES_PATH") or home / "profiles.toml").expanduser()


def api_url(environment: Mapping[str, str]) -> str | None:
    """Return the address of the configured Prefect server, read without importing Prefect.

    That of the environment, else of the active profile; None where a command starts its own server.
    """
    profiles = profiles_path(environment)
    if "PREFECT_API_URL" in environment or not profiles.is_file() or fault_of(profiles):
        return environment.get("PREFECT_API_URL")
    content = tomllib.loads(profiles.read_text(encoding="utf-8"))
    active = environment.get("PREFECT_PROFILE") or content.get("active")
    profile = content.get("profiles", {}).get(active, {})
    url = profile.get("PREFECT_API_URL")
    return str(url) if url else None


def fault_of(profiles: Path) -> str:
    """Return why Prefect cannot read a file of profiles; empty where it can, or there is none."""
    if not profiles.exists():
        return ""
    if not profiles.is_file():
        return f"{profiles}: expected a file of Prefect's profiles"
    try:
        tomllib.loads(profiles.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return f"{profiles}: expected Prefect's profiles as TOML: {error}"
    return ""
