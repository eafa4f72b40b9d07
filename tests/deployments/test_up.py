"""The cycle as a team runs it: a server, two pools, two workers, the Prefect CLI."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.client.schemas.actions import DeploymentUpdate, WorkPoolUpdate
from prefect.client.schemas.schedules import CronSchedule

from tasks.records.rented import read_rentals
from tests.cloud import Cloud

pytestmark = pytest.mark.real
Flywheel = Callable[..., Path]

ROOT = Path(__file__).parents[2]
ARMS = """
boost: report
arms: {boosted: true, base_shares: []}
decoding: {tried_alphas: [1.0]}
"""


def runs(deployed: Any, root: Path) -> list[dict[str, Any]]:
    """The flow runs that worked on a workspace."""
    found = deployed.ask("flow_runs/filter", limit=200)
    return [
        {
            "id": run["id"],
            "name": run["name"],
            "state": run["state_name"],
            "pool": run["work_pool_name"],
            "parent": run["parent_task_run_id"],
            "times": run["run_count"],
        }
        for run in found
        if str(root) in json.dumps(run["parameters"])
    ]


def start(deployed: Any, root: Path, *more: str) -> str:
    """Start a cycle by its deployment, and return the id of its run."""
    given = ["-p", f"workspace={root}", "-p", "cycle=1", *more]
    done = deployed.prefect("deployment", "run", "flywheel-cycle/manual", *given)
    return next(word for word in done.stdout.split() if len(word) == 36 and word.count("-") == 4)


def prepare(deployed: Any, root: Path, last: str) -> None:
    """Run the stages of the cycle up to this one here, where none of them takes a run of its own."""
    command = [sys.executable, "-m", "flows.cycle", "--workspace", str(root), "--cycle", "1"]
    command += ["--stop-after", last]
    subprocess.run(command, env=deployed.environment, cwd=ROOT, capture_output=True, check=True)


def training(root: Path, other_than: int = 0) -> int | None:
    """The pid of the fake fine-tune at work, once there is another than this one."""
    marks = [path.read_text() for path in root.glob("cycle1/models/*/work/started")]
    return next((int(mark) for mark in marks if mark and int(mark) != other_than), None)


def run_again(deployed: Any, root: Path) -> None:
    """Start the same cycle once more, and see it decided with nothing left half done."""
    given = ["-p", f"workspace={root}", "-p", "cycle=1", "--watch"]
    done = deployed.prefect("deployment", "run", "flywheel-cycle/manual", *given, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_decided(root)


def assert_decided(root: Path) -> None:
    """The cycle is decided, and nothing is left half done."""
    decision = json.loads((root / "cycle2/decision.json").read_text())
    assert decision["verdict"] == "keep"
    for cycle in root.glob("cycle*"):
        assert not [p for p in cycle.rglob("*") if p.suffix in (".partial", ".work", ".part")]
    assert not list(root.glob("cycle1/models/*/work"))


def test_a_cycle_does_its_gpu_work_on_the_pool_and_outlives_each_of_its_processes_and_workers(
    deployed: Any, flywheel: Flywheel, tmp_path: Path, wait_for: Callable[..., Any]
) -> None:
    """A killed fine-tune is run again. A killed cycle is started again by itself, and attaches to the
    fine-tune at work. Without its workers it goes on with one of another checkout; a worker that cannot
    import the flywheel names the reason in the state of the run.
    """
    root = flywheel(policy=ARMS)  # the candidate is decoded in a child of its own
    (root / "hold").touch()
    second, none = tmp_path / "second", tmp_path / "none"
    for room in ("flows", "tasks"):
        shutil.copytree(ROOT / room, second / room)
    (none / "flows").mkdir(parents=True)
    (none / "flows/__init__.py").write_text("import no_flywheel_here\n")
    cycle = start(deployed, root)
    first = wait_for(lambda: training(root))
    for pid in engines(child(deployed, root)):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not Path(f"/proc/{first}").exists())  # the job died with its engine
    job = wait_for(lambda: training(root, other_than=first))
    for pid in engines(cycle):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: run_of(deployed, root, cycle)["times"] == 2)
    assert Path(f"/proc/{job}").exists()
    for name in ("keeper", "worker-flywheel", "worker-gpu"):
        os.kill(deployed.pid(name), signal.SIGKILL)
    (root / "hold").unlink()
    try:
        with deployed.worker("gpu", second) as log:
            wait_for(lambda: state_of(deployed, root, cycle) == "Kept")
            assert "submitting flow run" in log.read_text()  # the candidate was decoded there
        assert_decided(root)
        assert not Path(f"/proc/{job}").exists()
        found = runs(deployed, root)
        with deployed.worker("flywheel", none):
            deployed.prefect("deployment", "run", "show-ledger/ledger", "-p", f"workspace={root}")
            wait_for(lambda: "Crashed" in {run["state"] for run in runs(deployed, root)})
    finally:
        deployed.up()
    crashed = deployed.ask("flow_runs/filter", flow_runs={"state": {"name": {"any_": ["Crashed"]}}})
    (state,) = [run["state"] for run in crashed if str(root) in json.dumps(run["parameters"])]
    assert "cannot import the flywheel: No module named 'no_flywheel_here'" in state["message"]
    (of_cycle,) = (run["name"] for run in found if run["pool"] == "flywheel")
    assert sorted(run["name"] for run in found if run["pool"] == "gpu") == [
        f"sft {of_cycle} 54 rows",  # goes on with the validation rows of its arms
        f"transcribe {of_cycle} benchmark 100 rows greedy",
        # the candidate, and beside it the base that is boosted without training
        f"transcribe {of_cycle} benchmark 100 rows, test 40 rows beam boosted 1",
        f"transcribe {of_cycle} train and validation 60 rows greedy, beam, beam boosted 1",
    ]
    tagged = deployed.ask(
        "flow_runs/filter", flow_runs={"id": {"any_": [one["id"] for one in found]}}
    )
    assert all({f"workspace:{of_cycle[:-8]}", "cycle:1"} <= {*run["tags"]} for run in tagged)
    assert all(run["parent"] for run in found if run["pool"] == "gpu")
    before = len(runs(deployed, root))
    run_again(deployed, root)
    assert len(runs(deployed, root)) == before + 1  # nothing was trained or decoded again


def run_of(deployed: Any, root: Path, identity: str) -> dict[str, Any]:
    return next(run for run in runs(deployed, root) if run["id"] == identity)


def state_of(deployed: Any, root: Path, identity: str) -> str:
    return str(run_of(deployed, root, identity)["state"])


def child(deployed: Any, root: Path) -> str:
    return next(run["id"] for run in runs(deployed, root) if run["name"].startswith("sft"))


def engines(run: str) -> list[int]:
    """The processes that execute a flow run; there is one at least."""
    found = engines_of(run)
    assert found
    return found


def engines_of(run: str) -> list[int]:
    """The processes that execute a flow run, found by the id in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "environ").read_bytes().decode(errors="replace")
                command = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if f"PREFECT__FLOW_RUN_ID={run}" in text and "prefect" in command:
                found.append(int(entry.name))
    return found


def test_a_sweep_runs_what_is_due_and_a_second_one_nothing(
    deployed: Any, flywheel: Flywheel
) -> None:
    root = flywheel()
    prepare(deployed, root, "sft")
    bad = root / "cycle7"
    bad.mkdir()
    (bad / "manifest.jsonl").write_text("{broken\n")
    given = ["-p", json.dumps({"workspaces": [str(root)], "pool": "gpu"})]
    sweep = ["deployment", "run", "flywheel-sweep/nightly", "--params", given[1], "--watch"]
    done = deployed.prefect(*sweep, check=False)
    assert done.returncode == 1, done.stdout + done.stderr  # cycle 7 is bad, cycle 1 ran
    assert json.loads((root / "cycle2/decision.json").read_text())["verdict"] == "keep"
    (bad / "manifest.jsonl").unlink()
    before = len(runs(deployed, root))
    again = deployed.prefect(*sweep, check=False)
    assert again.returncode == 0, again.stdout + again.stderr
    assert len(runs(deployed, root)) == before + 1


def test_a_run_waits_for_a_person_over_a_restart_and_goes_on_with_the_answer_of_its_form(
    deployed: Any, flywheel: Flywheel, wait_for: Callable[..., Any]
) -> None:
    """Suspended, a run has no process; its form refuses what is no answer."""
    root = flywheel(policy="approval: required\n")
    prepare(deployed, root, "score")
    cycle = start(deployed, root)
    wait_for(lambda: state_of(deployed, root, cycle) == "Suspended")
    wait_for(lambda: not engines_of(cycle))
    watched = deployed.watch(cycle)
    deployed.down()
    deployed.up()
    assert state_of(deployed, root, cycle) == "Suspended"
    assert not (root / "champion.json").exists()

    def answer(**given: str) -> Any:
        return deployed.post(f"flow_runs/{cycle}/resume", run_input=given).json()

    for wrong in ({"decision": "maybe"}, {"decision": "yes", "reviewer": "", "reason": "why"}, {}):
        assert answer(**wrong)["status"] == "REJECT"
    assert state_of(deployed, root, cycle) == "Suspended"
    given = {"decision": "yes", "reviewer": "Dr. Okafor", "reason": "checked every clip"}
    assert answer(**given)["status"] == "ACCEPT"
    wait_for(lambda: state_of(deployed, root, cycle) == "Kept")
    assert watched.wait() == 0
    champion = json.loads((root / "champion.json").read_text())
    assert "Dr. Okafor" in champion["approval"]
    assert len(runs(deployed, root)) == 2, (
        "the stages before it, and this run, which needs no other"
    )


def test_an_answer_of_the_command_line_ends_the_run_that_waits(
    deployed: Any, flywheel: Flywheel, wait_for: Callable[..., Any]
) -> None:
    root = flywheel(policy="approval: required\n")
    prepare(deployed, root, "score")
    cycle = start(deployed, root)
    wait_for(lambda: state_of(deployed, root, cycle) == "Suspended")
    command = [sys.executable, "-m", "flows.approve", "--workspace", str(root), "--cycle", "1"]
    command += ["--decision", "no", "--reviewer", "Dr. Okafor", "--reason", "two doses are wrong"]
    done = subprocess.run(
        command, env=deployed.environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Declined by Dr. Okafor" in done.stdout
    wait_for(lambda: state_of(deployed, root, cycle) == "Declined")
    other = [*command[:-1], "the doses are right"]
    again = subprocess.run(
        other, env=deployed.environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert again.returncode == 2
    assert "cycle 1 was answered: no" in again.stderr


def test_an_answer_that_does_not_come_in_time_fails_the_run_and_loses_nothing(
    deployed: Any, flywheel: Flywheel, wait_for: Callable[..., Any]
) -> None:
    root = flywheel(policy="approval: required\napproval_hours: 0.001\n")
    prepare(deployed, root, "score")
    cycle = start(deployed, root)
    wait_for(lambda: state_of(deployed, root, cycle) in ("Failed", "Suspended"))
    wait_for(lambda: state_of(deployed, root, cycle) == "Failed")
    assert json.loads((root / "cycle2/decision.json").read_text())["approval"] == "waiting"
    assert not (root / "champion.json").exists()


def test_a_canceled_run_ends_the_machine_that_it_rented(
    deployed: Any, flywheel: Flywheel, cloud: Cloud, wait_for: Callable[..., Any]
) -> None:
    root = flywheel(policy="rent: {max_cost: 20}\n")
    cloud.hang_at("setup")
    named = [name for name in os.environ if name.startswith(("FAKE_", "FLYWHEEL_"))]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # a run is started by `python`
    variables = json.dumps({name: os.environ[name] for name in named} | {"PATH": path})
    given = ["-p", f"workspace={root}", "-p", "cycle=1", "--job-variable", f"env={variables}"]
    deployed.prefect("deployment", "run", "rent-cycle/rent", *given)
    wait_for(lambda: cloud.hanging)
    (run,) = (one["id"] for one in runs(deployed, root) if one["name"].startswith("rent-"))
    deployed.prefect("flow-run", "cancel", run)
    wait_for(lambda: cloud.states == ["deleted"])
    wait_for(lambda: state_of(deployed, root, run) == "Cancelled")
    assert [one.state for one in read_rentals(root / "cycle1/rented.json")] == ["deleted"]


def test_up_starts_nothing_twice_makes_no_other_login_and_keeps_what_was_set_on_the_server(
    deployed: Any,
) -> None:
    """Limit, schedule, parameters and a paused automation; RESET=1 sets them as in the files."""
    names = ("server", "worker-flywheel", "worker-gpu")
    before = [deployed.pid(name) for name in names]
    nightly, login = "flywheel-sweep/nightly", (deployed.state / "login").read_text()
    with deployed.client() as client:
        there = client.read_deployment_by_name(nightly)
        changed = DeploymentUpdate(parameters={"workspaces": ["/srv/drugs"], "pool": "gpu"})
        client.update_deployment(there.id, changed)
        cron = CronSchedule(cron="0 4 * * 1", timezone="Europe/Berlin")
        client.update_deployment_schedule(
            there.id, there.schedules[0].id, active=True, schedule=cron
        )
        client.update_work_pool("gpu", WorkPoolUpdate(concurrency_limit=3))
        (paused,) = client.read_automations_by_name("restart-crashed-cycle")
        client.pause_automation(paused.id)

        def kept_settings() -> list[object]:
            found = client.read_deployment_by_name(nightly)
            (schedule,) = found.schedules
            (automation,) = client.read_automations_by_name("restart-crashed-cycle")
            limit = client.read_work_pool("gpu").concurrency_limit
            when = schedule.schedule.cron, schedule.schedule.timezone, schedule.active
            return [limit, when, found.parameters["workspaces"], automation.enabled]

        kept = [3, ("0 4 * * 1", "Europe/Berlin", True), ["/srv/drugs"], False]
        assert kept_settings() == kept
        for _ in range(2):
            output = deployed.up()
            assert kept_settings() == kept
        assert "login" not in output
        assert (deployed.state / "login").read_text() == login
        for sentence in (
            'parameter workspaces stays ["/srv/drugs"] (in the files: none)',
            "schedule nightly active stays true (in the files: false)",
            "enabled stays false (in the files: true)",
        ):
            assert sentence in output
        deployed.up(RESET="1")
        assert kept_settings() == [1, ("0 2 * * *", "Etc/UTC", False), [], True]
        (notify,) = client.read_automations_by_name("notify-kept")
        assert not notify.enabled
    assert [deployed.pid(name) for name in names] == before
    assert deployed.prefect("automation", "ls").stdout.count("crash-zombie-runs") == 1


def test_a_worker_that_dies_is_started_again(deployed: Any, wait_for: Callable[..., Any]) -> None:
    first = deployed.pid("worker-gpu")
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: deployed.pid("worker-gpu") != first)
    assert Path(f"/proc/{deployed.pid('worker-gpu')}").exists()


def test_a_page_of_another_origin_can_neither_read_nor_start_anything(deployed: Any) -> None:
    evil, login = {"Origin": "http://evil.example"}, deployed.login
    read = httpx.get(f"{deployed.api}/health", headers=evil, timeout=300)
    assert read.is_success
    assert "access-control-allow-origin" not in read.headers
    asked = {"Access-Control-Request-Method": "POST"}
    before = httpx.options(f"{deployed.api}/flows/filter", headers=evil | asked, timeout=300)
    assert "access-control-allow-origin" not in before.headers
    written = httpx.post(
        f"{deployed.api}/flows/filter", json={}, headers=evil, auth=login, timeout=300
    )
    assert written.status_code == 403  # it has the login, and no CSRF token
    same = {"Origin": deployed.api.removesuffix("/api")}
    allowed = httpx.get(f"{deployed.api}/health", headers=same, timeout=300).headers
    assert allowed["access-control-allow-origin"] == same["Origin"]


@pytest.mark.parametrize("login", [None, ("flywheel", "guessed")])
def test_without_the_login_nothing_can_be_read_or_started(deployed: Any, login: Any) -> None:
    for path in ("admin/settings", "work_pools/gpu", "csrf-token?client=x"):
        refused = httpx.get(f"{deployed.api}/{path}", auth=login, timeout=300)
        assert refused.status_code == 401
    written = httpx.post(f"{deployed.api}/flow_runs/filter", json={}, auth=login, timeout=300)
    assert written.status_code == 403  # it needs the token that was refused


def test_only_its_owner_can_read_the_login(deployed: Any) -> None:
    """It is in no log, and in no command line, which every user of the machine can read."""
    for name in ("login", "profiles.toml"):
        assert (deployed.state / name).stat().st_mode & 0o777 == 0o600
    password = deployed.login[1].encode()
    assert len(password) == 32
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")]
    logs = [path.read_bytes() for path in deployed.state.glob("*.log")]
    assert logs
    assert not [text for text in commands + logs if password in text]


def test_a_pid_file_of_a_process_that_is_not_ours_stops_nothing(tmp_path: Path) -> None:
    other = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        (tmp_path / "worker-gpu.pid").write_text(f"{other.pid}\n")
        (tmp_path / "worker-gpu.started").write_text("Mon Jan  1 00:00:00 2024\n")
        done = subprocess.run(
            ["bash", "deployments/down.sh"], cwd=ROOT, capture_output=True, text=True, check=True,
            env=os.environ | {"FLYWHEEL_STATE": str(tmp_path)},
        )  # fmt: skip
        assert done.stdout == "worker-gpu had ended\n"
        assert other.poll() is None
        assert not [*tmp_path.iterdir()]
    finally:
        other.kill()
        other.wait()
