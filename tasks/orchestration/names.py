"""How runs, tags and artifacts are named, so that two workspaces never look alike in the Prefect UI."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectException
from prefect.runtime import flow_run

from tasks.domain.errors import FlywheelError
from tasks.records.files import digest
from tasks.workspace.cycle import Cycle
from tasks.workspace.open import POLICY_FILE, read_policy
from tasks.workspace.status import cycle_to_run

SHOWN_WORKSPACES = 3
CYCLE_TAG = "cycle:"


def workspace_name(root: Path, policy: object = None) -> str:
    """Give a workspace's name: from the policy of this run, from its file, else from its folder."""
    given = policy.get("name") if isinstance(policy, dict) else getattr(policy, "name", None)
    with suppress(FlywheelError):  # a run that is refused has a name too
        given = given or read_policy(root / POLICY_FILE).name
    return str(given or root.resolve().name)


def workspace_slug(root: Path, name: str) -> str:
    """Name a workspace as keys do; two folders of one name differ by the digest of their paths."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "flywheel"
    return f"{slug}-{digest(str(root.resolve()))[:6]}"


def artifact_key(root: Path, name: str, kind: str) -> str:
    """Name an artifact; one key is one timeline in the UI.

    >>> artifact_key(Path("/srv/Drug names"), "Drug names", "ledger")
    'drug-names-96fa10-ledger'
    """
    return f"{workspace_slug(root, name)}-{kind}"


def run_name(pattern: str) -> Callable[[], str]:
    """Give what names a flow run: its parameters, and `name`, that of its workspace."""

    def name() -> str:
        given: dict[str, Any] = dict(flow_run.parameters)
        root = Path(str(given["workspace"]))
        if "cycle" in given:
            given["cycle"] = cycle_of_run(root, given["cycle"])
        return pattern.format(**given, name=workspace_name(root, given.get("policy")))

    return name


def cycle_of_run(root: Path, given: int | None) -> int:
    """Return the number of the cycle that this run works on: as given, else the next that is due.

    A run that is started again keeps the cycle that it is tagged with.
    """
    tagged = [tag.removeprefix(CYCLE_TAG) for tag in flow_run.tags if tag.startswith(CYCLE_TAG)]
    return int(given or next(iter(tagged), None) or cycle_to_run(root))


def sweep_name() -> str:
    """Name a sweep by its workspaces."""
    roots = [Path(str(one)) for one in flow_run.parameters["workspaces"]]
    named = [workspace_name(root) for root in roots[:SHOWN_WORKSPACES]]
    more = len(roots) - len(named)
    return "-".join(["sweep", *named]) + (f"-and-{more}-more" if more else "")


def scoring_name() -> str:
    """Name a scoring by what is scored, and by the folder of its benchmark."""
    given: dict[str, Any] = flow_run.parameters
    source = next(filter(None, map(given.get, ("hypotheses", "model", "endpoint"))), "endpoint")
    folder = Path(str(given["manifest"])).absolute().parent.name
    return f"score-{Path(str(source)).name}-on-{folder}"


def tag_run(cycle: Cycle) -> None:
    """Tag this flow run with workspace and cycle.

    Its stages have no tags: Prefect would ask the server for a limit of each before every stage, and
    a stage has to go on while the server is away.
    """
    new = {f"workspace:{cycle.name}", f"{CYCLE_TAG}{cycle.number}"}
    context = FlowRunContext.get()
    if context and context.flow_run:
        known = set(context.flow_run.tags)
        with suppress(httpx.HTTPError, PrefectException), get_client(sync_client=True) as client:
            client.update_flow_run(context.flow_run.id, tags=sorted(known | new))
