"""NVIDIA Brev, by its command line `brev`, after `brev login`.

The syntax is that of brev-cli 0.6.327, read in its source: `search gpu --json`, `create NAME --type …
--startup-script @FILE`, `ls --json`, `refresh`, `stop NAME`, `delete NAME`. No machine was rented with it
here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tasks.domain.errors import RentalFailed
from tasks.rental.provider import MachineState, output_of

CREATE_SECONDS = 900
STATES: dict[str, MachineState] = {"DELETING": "gone", "STOPPED": "stopped", "STOPPING": "stopped"}


class Brev:
    """Machines of the organization that `brev` is logged in to."""

    name = "brev"

    def price_per_hour(self, instance: str) -> float | None:
        found = _objects(output_of(["brev", "search", "gpu", "--json"]))
        prices = [one.get("price_per_hour") for one in found if one.get("type") == instance]
        return float(prices[0]) if prices and prices[0] else None

    def create(self, name: str, instance: str, startup: Path) -> None:
        command = ["brev", "create", name, "--type", instance, "--startup-script", f"@{startup}"]
        limit = ["--jupyter=false", "--timeout", str(CREATE_SECONDS)]
        output_of([*command, *limit], seconds=CREATE_SECONDS + 60)

    def address(self, name: str) -> str:
        output_of(["brev", "refresh"])  # writes the machine into the configuration of ssh
        return name

    def state(self, name: str) -> MachineState:
        machines = _objects(output_of(["brev", "ls", "--json"]), "workspaces")
        status = next((one.get("status") for one in machines if one.get("name") == name), None)
        return "gone" if status is None else STATES.get(str(status), "on")

    def stop(self, name: str) -> None:
        output_of(["brev", "stop", name])

    def delete(self, name: str) -> None:
        output_of(["brev", "delete", name])


def _objects(text: str, key: str | None = None) -> list[dict[str, Any]]:
    """Read the list of objects that brev printed; null is an empty one."""
    try:
        content = json.loads(text)
        found = content[key] if key else content
    except (ValueError, KeyError, TypeError):
        raise RentalFailed(f"brev printed no list of JSON objects: {text[:100]!r}") from None
    return [one for one in found or [] if isinstance(one, dict)]
