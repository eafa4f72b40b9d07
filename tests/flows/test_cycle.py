"""A cycle through the flow, on a real Prefect server, with our own fake of NeMo's scripts."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State

from flows.cycle import CycleFlags, flywheel_cycle, run
from tasks.domain.jobs import JobFailed
from tasks.ledger import ledger
from tasks.locks import CycleBusy, locked

pytestmark = pytest.mark.usefixtures("prefect_server")
Flywheel = Callable[..., Path]
ROOT = Path(__file__).parents[2]


def turn(root: Path, **parameters: Any) -> State[Any]:
    return flywheel_cycle(root, return_state=True, **parameters)


def record(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def files(root: Path) -> set[str]:
    return {
        str(p.relative_to(root))
        for p in root.rglob("*")
        if p.is_file() and not {"audio", ".locks"} & set(p.parts)
    }


def test_a_good_fine_tune_is_kept_and_becomes_the_champion(flywheel: Flywheel) -> None:
    root = flywheel(after=0.2)
    state = turn(root)
    assert (state.name, state.type.value) == ("Kept", "COMPLETED")
    decision = record(root / "cycle2/decision.json")
    assert decision["verdict"] == "keep"
    assert set(decision["scopes"]) == {"validation", "train", "all"}
    assert decision["scopes"]["validation"]["rows"] == 20
    champion = record(root / "champion.json")
    assert champion["sha256"] == decision["candidate"]["sha256"]
    assert [line["outcome"] for line in ledger(root)] == ["keep"]


def test_every_file_of_the_contract_is_left_and_no_other(flywheel: Flywheel) -> None:
    root = flywheel()
    turn(root)
    run_folder = next((root / "cycle1/models").iterdir()).relative_to(root)
    decoded = {name for name in files(root) if "decoded" in name}
    assert files(root) - decoded == {
        "flywheel.yaml", "base.nemo", "champion.json", "ledger.jsonl",
        "cycle1/manifest.jsonl", "cycle1/per_sample.json", "cycle1/results.csv",
        "cycle1/leaderboard_cycle1.md", "cycle1/gate.json", "cycle1/stages.jsonl",
        f"{run_folder}/train.jsonl", f"{run_folder}/validation.jsonl", f"{run_folder}/split.json",
        f"{run_folder}/adapted_model.nemo", f"{run_folder}/training_run_info.json",
        "cycle2/offline_hyps.jsonl", "cycle2/results.csv", "cycle2/leaderboard_cycle2.md",
        "cycle2/decision.json", "cycle2/report.html",
    }  # fmt: skip


def test_results_have_a_line_a_row_and_tell_trained_rows_apart(flywheel: Flywheel) -> None:
    root = flywheel()
    turn(root)
    with (root / "cycle2/results.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 100
    assert {"audio_filepath", "wer", "cer", "ker", "ser", "split"} <= set(lines[0])
    assert sum(line["split"] == "validation" for line in lines) == 20


def test_training_info_counts_what_was_loaded(flywheel: Flywheel) -> None:
    root = flywheel()
    turn(root)
    info = record(next((root / "cycle1/models").iterdir()) / "training_run_info.json")
    assert info["rows"] == {
        "train": 80, "replay": 0, "validation": 20, "written": 80, "loaded": 80, "filtered": 0,
    }  # fmt: skip
    assert info["source_architecture"] == "ctc"
    assert info["hyperparameters"]["epochs"] == 3


def test_a_useless_fine_tune_grows(flywheel: Flywheel) -> None:
    assert turn(flywheel(after=0.8)).name == "Grow"


def test_a_worse_fine_tune_is_rejected_and_there_is_no_champion(flywheel: Flywheel) -> None:
    root = flywheel(before=0.5, after=1.0)
    assert turn(root).name == "Rejected"
    assert not (root / "champion.json").exists()
    assert [line["outcome"] for line in ledger(root)] == ["reject"]


def test_the_next_cycle_is_compared_with_the_champion(flywheel: Flywheel) -> None:
    root = flywheel(policy="gate: {ker_above: 0.15}\n")
    turn(root)
    for name in ("manifest.jsonl", "audio"):
        (root / "cycle2" / name).symlink_to(root / "cycle1" / name)
    assert turn(root, cycle=2).name == "Grow"
    decision = record(root / "cycle3/decision.json")
    assert decision["base"]["sha256"] == record(root / "champion.json")["sha256"]


def test_a_decided_cycle_is_left_alone_and_says_so(flywheel: Flywheel, tmp_path: Path) -> None:
    root = flywheel()
    turn(root)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    text = run(CycleFlags(workspace=root, cycle=1))
    assert text.startswith("Nothing to do: this cycle is decided for these inputs.")
    assert turn(root).name == "Kept"
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before
    assert len((tmp_path / "decodings").read_text().splitlines()) == 2


def test_a_changed_policy_is_a_new_run(flywheel: Flywheel) -> None:
    root = flywheel(policy="")
    turn(root)
    (root / "flywheel.yaml").write_text("base: base.nemo\nsft: {epochs: 7}\n")
    turn(root)
    assert len(list((root / "cycle1/models").iterdir())) == 2
    assert [line["outcome"] for line in ledger(root)] == ["keep", "keep"]


@pytest.mark.parametrize(
    ("last", "there", "absent"),
    [
        ("gate", "cycle1/gate.json", "cycle1/models"),
        ("split", "cycle1/models", "cycle2"),
        ("transcribe", "cycle2/offline_hyps.jsonl", "cycle2/results.csv"),
        ("score", "cycle2/leaderboard_cycle2.md", "cycle2/decision.json"),
    ],
)
def test_a_cycle_stops_after_the_stage_asked_for_and_goes_on_later(
    flywheel: Flywheel, last: Any, there: str, absent: str
) -> None:
    root = flywheel()
    assert turn(root, stop_after=last).name == "Stopped"
    assert (root / there).exists()
    assert not (root / absent).exists()
    assert turn(root).name == "Kept"


def test_four_shards_give_byte_for_byte_what_one_gives(flywheel: Flywheel) -> None:
    root = flywheel()
    turn(root, stop_after="transcribe")
    whole = {path.name: path.read_bytes() for path in root.glob("cycle1/decoded/*.jsonl")}
    heard = (root / "cycle2/offline_hyps.jsonl").read_bytes()
    for path in root.glob("cycle1/decoded/*.jsonl"):
        path.unlink()
    turn(root, shards=4)
    assert len(whole) == 2
    assert {path.name: path.read_bytes() for path in root.glob("cycle1/decoded/*.jsonl")} == whole
    assert (root / "cycle2/offline_hyps.jsonl").read_bytes() == heard
    assert not list(root.glob("cycle1/decoded/*.part"))


def test_few_rows_stop_at_the_gate_without_loading_a_model(
    flywheel: Flywheel, tmp_path: Path
) -> None:
    root = flywheel(rows=40)
    state = turn(root)
    assert state.name == "Gated"
    assert "The benchmark has 40 rows; a fine-tune needs 100: add 60." in str(state.message)
    assert record(root / "cycle1/gate.json")["route"] == "build"
    assert not (tmp_path / "decodings").exists()
    assert [line["outcome"] for line in ledger(root)] == ["gate:build"]


def test_a_missing_manifest_is_routed_to_the_build(flywheel: Flywheel) -> None:
    root = flywheel()
    assert turn(root, cycle=5).name == "Gated"
    assert record(root / "cycle5/gate.json")["route"] == "build"


def test_a_refused_base_loads_nothing(flywheel: Flywheel, tmp_path: Path, fake_model: Any) -> None:
    root = flywheel()
    fake_model(root / "base.nemo", 0.8, "encoder: {att_context_style: chunked_limited}\n")
    assert turn(root).name == "Gated"
    assert record(root / "cycle1/gate.json")["route"] == "refused_base"
    assert not (tmp_path / "decodings").exists()


def test_a_good_baseline_from_elsewhere_closes_the_gate(flywheel: Flywheel, tmp_path: Path) -> None:
    root = flywheel()
    rows = [json.loads(line) for line in (root / "cycle1/manifest.jsonl").read_text().splitlines()]
    heard = [{"audio_filepath": row["audio_filepath"], "hyp": row["text"]} for row in rows]
    (root / "cycle1/per_sample.json").write_text("".join(json.dumps(h) + "\n" for h in heard))
    turn(root)
    assert record(root / "cycle1/gate.json")["route"] == "harden"
    assert not (tmp_path / "decodings").exists()


def test_a_bad_baseline_from_elsewhere_opens_the_gate_but_never_decides(flywheel: Flywheel) -> None:
    root = flywheel(before=0.3, after=0.3)
    rows = [json.loads(line) for line in (root / "cycle1/manifest.jsonl").read_text().splitlines()]
    heard = [{"audio_filepath": row["audio_filepath"], "hyp": ""} for row in rows]
    given = "".join(json.dumps(h) + "\n" for h in heard)
    (root / "cycle1/per_sample.json").write_text(given)
    assert turn(root).name == "Grow"
    assert record(root / "cycle1/gate.json")["priority_ker"] == 1.0
    assert record(root / "cycle2/decision.json")["scopes"]["all"]["base"]["ker"] == pytest.approx(
        0.3
    )
    assert (root / "cycle1/per_sample.json").read_text() == given


def test_without_a_baseline_and_without_leave_to_decode_it_is_scored_first(
    flywheel: Flywheel,
) -> None:
    root = flywheel(policy="decode_baseline: false\n")
    assert turn(root).name == "Gated"
    assert record(root / "cycle1/gate.json")["route"] == "evaluate"


def test_a_gate_that_let_nobody_through_opens_once_the_terms_were_expanded(
    flywheel: Flywheel,
) -> None:
    root = flywheel(before=0.25)
    turn(root)
    assert record(root / "cycle1/gate.json")["route"] == "build"
    manifest = root / "cycle1/manifest.jsonl"
    lines = manifest.read_text().splitlines()
    manifest.write_text("\n".join(lines[:-1]) + "\n")  # the benchmark changed
    (root / "flywheel.yaml").write_text("base: base.nemo\ngate: {min_rows: 90}\n")
    turn(root)
    assert record(root / "cycle1/gate.json")["route"] == "finetune"


def test_out_of_memory_is_retried_once_at_half_the_batch(
    flywheel: Flywheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = flywheel(policy="sft: {batch_size: 4}\n")
    monkeypatch.setenv("FAKE_TRAINING", "memory")
    assert turn(root).name == "Kept"
    info = record(next((root / "cycle1/models").iterdir()) / "training_run_info.json")
    assert info["hyperparameters"]["batch_size"] == 2
    assert info["hyperparameters"]["accumulate_grad_batches"] == 2
    assert info["warnings"] == ["Out of GPU memory: batch halved to 2"]


def test_a_failing_job_fails_the_run_with_one_sentence_and_no_transcript_in_its_log(
    flywheel: Flywheel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    root = flywheel()
    monkeypatch.setenv("FAKE_TRAINING", "crash")
    with pytest.raises(JobFailed, match="ValueError: the fake was told to fail"):
        flywheel_cycle(root)
    assert "ValueError: the fake was told to fail" in caplog.text
    assert "Traceback" not in caplog.text
    log = next(root.rglob("finetune.log")).read_text()
    assert "Dataset loaded" in log
    assert "transcript" not in log
    assert not (root / "cycle2").exists()


def test_a_cycle_killed_in_training_is_finished_by_the_same_command(
    flywheel: Flywheel, tmp_path: Path, wait_for: Callable[..., Any]
) -> None:
    root = flywheel()
    command = [sys.executable, "-m", "flows.cycle", "--workspace", str(root), "--cycle", "1"]
    killed = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"FAKE_TRAINING": "slow"}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    started = wait_for(lambda: next(iter(root.rglob("started")), None))
    child = int(started.read_text())
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    wait_for(lambda: not Path(f"/proc/{child}").exists())
    with contextlib.suppress(ProcessLookupError):  # Prefect's temporary server outlives its process
        os.killpg(killed.pid, signal.SIGKILL)
    decoded = (tmp_path / "decodings").read_text()
    assert turn(root).name == "Kept"
    assert (tmp_path / "decodings").read_text().startswith(decoded)
    assert len((tmp_path / "decodings").read_text().splitlines()) == 2
    assert not [name for name in files(root) if "work" in name or name.endswith(".partial")]


def test_two_runs_of_one_cycle_do_not_meet(flywheel: Flywheel) -> None:
    root = flywheel()
    with locked(root, "cycle1"), pytest.raises(CycleBusy, match="being run by another process"):
        flywheel_cycle(root)


def test_the_decision_is_published_as_an_artifact(flywheel: Flywheel) -> None:
    turn(flywheel())
    with get_client(sync_client=True) as api:
        artifacts = api.read_artifacts()
    texts = [artifact.data for artifact in artifacts if artifact.key == "decision-cycle-1"]
    assert any("# Cycle 1: keep" in str(text) for text in texts)


def test_the_state_carries_the_outcome_for_whoever_reads_it(flywheel: Flywheel) -> None:
    state = turn(flywheel())
    assert state.result()["verdict"] == "keep"
