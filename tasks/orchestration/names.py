"""The names of runs, tags and artifacts, by which two workspaces never look alike in the Prefect UI."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
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
    """Return a workspace's name: from the policy of this run, from its file, else from its folder,
    with the folder above it where the folders beside that have a workspace of one name."""
    given = policy.get("name") if isinstance(policy, dict) else getattr(policy, "name", None)
    with suppress(FlywheelError):  # a run that is refused has a name too
        given = given or read_policy(root / POLICY_FILE).name
    if given:
        return str(given)
    root = root.resolve()
    return f"{root.parent.name}/{root.name}" if _has_namesake(root) else root.name


def _has_namesake(root: Path) -> bool:
    """Return whether a workspace such as `team08/drugs` is beside `team07/drugs`."""
    if root.parent == root.parent.parent:  # right below the root of the file system
        return False
    with suppress(OSError):
        for folder in root.parent.parent.iterdir():
            other = folder / root.name
            if folder != root.parent and (
                (other / POLICY_FILE).is_file() or (other / "cycle1").is_dir()
            ):
                return True
    return False


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
    """Return a function that names a flow run by its parameters and `name`, that of its workspace."""

    def name() -> str:
        given: dict[str, Any] = dict(flow_run.parameters)
        root = Path(str(given["workspace"]))
        if "{cycle}" in pattern:
            given["cycle"] = cycle_of_run(root, given["cycle"])
        return pattern.format(**given, name=workspace_name(root, given.get("policy")))

    return name


def child_name(flow: str, cycle: Cycle, words: str = "") -> str:
    """Name a child run of a cycle by its stage, its workspace, and what it works on."""
    name = f"{flow} {workspace_name(cycle.root, cycle.policy)}-cycle-{cycle.number}"
    return f"{name} {words}" if words else name


def name_of_child(flow: str) -> Callable[[], str]:
    """Return a function that names a child run: from its parent, else by its parameters."""

    def name() -> str:
        context = FlowRunContext.get()
        run = context.flow_run if context else None
        if run and run.parent_task_run_id:
            return run.name
        return run_name(flow + " {name}-cycle-{cycle}")()

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


def sweep_tags(roots: Iterable[Path]) -> list[str]:
    """Name the tags of a sweep: its workspaces."""
    return sorted({f"workspace:{workspace_name(root)}" for root in roots})


def scoring_name() -> str:
    """Name a scoring by what is scored, and by the folder of its benchmark."""
    given: dict[str, Any] = flow_run.parameters
    source = next(filter(None, map(given.get, ("hypotheses", "model", "endpoint"))), "endpoint")
    folder = Path(str(given["manifest"])).absolute().parent.name
    return f"score-{Path(str(source)).name}-on-{folder}"


def comparison_name() -> str:
    """Name a comparison of systems by the workspace, or by the folder of their benchmark."""
    given: dict[str, Any] = flow_run.parameters
    root = given.get("workspace") or Path(str(given.get("manifest"))).absolute().parent
    return f"compare-{Path(str(root)).name}"


def cycle_tags(root: Path, number: int, policy: object = None) -> list[str]:
    """Name the tags of a run that works on a cycle."""
    return [f"workspace:{workspace_name(root, policy)}", f"{CYCLE_TAG}{number}"]


def tag_run(new: Iterable[str]) -> None:
    """Tag this flow run, as its first act: a run that fails has its tags too.

    Its stages have no tags: Prefect would ask the server for a limit of each before every stage, and
    a stage has to go on while the server is away.
    """
    context = FlowRunContext.get()
    if context and context.flow_run:
        known = set(context.flow_run.tags)
        with suppress(httpx.HTTPError, PrefectException), get_client(sync_client=True) as client:
            client.update_flow_run(context.flow_run.id, tags=sorted(known | {*new}))
