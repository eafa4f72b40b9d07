"""What an operator may set on the Prefect server, and how it is kept when the files are deployed again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule

SECRET = "job variable "  # it may hold a key, so its value is not printed
SHOWN_CHARACTERS = 100
EMPTY: tuple[Any, ...] = ([], {}, None)

Settings = dict[str, Any]


def digest(value: object) -> str:
    """Return a short digest of a setting, the same for every order of a set of names.

    >>> digest({"a": ["x", "y"]}) == digest({"a": ["y", "x"]})
    True
    """
    return hashlib.sha256(json.dumps(_sorted(value), sort_keys=True).encode()).hexdigest()[:8]


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _sorted(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set):
        return sorted((_sorted(one) for one in value), key=json.dumps)
    return value


def merge(
    file: Settings, server: Settings, deployed: Mapping[str, str], reset: bool = False
) -> tuple[Settings, list[str]]:
    """Return the settings that the server shall have, and a sentence for each that differs.

    `deployed` has the digest of each value that was deployed last.

    >>> last = {"limit": digest(1)}
    >>> merge({"limit": 1}, {"limit": 3}, last)
    ({'limit': 3}, ['limit stays 3 (in the files: 1)'])
    >>> merge({"limit": 2}, {"limit": 1}, last)
    ({'limit': 2}, ['limit: 1 → 2'])
    """
    merged, sentences = {}, []
    for key in sorted({*file, *server}):
        new, now = file.get(key), server.get(key)
        same = digest(new) == digest(now)
        unset = key not in server and key not in deployed  # the server never had it
        follows = reset or unset or deployed.get(key) == digest(now)
        if follows and key in file:
            merged[key] = new
        elif not follows and key in server:
            merged[key] = now
        if not same:
            sentences.append(_sentence(key, _shown(now), _shown(new), follows))
    return merged, sentences


def _sentence(key: str, now: str, new: str, follows: bool) -> str:
    if key.startswith(SECRET) or len(now + new) > SHOWN_CHARACTERS:
        return f"{key} {'changed' if follows else 'stays; it is not that of the files'}"
    return f"{key}: {now} → {new}" if follows else f"{key} stays {now} (in the files: {new})"


def _shown(value: object) -> str:
    return "none" if value in EMPTY else json.dumps(value, default=str)


def file_settings(entry: Mapping[str, Any]) -> Settings:
    """Return what an operator may set of a deployment, as prefect.yaml has it, one key a setting."""
    pool = entry["work_pool"]
    found: Settings = {"work pool": pool["name"], "tags": entry.get("tags", [])}
    if limit := entry.get("concurrency_limit"):
        found["limit"], found["over the limit"] = limit["limit"], limit["collision_strategy"]
    found |= {f"parameter {key}": value for key, value in entry.get("parameters", {}).items()}
    variables = pool.get("job_variables", {})
    found |= {f"job variable {key}": value for key, value in variables.items()}
    for one in entry.get("schedules", []):
        name = f"schedule {one['slug']}"
        found[name] = {"cron": one["cron"], "timezone": one["timezone"]}
        found[f"{name} active"] = one["active"]
        found[f"{name} parameters"] = one.get("parameters", {})
    return found


def server_settings(there: DeploymentResponse) -> Settings:
    """Return the same of a deployment on the server; a schedule of no name counts by its id."""
    found: Settings = {"work pool": there.work_pool_name, "tags": there.tags}
    if there.global_concurrency_limit:
        found["limit"] = there.global_concurrency_limit.limit
        options = there.concurrency_options
        found["over the limit"] = options.collision_strategy.value if options else None
    found |= {f"parameter {key}": value for key, value in there.parameters.items()}
    found |= {f"job variable {key}": value for key, value in there.job_variables.items()}
    for one in there.schedules:
        name = f"schedule {one.slug or one.id}"
        cron = isinstance(one.schedule, CronSchedule)
        kept = {"cron", "timezone"} if cron else None
        found[name] = one.schedule.model_dump(mode="json", include=kept)
        found[f"{name} active"] = one.active
        found[f"{name} parameters"] = one.parameters
    return found


def under(prefix: str, settings: Settings) -> Settings:
    """Return the settings of one kind, by their own names."""
    names = (key for key in settings if key.startswith(prefix))
    return {key.removeprefix(prefix): settings[key] for key in names}
