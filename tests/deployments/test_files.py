"""What Prefect would ignore in silence, or refuse on the day of the deployment."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from docker.types import HostConfig
from prefect.cli.deploy._models import (
    ConcurrencyLimitSpec,
    DeploymentConfig,
    PrefectYamlModel,
    RawScheduleConfig,
    WorkPoolConfig,
)
from prefect.client.schemas.objects import FlowRun
from prefect.flows import load_flow_from_entrypoint
from prefect.workers.process import ProcessJobConfiguration
from prefect_docker.worker import DockerWorkerJobConfiguration
from prefect_kubernetes.worker import KubernetesWorkerJobConfiguration

ROOT = Path(__file__).parents[2]
PREFECT = yaml.safe_load((ROOT / "prefect.yaml").read_text())
DEPLOYMENTS = PREFECT["deployments"]
HEARTBEAT = "PREFECT_FLOWS_HEARTBEAT_FREQUENCY"
DATA = "${FLYWHEEL_DATA:-/srv/flywheel}"
POOLS = sorted((ROOT / "deployments/pools").glob("*.json"))
names = [f"{one['entrypoint'].split(':')[1]}/{one['name']}" for one in DEPLOYMENTS]


def unknown(given: dict[str, Any], model: Any) -> set[str]:
    known = {field.alias or name for name, field in model.model_fields.items()}
    return set(given) - known


def test_prefect_yaml_has_no_key_that_prefect_does_not_read() -> None:
    assert unknown(PREFECT, PrefectYamlModel) == {"definitions"}
    for one in DEPLOYMENTS:
        assert not unknown(one, DeploymentConfig)
        assert not unknown(one["work_pool"], WorkPoolConfig)
        assert not unknown(one.get("concurrency_limit", {}), ConcurrencyLimitSpec)
        for schedule in one.get("schedules", []):
            assert not unknown(schedule, RawScheduleConfig)


def test_the_deployments_are_the_ones_that_users_know() -> None:
    flows = [load_flow_from_entrypoint(str(ROOT / one["entrypoint"])) for one in DEPLOYMENTS]
    found = {f"{flow.name}/{one['name']}" for flow, one in zip(flows, DEPLOYMENTS, strict=True)}
    assert found == {
        "flywheel-cycle/manual", "flywheel-sweep/nightly", "flywheel-build/manual",
        "make-general/general", "score-baseline/baseline",
        "rollback-champion/rollback", "approve-candidate/approve", "hand-off/hand-off", "show-ledger/ledger",
        "rent-cycle/rent", "sft/gpu", "transcribe/gpu",
    }  # fmt: skip


@pytest.mark.parametrize("one", DEPLOYMENTS, ids=names)
def test_parameters_fit_the_flow_and_every_field_has_a_form(one: dict[str, Any]) -> None:
    flow = load_flow_from_entrypoint(str(ROOT / one["entrypoint"]))
    schema = flow.parameters.model_dump()
    given = one.get("parameters", {})
    assert set(given) <= set(schema["properties"])
    if set(schema.get("required", [])) <= set(given):
        flow.validate_parameters(given)
    for name, field in schema["properties"].items():
        assert field.get("description"), f"{name} is not explained in the form"


def test_the_nightly_sweep_is_shipped_paused_with_a_slug_and_a_timezone() -> None:
    (nightly,) = (one for one in DEPLOYMENTS if one["name"] == "nightly")
    (schedule,) = nightly["schedules"]
    assert schedule["active"] is False
    assert schedule["slug"]
    assert schedule["timezone"]
    assert nightly["concurrency_limit"]["limit"] == 1


@pytest.mark.parametrize("path", POOLS, ids=lambda path: path.stem)
def test_a_pool_template_names_every_variable_it_uses_and_uses_every_one(path: Path) -> None:
    template = json.loads(path.read_text())
    used = set(re.findall(r"{{ (\w+) }}", json.dumps(template["job_configuration"])))
    assert used == set(template["variables"]["properties"])


def rendered(worker: Any, pool: str, **values: Any) -> Any:
    """The job as the worker itself makes it of the template, for a run of its own."""
    template = json.loads((ROOT / f"deployments/pools/{pool}.json").read_text())
    made = asyncio.run(worker.from_template_and_values(template, values))
    made.prepare_for_flow_run(FlowRun(flow_id=uuid4(), name="brave-fox"))
    return made


@pytest.mark.usefixtures("prefect_server")
@pytest.mark.parametrize(
    ("pool", "configuration"),
    [
        ("process", ProcessJobConfiguration),
        ("docker-gpu", DockerWorkerJobConfiguration),
        ("kubernetes-gpu", KubernetesWorkerJobConfiguration),
    ],
)
def test_the_variables_of_a_run_cannot_name_the_command_that_a_worker_starts(
    pool: str, configuration: Any
) -> None:
    evil = {"command": "sh -c evil", "entrypoint": "evil", "args": "evil"}
    job = rendered(configuration, pool, **evil)
    assert job.command == rendered(configuration, pool).command
    assert "evil" not in job.model_dump_json()


@pytest.mark.usefixtures("prefect_server")
def test_the_kubernetes_job_asks_for_a_gpu_shared_memory_and_the_workspaces() -> None:
    values = {"gpus": "2", "env": {"FLYWHEEL_TRANSCRIBE_BATCH_SIZE": "64"}}
    job = rendered(KubernetesWorkerJobConfiguration, "kubernetes-gpu", **values).job_manifest
    assert job["metadata"]["generateName"] == "brave-fox-"
    assert job["spec"]["backoffLimit"] == 0  # Prefect retries; Kubernetes does not
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["args"] == ["prefect", "flow-run", "execute"]
    assert {"name": "FLYWHEEL_TRANSCRIBE_BATCH_SIZE", "value": "64"} in container["env"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "2"
    assert container["resources"]["requests"]["memory"] == "64Gi"
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounts == {
        "shm": "/dev/shm", "workspaces": "/srv/flywheel", "tmp": "/tmp", "home": "/home/flywheel",
    }  # fmt: skip
    assert container["securityContext"] == {
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["securityContext"] == {"runAsUser": 1000, "fsGroup": 1000, "runAsNonRoot": True}
    assert {volume["name"] for volume in pod["volumes"]} == set(mounts)
    assert pod["restartPolicy"] == "Never"


@pytest.mark.usefixtures("prefect_server")
def test_the_docker_pool_asks_for_gpus_and_shared_memory() -> None:
    made = rendered(DockerWorkerJobConfiguration, "docker-gpu", shm_size="8g")
    asked = dict(made.container_create_kwargs)
    assert asked.pop("user") == "1000:1000"
    host = HostConfig(version="1.41", **asked)  # as the engine is asked
    assert (host["ReadonlyRootfs"], host["CapDrop"]) == (True, ["ALL"])
    assert (host["SecurityOpt"], host["PidsLimit"]) == (["no-new-privileges"], 4096)
    assert set(host["Tmpfs"]) == {"/tmp", "/home/flywheel"}
    assert host["ShmSize"] == 8 * 2**30
    assert host["DeviceRequests"][0]["Capabilities"] == [["gpu"]]
    assert {limit["Name"] for limit in host["Ulimits"]} == {"memlock", "stack"}
    assert made.volumes == ["/srv/flywheel:/srv/flywheel"]


def test_the_compose_file_gives_workspaces_one_path_on_host_and_workers() -> None:
    services = yaml.safe_load((ROOT / "deployments/compose.yaml").read_text())["services"]
    assert {"database", "server", "deploy", "worker", "gpu-worker"} == set(services)
    for name in ("worker", "gpu-worker"):
        assert services[name]["volumes"][0] == f"{DATA}:{DATA}"


def test_what_compose_runs_of_ours_cannot_write_to_its_image_and_has_no_rights_of_root() -> None:
    services = yaml.safe_load((ROOT / "deployments/compose.yaml").read_text())["services"]
    for name in ("server", "deploy", "worker", "gpu-worker"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["security_opt"] == ["no-new-privileges:true"]
        assert (services[name]["pids_limit"], services[name]["mem_limit"]) == (4096, "8g")
    for name in ("deploy", "worker", "gpu-worker"):
        assert services[name]["user"] == "${FLYWHEEL_USER:-1000:1000}"


def test_the_server_of_compose_asks_for_the_login_that_its_workers_have() -> None:
    services = yaml.safe_load((ROOT / "deployments/compose.yaml").read_text())["services"]
    asked = services["server"]["environment"]["PREFECT_SERVER_API_AUTH_STRING"]
    assert asked.startswith("${PREFECT_API_AUTH_STRING:?")  # compose ends where it is not set
    for name in ("deploy", "worker", "gpu-worker"):
        given = services[name]["environment"]["PREFECT_API_AUTH_STRING"]
        assert given == "${PREFECT_API_AUTH_STRING}"
    for service in services.values():
        assert "AUTH_STRING" not in str(service.get("command"))


def test_the_automation_is_one_that_prefect_accepts() -> None:
    from prefect.automations import Automation

    given = yaml.safe_load((ROOT / "deployments/automations.yaml").read_text())
    (one,) = given["automations"]
    made = Automation.model_validate(one)
    assert made.name == "crash-zombie-runs"
    waits = made.trigger.within.total_seconds()
    for deployment in DEPLOYMENTS:
        heartbeat = deployment["work_pool"]["job_variables"]["env"][HEARTBEAT]
        assert waits == 3 * int(heartbeat)


def test_every_job_variable_is_one_of_its_pool() -> None:
    known = json.loads((ROOT / "deployments/pools/process.json").read_text())["variables"]
    for deployment in DEPLOYMENTS:
        assert set(deployment["work_pool"]["job_variables"]) <= set(known["properties"])


def test_each_step_of_a_deployment_is_said_before_it_is_taken(tmp_path: Path) -> None:
    prefect = tmp_path / "prefect"
    prefect.write_text("#!/bin/sh\n[ $2 = deploy ] && echo no answer && exit 1 || exit 0\n")
    prefect.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "deployments/deploy.sh"],
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "work pool flywheel",
        "work pool gpu",
        "deployments of prefect.yaml, which takes some minutes on a busy machine",
        "no answer",
    ]
