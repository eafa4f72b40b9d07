"""Cycles are logged to a real MLflow server, once, and nothing depends on its answer."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from flows.approve import approve_candidate
from flows.commands.cycle import CycleFlags, run
from flows.cycle import flywheel_cycle
from flows.rollback import rollback_champion
from tasks.orchestration.tracking import ALIAS, track_cycle
from tasks.workspace.ledger import read_champion, read_ledger
from tasks.workspace.open import open_cycle

if TYPE_CHECKING:  # it takes seconds, and each worker of pytest collects this file
    from mlflow import MlflowClient

pytestmark = [
    pytest.mark.usefixtures("prefect_server"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]
Flywheel = Callable[..., Path]
turn = partial(flywheel_cycle, return_state=True)
ROOT = Path(__file__).parents[3]
OPEN = "decide: {open_guard: grow}\n"
NOWHERE = "http://user:secret@127.0.0.1:9"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """MLflow's own server on SQLite, for the tests of this file."""
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", port,
        "--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    until = time.monotonic() + 600
    while not answers(f"http://127.0.0.1:{port}/health"):
        assert time.monotonic() < until, (folder / "log").read_text()
        time.sleep(0.2)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait()


def answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=5).is_success
    except httpx.HTTPError:
        return False


@pytest.fixture
def client(server: str, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    from mlflow import MlflowClient

    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    return MlflowClient(tracking_uri=server)


@pytest.fixture
def tracked(flywheel: Flywheel, tmp_path: Path) -> Flywheel:
    """Make a flywheel that is tracked, under a name of its own."""
    return lambda policy="", **given: flywheel(
        policy=f"{policy}tracking: mlflow\nname: {tmp_path.name}\n", **given
    )


def runs_of(client: MlflowClient, name: str) -> list[Any]:
    experiment = client.get_experiment_by_name(name)
    return list(client.search_runs([experiment.experiment_id])) if experiment else []


def versions_of(client: MlflowClient, name: str) -> list[Any]:
    return list(client.search_model_versions(f"name = '{name}'"))


def alias_of(client: MlflowClient, name: str) -> str | None:
    found = client.get_registered_model(name).aliases.get(ALIAS)
    return None if found is None else str(found)


def test_a_kept_cycle_is_one_run_with_its_figures_and_files_and_a_registered_champion(
    tracked: Flywheel, client: MlflowClient, tmp_path: Path
) -> None:
    root = tracked()
    assert turn(root).name == "Kept"
    (logged,) = runs_of(client, tmp_path.name)
    assert logged.info.status == "FINISHED"
    assert logged.data.tags["outcome"] == "keep"
    cycle = open_cycle(root, 1)
    assert logged.data.tags["inputs_sha256"] == cycle.inputs_sha256
    assert logged.data.params["policy_sha256"] == cycle.policy.sha256
    assert logged.data.params["base_sha256"] == cycle.base.sha256
    assert logged.data.params["recipe.epochs"] == "3"
    assert logged.data.metrics["all.ker_base"] == pytest.approx(0.8)
    assert logged.data.metrics["all.ker_candidate"] == pytest.approx(0.2)
    files = {one.path for one in client.list_artifacts(logged.info.run_id)}
    assert {"report.html", "decision.json", "leaderboard_cycle2.md", "model"} <= files
    (version,) = versions_of(client, tmp_path.name)
    champion = read_champion(root)
    assert champion is not None
    assert version.tags["sha256"] == champion.sha256
    assert alias_of(client, tmp_path.name) == version.version


def test_the_same_command_again_logs_nothing_twice(
    tracked: Flywheel, client: MlflowClient, tmp_path: Path
) -> None:
    root = tracked()
    for _ in range(2):
        assert "Cycle 1: keep" in run(CycleFlags(workspace=root, cycle=1)).text
    turn(root)
    assert len(runs_of(client, tmp_path.name)) == 1
    assert len(versions_of(client, tmp_path.name)) == 1


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ({"before": 0.5, "after": 1.0}, "reject"),
        ({"policy": OPEN}, "grow"),
        ({"rows": 50}, "gate:build"),
    ],
)
def test_a_cycle_that_is_not_kept_is_logged_and_not_registered(
    tracked: Flywheel, client: MlflowClient, tmp_path: Path, given: Any, outcome: str
) -> None:
    turn(tracked(**given))
    (logged,) = runs_of(client, tmp_path.name)
    assert logged.data.tags["outcome"] == outcome
    assert not versions_of(client, tmp_path.name)


def test_an_override_is_stamped_and_registered_when_it_is_given(
    tracked: Flywheel, client: MlflowClient, tmp_path: Path
) -> None:
    root = tracked(policy=OPEN)
    turn(root)
    approve_candidate(root, 1, "yes", "Dr. Okafor", "checked every clip", override=True)
    (logged,) = runs_of(client, tmp_path.name)
    (version,) = versions_of(client, tmp_path.name)
    for tags in (logged.data.tags, version.tags):
        assert tags["override"].startswith("Approved by override by Dr. Okafor")
    assert alias_of(client, tmp_path.name) == version.version


def test_a_rollback_moves_the_alias_back(
    tracked: Flywheel,
    client: MlflowClient,
    tmp_path: Path,
    tone: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = tracked(before=0.9, after=0.5)
    assert turn(root).name == "Kept"
    first = alias_of(client, tmp_path.name)
    fresh = (root / "cycle1/manifest.jsonl").read_text().replace("term", "drug")
    fresh = fresh.replace('"drug":', '"term":').replace('"duration": 1.0', '"duration": null')
    (root / "cycle2/manifest.jsonl").write_text(fresh)
    for number in range(100):
        tone(root / f"cycle2/audio/{number}.wav", seconds=0.5 + number / 1000)
    monkeypatch.setenv("FAKE_MISSES", "0.01")
    assert turn(root, cycle=2).name == "Kept"
    assert len(versions_of(client, tmp_path.name)) == 2
    assert alias_of(client, tmp_path.name) not in (None, first)
    rollback_champion(root, 1)
    assert alias_of(client, tmp_path.name) == first
    rollback_champion(root, 0)
    assert alias_of(client, tmp_path.name) is None


def test_a_server_that_is_away_costs_one_warning_and_the_next_run_logs(
    tracked: Flywheel,
    client: MlflowClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    root = tracked()
    with monkeypatch.context() as away:
        away.setenv("MLFLOW_TRACKING_URI", NOWHERE)
        assert turn(root).name == "Kept"
    messages = {one.getMessage() for one in caplog.records if "tracking: " in one.getMessage()}
    assert len(messages) == 1
    assert "the next run of the cycle does it" in messages.pop()
    assert "secret" not in caplog.text
    assert [line.outcome for line in read_ledger(root)] == ["keep"]
    assert not runs_of(client, tmp_path.name)
    run(CycleFlags(workspace=root, cycle=1))
    assert len(runs_of(client, tmp_path.name)) == 1
    assert len(read_ledger(root)) == 1


def test_without_an_address_or_the_package_one_sentence_is_reported(
    tracked: Flywheel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cycle = open_cycle(tracked(), 1)
    turn(cycle.root, stop_after="gate")
    monkeypatch.setattr("tasks.orchestration.tracking.log", logging.getLogger)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    gate = cycle.gate.read_text().replace('"passed": true', '"passed": false')
    cycle.gate.write_text(gate)
    track_cycle(cycle)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", NOWHERE)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    track_cycle(cycle)
    assert "MLFLOW_TRACKING_URI is not set" in caplog.text
    assert "pip install 'clinical-asr-flywheel[tracking]'" in caplog.text


@pytest.mark.usefixtures("on_session_server")
def test_a_cycle_that_is_not_tracked_loads_no_mlflow(flywheel: Flywheel) -> None:
    root = flywheel()
    code = (
        "import sys; from flows.commands.cycle import CycleFlags, run; from pathlib import Path; "
        f"run(CycleFlags(workspace=Path({str(root)!r}), cycle=1, stop_after='gate')); "
        "print('mlflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize("folder", ["mlruns", "{root}/mlruns", "file://{root}/mlruns"])
def test_a_store_of_files_that_a_kill_can_break_is_refused_in_a_sentence(
    tracked: Flywheel,
    folder: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    root = tracked()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", folder.format(root=root))
    monkeypatch.chdir(root)
    assert turn(root).name == "Kept"
    with caplog.at_level(logging.WARNING, logger="flywheel"):
        track_cycle(open_cycle(root, 1))
    assert "not logged: MLFLOW_TRACKING_URI names a folder" in caplog.text
    assert not (root / "mlruns").exists()
