"""Cycles that fail, are killed or meet each other; with our own fake of NeMo's scripts."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.cycle import flywheel_cycle
from tasks.domain.errors import CycleBusy, DamagedFile, InvalidInput, JobFailed
from tasks.records.files import read_json
from tasks.workspace.locks import locked
from tasks.workspace.open import open_cycle
from tasks.workspace.times import job_times

pytestmark = pytest.mark.usefixtures("prefect_server")
Flywheel = Callable[..., Path]
turn = partial(flywheel_cycle, return_state=True)
ROOT = Path(__file__).parents[2]


def test_out_of_memory_is_retried_once_at_half_the_batch(
    flywheel: Flywheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = flywheel(policy="sft: {batch_size: 4}\n")
    monkeypatch.setenv("FAKE_TRAINING", "memory")
    assert turn(root).name == "Kept"
    info = read_json(next((root / "cycle1/models").iterdir()) / "training_run_info.json")
    assert info["hyperparameters"]["batch_size"] == 2
    assert info["hyperparameters"]["accumulate_grad_batches"] == 2
    assert info["warnings"] == ["Out of GPU memory: batch halved to 2"]


def test_a_failing_job_fails_the_run_with_one_sentence_and_no_transcript_in_its_log(
    flywheel: Flywheel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    root = flywheel()
    monkeypatch.setenv("FAKE_TRAINING", "crash")
    with pytest.raises(JobFailed, match="ValueError: the fake was asked to fail"):
        flywheel_cycle(root)
    assert "ValueError: the fake was asked to fail" in caplog.text
    assert "Traceback" not in caplog.text
    log = next(root.rglob("finetune.log")).read_text()
    assert "Dataset loaded" in log
    assert "transcript" not in log
    assert not (root / "cycle2").exists()


@pytest.mark.usefixtures("on_session_server")
def test_a_cycle_killed_in_training_is_finished_by_the_same_command(
    flywheel: Flywheel, tmp_path: Path, wait_for: Callable[..., Any]
) -> None:
    root = flywheel()
    command = [sys.executable, "-m", "flows.cycle", "--workspace", str(root), "--cycle", "1"]
    killed = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"FAKE_TRAINING": "slow"}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    started = wait_for(lambda: next(iter(root.glob("cycle1/models/*/work/started")), None))
    child = int(started.read_text())
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    wait_for(lambda: not Path(f"/proc/{child}").exists())
    decoded = (tmp_path / "decodings").read_text()
    assert turn(root).name == "Kept"
    assert (tmp_path / "decodings").read_text().startswith(decoded)
    assert len((tmp_path / "decodings").read_text().splitlines()) == 2
    times = [one for one in job_times(open_cycle(root, 1)) if one.stage == "sft"]
    assert len(times) == 2, "the attempt that was killed counts too"
    assert not [*root.rglob("work"), *root.rglob("*.partial")]


def test_a_candidate_that_was_changed_after_training_never_decides(flywheel: Flywheel) -> None:
    root = flywheel()
    turn(root, stop_after="sft")
    (candidate,) = root.glob("cycle1/models/*/adapted_model.nemo")
    candidate.write_bytes(candidate.read_bytes() + b"\0")
    with pytest.raises(DamagedFile, match="is not the model that training left: remove it and run"):
        flywheel_cycle(root)
    assert not (root / "cycle2").exists()
    candidate.unlink()
    assert turn(root).name == "Kept"


def test_two_runs_of_one_cycle_do_not_meet(flywheel: Flywheel) -> None:
    root = flywheel()
    with locked(root, "cycle1"), pytest.raises(CycleBusy, match="being run by another process"):
        flywheel_cycle(root)


def test_a_command_whose_cycle_another_process_runs_asks_no_server(flywheel: Flywheel) -> None:
    root = flywheel()
    command = [sys.executable, "-m", "flows.cycle", "--workspace", str(root), "--cycle", "1"]
    nobody = os.environ | {"PREFECT_API_URL": "http://127.0.0.1:9/api"}
    with locked(root, "cycle1"):
        done = subprocess.run(
            command, cwd=ROOT, env=nobody, capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == f"cycle1 of {root} is being run by another process\n"


def test_a_pool_that_does_not_exist_is_refused_before_anything_is_written(
    flywheel: Flywheel,
) -> None:
    root = flywheel()
    before = sorted(root.rglob("*"))
    with pytest.raises(InvalidInput) as refused:
        flywheel_cycle(root, pool="nowhere")
    first, second = map(str, refused.value.faults)
    assert first.startswith("--pool: expected the deployment sft/nowhere on ")
    assert second.startswith("--pool: expected the deployment transcribe/nowhere on ")
    assert sorted(root.rglob("*")) == before


def test_a_disk_that_cannot_hold_the_fine_tune_is_reported_before_it_starts(
    flywheel: Flywheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = flywheel(policy="sft: {preset: production}\n")
    usage = type(shutil.disk_usage(root))
    size = (root / "base.nemo").stat().st_size
    monkeypatch.setattr("tasks.sft.shutil.disk_usage", lambda _: usage(0, 0, 8 * size - 1))
    with pytest.raises(
        JobFailed, match=r"writes about 0\.0 GB, and .* has 0\.0 GB left: make room"
    ):
        flywheel_cycle(root)
    assert not [*root.rglob("work")]
    monkeypatch.setattr("tasks.sft.shutil.disk_usage", lambda _: usage(0, 0, 8 * size))
    assert flywheel_cycle(root, return_state=True).name == "Kept"
