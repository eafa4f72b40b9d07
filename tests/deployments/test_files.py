"""What Prefect would ignore in silence, or refuse on the day of the deployment."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from pkgutil import resolve_name
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
from prefect.events.schemas.automations import AutomationCore
from prefect.flows import load_flow_from_entrypoint

from deployments.deploy import automations, pool_template
from tasks.orchestration.states import SERVED_WORSE, VERDICT_STATES
from tasks.settings import Settings

ROOT = Path(__file__).parents[2]
PREFECT = yaml.safe_load((ROOT / "prefect.yaml").read_text())
DEPLOYMENTS = PREFECT["deployments"]
HEARTBEAT = "PREFECT_FLOWS_HEARTBEAT_FREQUENCY"
DATA = "${FLYWHEEL_DATA:-/srv/flywheel}"
POOLS = sorted((ROOT / "deployments/pools").glob("*.json"))
names = [f"{one['entrypoint'].rpartition('.')[2]}/{one['name']}" for one in DEPLOYMENTS]


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
    flows = [load_flow_from_entrypoint(one["entrypoint"]) for one in DEPLOYMENTS]
    found = {f"{flow.name}/{one['name']}" for flow, one in zip(flows, DEPLOYMENTS, strict=True)}
    assert found == {
        "flywheel-cycle/manual", "flywheel-sweep/nightly", "flywheel-build/manual",
        "flywheel-import/import", "make-general/general", "score-baseline/baseline",
        "compare-systems/compare", "rollback-champion/rollback", "approve-candidate/approve",
        "hand-off/hand-off", "check-served/nightly", "suggest-terms/suggest", "show-ledger/ledger",
        "rent-cycle/rent", "sft/gpu", "transcribe/gpu",
    }  # fmt: skip


@pytest.mark.parametrize("one", DEPLOYMENTS, ids=names)
def test_parameters_fit_the_flow_and_every_field_has_a_form(one: dict[str, Any]) -> None:
    flow = load_flow_from_entrypoint(one["entrypoint"])
    schema = flow.parameters.model_dump()
    given = one.get("parameters", {})
    assert set(given) <= set(schema["properties"])
    if set(schema.get("required", [])) <= set(given):
        flow.validate_parameters(given)
    for name, field in schema["properties"].items():
        assert field.get("description"), f"{name} is not explained in the form"


def test_what_runs_every_night_is_shipped_paused_with_a_slug_and_a_timezone() -> None:
    nightly = [one for one in DEPLOYMENTS if one["name"] == "nightly"]
    assert len(nightly) == 2
    for one in nightly:
        (schedule,) = one["schedules"]
        assert schedule["active"] is False
        assert schedule["slug"]
        assert schedule["timezone"]
        # the lease of a limit would hold up the next sweep for a dead one
        assert "concurrency_limit" not in one


@pytest.mark.parametrize("path", POOLS, ids=lambda path: path.stem)
def test_a_pool_template_names_every_variable_it_uses_and_uses_every_one(path: Path) -> None:
    template = json.loads(path.read_text())
    used = set(re.findall(r"{{ (\w+) }}", json.dumps(template["job_configuration"])))
    assert used == set(template["variables"]["properties"])


CONFIGURATIONS = {  # imported where a test asks for one: that of Kubernetes is 900 modules
    "process": "prefect.workers.process.ProcessJobConfiguration",
    "docker-gpu": "prefect_docker.worker.DockerWorkerJobConfiguration",
    "kubernetes-gpu": "prefect_kubernetes.worker.KubernetesWorkerJobConfiguration",
}


def rendered(pool: str, **values: Any) -> Any:
    """The job as the pool's worker itself makes it of the template, for a run of its own."""
    worker: Any = resolve_name(CONFIGURATIONS[pool])
    named = ROOT / f"deployments/pools/{pool}.json"
    template = pool_template() if pool == "process" else json.loads(named.read_text())
    made = asyncio.run(worker.from_template_and_values(template, values))
    made.prepare_for_flow_run(FlowRun(flow_id=uuid4(), name="brave-fox"))
    return made


@pytest.mark.usefixtures("prefect_server")
@pytest.mark.parametrize("pool", CONFIGURATIONS)
def test_the_variables_of_a_run_cannot_name_the_command_that_a_worker_starts(pool: str) -> None:
    evil = {"command": "sh -c evil", "entrypoint": "evil", "args": "evil"}
    job = rendered(pool, **evil)
    assert job.command == rendered(pool).command
    assert "evil" not in job.model_dump_json()


@pytest.mark.usefixtures("prefect_server")
def test_the_kubernetes_job_asks_for_a_gpu_shared_memory_and_the_workspaces() -> None:
    values = {"gpus": "2", "env": {"FLYWHEEL_TRANSCRIBE_BATCH_SIZE": "64"}}
    job = rendered("kubernetes-gpu", **values).job_manifest
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
    made = rendered("docker-gpu", shm_size="8g")
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


def read_automations() -> dict[str, AutomationCore]:
    found = automations(ROOT / "deployments/automations.yaml", uuid4())
    return {one.name: one for one in found}


def test_a_run_counts_as_dead_after_three_heartbeats_that_did_not_come() -> None:
    waits = read_automations()["crash-zombie-runs"].trigger.within.total_seconds()
    for deployment in DEPLOYMENTS:
        heartbeat = deployment["work_pool"]["job_variables"]["env"][HEARTBEAT]
        assert waits == 3 * int(heartbeat)


def test_every_outcome_has_an_automation_that_notifies_and_is_shipped_paused() -> None:
    """The states are those that a cycle and a check end in; the others are Prefect's own."""
    found = read_automations()
    notify = {name: one for name, one in found.items() if name.startswith("notify-")}
    assert not any(one.enabled for one in notify.values())
    assert all(one.actions[0].type == "send-notification" for one in notify.values())
    events = {event.rpartition(".")[2] for one in notify.values() for event in one.trigger.expect}
    cycle = {*VERDICT_STATES.values(), "AwaitingApproval", "Overridden"}
    assert events == cycle | {SERVED_WORSE, "Suspended", "Failed", "Crashed"}
    known = {load_flow_from_entrypoint(one["entrypoint"]).name for one in DEPLOYMENTS}
    for one in (*notify.values(), found["restart-crashed-cycle"]):
        flows = one.trigger.match_related.root["prefect.resource.name"]
        assert {flows} if isinstance(flows, str) else set(flows) <= known


def test_a_cycle_that_crashes_twice_is_not_started_a_third_time() -> None:
    restart = read_automations()["restart-crashed-cycle"]
    assert restart.enabled
    assert restart.trigger.match.root["prefect.run-count"] == "1"


def test_every_job_variable_is_one_of_its_pool() -> None:
    known = json.loads((ROOT / "deployments/pools/process.json").read_text())["variables"]
    for deployment in DEPLOYMENTS:
        assert set(deployment["work_pool"]["job_variables"]) <= set(known["properties"])


def test_a_run_that_its_worker_leaves_behind_goes_on() -> None:
    """A run whose output went through a killed worker would end at its next log line."""
    template = pool_template()
    assert template["variables"]["properties"]["stream_output"]["default"] is False
    assert all(one["work_pool"]["job_variables"]["stream_output"] is False for one in DEPLOYMENTS)
    assert "os.setsid()" in template["job_configuration"]["command"]


def test_the_workers_of_compose_can_speak_track_and_be_distinguished() -> None:
    compose = yaml.safe_load((ROOT / "deployments/compose.yaml").read_text())["services"]
    image = (ROOT / "deployments/images/worker.Dockerfile").read_text()
    assert "'.[riva,speech,tracking,import]'" in image
    for name in ("worker", "gpu-worker"):
        assert "${FLYWHEEL_HOST:-" in compose[name]["command"]
        assert "--with-healthcheck" in compose[name]["command"]
        assert "localhost:8080/health" in str(compose[name]["healthcheck"])
    assert all(one["logging"]["options"]["max-size"] for one in compose.values())


def test_a_setting_that_compose_passes_on_is_one_that_exists() -> None:
    compose = yaml.safe_load((ROOT / "deployments/compose.yaml").read_text())["services"]
    given = {key for one in compose.values() for key in one.get("environment", {})}
    known = {f"FLYWHEEL_{name}".upper() for name in Settings.model_fields}
    assert {key for key in given if key.startswith("FLYWHEEL_")} <= known


@pytest.fixture
def unit(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run functions of processes.sh, with a systemctl that writes down how it is called."""
    systemctl = tmp_path / "bin/systemctl"
    systemctl.parent.mkdir()
    systemctl.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\n[ -e {tmp_path}/active ]\n')
    systemctl.chmod(0o755)

    def run(script: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{systemctl.parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "FLYWHEEL_UNITS": str(tmp_path / "units"),
            "FLYWHEEL_STATE": str(tmp_path),
            "FLYWHEEL_CONTAINER_ENV": '{"A": "b c"}',
            "PREFECT_API_AUTH_STRING": "flywheel:secret",
        }
        whole = f"set -euo pipefail; state={tmp_path}; . deployments/processes.sh; {script}"
        command = ["bash", "-c", whole]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )

    return run


def test_with_systemd_a_worker_is_a_unit_that_starts_at_boot_and_leaves_its_runs_alone(
    unit: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    ctl = 'ctl() { systemctl "$@" || [ "$1" != is-active ]; }; '  # only is-active tells something
    done = unit(f'{ctl}SYSTEMD=1 start worker-gpu /venv/bin/prefect worker start --name "gpu 50%"')
    assert done.stdout == "started worker-gpu\n"
    text = (tmp_path / "units/flywheel-worker-gpu.service").read_text()
    for line in (
        'ExecStart="/venv/bin/prefect" "worker" "start" "--name" "gpu 50%%"',
        f"EnvironmentFile={tmp_path}/worker-gpu.env",
        f"WorkingDirectory={ROOT}",
        "KillMode=process",
        "Restart=always",
    ):
        assert line in text.splitlines()
    assert "secret" not in text
    settings = tmp_path / "worker-gpu.env"
    assert settings.stat().st_mode & 0o777 == 0o600
    assert "PREFECT_API_AUTH_STRING='flywheel:secret'" in settings.read_text().splitlines()
    assert """FLYWHEEL_CONTAINER_ENV='{"A": "b c"}'""" in settings.read_text().splitlines()
    assert (
        (tmp_path / "calls")
        .read_text()
        .splitlines()[-1]
        .endswith("enable --now flywheel-worker-gpu")
    )
    (tmp_path / "active").touch()
    assert unit(f"{ctl}start worker-gpu x").stdout == ""  # it runs, without SYSTEMD=1 too
    down = subprocess.run(
        ["bash", "deployments/down.sh"], cwd=ROOT, capture_output=True, text=True, check=True,
        env=os.environ | {
            "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
            "FLYWHEEL_STATE": str(tmp_path), "FLYWHEEL_UNITS": str(tmp_path / "units"),
        },
    )  # fmt: skip
    assert down.stdout == "stopped worker-gpu\n"
    assert not [*(tmp_path / "units").iterdir()]


def test_a_log_that_has_grown_is_cut_and_what_killed_runs_left_is_removed(
    unit: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "server.log").write_text("a line\n" * 10)
    (tmp_path / "tmp/left").mkdir(parents=True)
    (tmp_path / "tmp/at-work").mkdir()
    work = subprocess.Popen(["sleep", "600"], cwd=tmp_path / "tmp/at-work")
    try:
        unit("LOG_BYTES=20; clean_state")
        assert (tmp_path / "server.log").read_text() == ""
        assert (tmp_path / "server.log.1").read_text().startswith("a line")
        assert (tmp_path / "tmp/left").exists()  # a run is at work
    finally:
        work.kill()
        work.wait()
    unit("clean_state")
    assert not (tmp_path / "tmp").exists()
