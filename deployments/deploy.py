"""Bring pools, deployments and automations on the Prefect server to what the files here describe.

    python -m deployments.deploy        RESET=1: everything as in the files; GPUS=2: limit of the pool gpu

What an operator set on the server stays: a value is changed only where the server still has the one that
was deployed last. A Prefect variable keeps the digests of those. What stays different is printed.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from prefect.blocks.notifications import SlackWebhook
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import (
    DeploymentScheduleCreate,
    DeploymentUpdate,
    WorkPoolCreate,
    WorkPoolUpdate,
)
from prefect.client.schemas.objects import ConcurrencyOptions, WorkPool
from prefect.events.schemas.automations import Automation, AutomationCore
from prefect.exceptions import ObjectNotFound
from prefect.flows import Flow, load_flow_from_entrypoint
from prefect.variables import Variable

from deployments.settings import (
    EMPTY,
    Settings,
    digest,
    file_settings,
    merge,
    server_settings,
    under,
)

HERE = Path(__file__).parent
VARIABLE = "flywheel_deployed"
NOTIFY = "flywheel"  # the notification block that the automations send with
PLACEHOLDER = "https://hooks.slack.com/services/FILL/THIS/IN"
Merge = Callable[[str, Settings, Settings | None], Settings]


def pool_template() -> Settings:
    """Return the template of a process pool, with the command that starts a run."""
    template: Settings = json.loads((HERE / "pools/process.json").read_text(encoding="utf-8"))
    start = (HERE / "pools/start_run.py").read_text(encoding="utf-8")
    template["job_configuration"]["command"] = shlex.join(["python", "-c", start])
    return template


def deploy_pool(
    client: SyncPrefectClient, name: str, file: Settings, gpus: int | None, merged: Merge
) -> None:
    """Create a work pool, or change what the files changed of it; one of another type keeps its own.

    `gpus` limits the runs of the pool gpu; None leaves the limit, which is 1 at first.
    """
    label, of_gpus = f"work pool {name}", name == "gpu"
    if of_gpus and gpus:
        file = file | {"limit": gpus}
    try:
        there: WorkPool = client.read_work_pool(name)
    except ObjectNotFound:
        first = merged(label, {"limit": 1} | file if of_gpus else file, None)
        template, limit = first["template"], first.get("limit")
        made = WorkPoolCreate(
            name=name, type="process", base_job_template=template, concurrency_limit=limit
        )
        client.create_work_pool(made)
        return
    now: Settings = {"template": there.base_job_template, "limit": there.concurrency_limit}
    if there.type != "process":
        file = {key: value for key, value in file.items() if key != "template"}
    now = {key: value for key, value in now.items() if key in file and value is not None}
    if (result := merged(label, file, now)) != now:
        fields = {"template": "base_job_template", "limit": "concurrency_limit"}
        update = WorkPoolUpdate(**{fields[key]: value for key, value in result.items()})
        client.update_work_pool(name, update)


def deploy_flow(client: SyncPrefectClient, entry: Mapping[str, Any], merged: Merge) -> None:
    """Create a deployment, or bring it up to the code; of its settings change what the file changed."""
    flow: Flow[..., Any] = load_flow_from_entrypoint(entry["entrypoint"])
    label, file = f"{flow.name}/{entry['name']}", file_settings(entry)
    code: Settings = {
        "entrypoint": entry["entrypoint"],
        "description": entry["description"],
        "parameter_openapi_schema": flow.parameters.model_dump(),
        "enforce_parameter_schema": True,
        "pull_steps": [],  # each worker imports the flow from its own checkout
        "path": None,
    }
    try:
        there = client.read_deployment_by_name(label)
    except ObjectNotFound:
        made = _deployment_fields(merged(label, file, None))
        flow_id = client.create_flow_from_name(flow.name)
        identity = client.create_deployment(flow_id, entry["name"], **code, **made)
        _set_schedules(client, identity, file, {}, {})
        return
    now = server_settings(there)
    result = merged(label, file, now)
    changed = {key: value for key, value in code.items() if _differs(getattr(there, key), value)}
    fields, before = _deployment_fields(result), _deployment_fields(now)
    changed |= {key: value for key, value in fields.items() if value != before[key]}
    if changed:
        client.update_deployment(there.id, DeploymentUpdate(**changed))
    ids = {f"schedule {one.slug or one.id}": one.id for one in there.schedules}
    _set_schedules(client, there.id, result, now, ids)


def _differs(now: Any, new: Any) -> bool:
    return digest(now) != digest(new) and not (now in EMPTY and new in EMPTY)


def _deployment_fields(settings: Settings) -> Settings:
    """Return the fields of a deployment that hold these settings."""
    strategy = settings.get("over the limit")
    return {
        "work_pool_name": settings["work pool"],
        "tags": settings["tags"],
        "parameters": under("parameter ", settings),
        "job_variables": under("job variable ", settings),
        "concurrency_limit": settings.get("limit"),
        "concurrency_options": ConcurrencyOptions(collision_strategy=strategy)
        if strategy
        else None,
    }


def _set_schedules(
    client: SyncPrefectClient,
    deployment: UUID,
    settings: Settings,
    before: Settings,
    ids: Mapping[str, UUID],
) -> None:
    """Create, change and delete schedules, each by its slug."""
    wanted = [
        key for key in settings if key.startswith("schedule ") and f"{key} active" in settings
    ]
    for name in ids.keys() - set(wanted):
        client.delete_deployment_schedule(deployment, ids[name])
    for name in wanted:
        keys = [name, f"{name} active", f"{name} parameters"]
        if all(settings[key] == before.get(key) for key in keys):
            continue
        if name in ids:
            client.delete_deployment_schedule(deployment, ids[name])
        when, active, parameters = (settings[key] for key in keys)
        made = DeploymentScheduleCreate(
            schedule=when, active=active, parameters=parameters, slug=name.removeprefix("schedule ")
        )
        client.create_deployment_schedules(deployment, [made])


def deploy_automation(client: SyncPrefectClient, wanted: AutomationCore, merged: Merge) -> None:
    """Create an automation, or change what the file changed of it."""
    label = f"automation {wanted.name}"
    file = wanted.model_dump(mode="json", include={"description", "enabled", "trigger", "actions"})
    there: list[Automation] = client.read_automations_by_name(wanted.name)
    now = there[0].model_dump(mode="json", include=set(file)) if there else None
    result = merged(label, file, now)
    if not there:
        client.create_automation(wanted)
    elif result != now:
        made = AutomationCore.model_validate({"name": wanted.name, **result})
        client.update_automation(there[0].id, made)


def notification_block(client: SyncPrefectClient) -> UUID:
    """Return the id of the block that notifications are sent with; make one to fill where none is."""
    try:
        return client.read_block_document_by_name(NOTIFY, "slack-webhook").id
    except ObjectNotFound:
        block = SlackWebhook(url=PLACEHOLDER)
        return UUID(str(block.save(NOTIFY)))


def automations(path: Path, block: UUID) -> list[AutomationCore]:
    """Read the automations of a file; those that notify get the id of the block."""
    text = path.read_text(encoding="utf-8").replace("NOTIFICATION_BLOCK", str(block))
    return [AutomationCore.model_validate(one) for one in yaml.safe_load(text)["automations"]]


def main(environment: Mapping[str, str]) -> int:
    """Deploy everything; print each step before it is taken, and what stays as an operator set it."""
    reset = environment.get("RESET", "") not in ("", "0")
    deployed: dict[str, dict[str, str]] = Variable.get(VARIABLE, default={}) or {}
    record: dict[str, dict[str, str]] = {}
    kept = 0

    def merged(label: str, file: Settings, server: Settings | None) -> Settings:
        nonlocal kept
        print(label, flush=True)
        last = deployed.get(label, {})
        record[label] = last | {key: digest(value) for key, value in file.items()}
        if server is None:
            return file
        result, sentences = merge(file, server, last, reset)
        kept += any(result.get(key) != file.get(key) for key in {*result, *file})
        print(*(f"  {sentence}" for sentence in sentences), sep="\n", end="\n" * bool(sentences))
        return result

    entries = yaml.safe_load((HERE.parent / "prefect.yaml").read_text(encoding="utf-8"))
    template = pool_template()
    gpus = int(environment.get("GPUS") or reset) or None
    with get_client(sync_client=True) as client:
        for name in ("flywheel", "gpu"):
            deploy_pool(client, name, {"template": template}, gpus, merged)
        for entry in entries["deployments"]:
            deploy_flow(client, entry, merged)
        block = notification_block(client)
        for one in automations(HERE / "automations.yaml", block):
            deploy_automation(client, one, merged)
    Variable.set(VARIABLE, record, tags=["flywheel"], overwrite=True)
    if kept:
        print(f"{kept} keep settings of this server; RESET=1 sets them as in the files")
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
