"""Cycles that the gate stops, and what opens it; with our own fake of NeMo's scripts."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.cycle import flywheel_cycle
from tasks.records.files import read_json
from tasks.workspace.ledger import read_ledger
from tasks.workspace.status import cycle_status

pytestmark = pytest.mark.usefixtures("prefect_server")
Flywheel = Callable[..., Path]
SCORED = ("results.csv", "leaderboard_cycle2.md")
turn = partial(flywheel_cycle, return_state=True)


def test_few_rows_stop_at_the_gate_without_loading_a_model(
    flywheel: Flywheel, tmp_path: Path
) -> None:
    root = flywheel(rows=40)
    state = turn(root)
    assert state.name == "Gated"
    assert "The benchmark has 40 rows; a fine-tune needs 100: add 60." in str(state.message)
    assert read_json(root / "cycle1/gate.json")["route"] == "build"
    assert not (tmp_path / "decodings").exists()
    assert [line.outcome for line in read_ledger(root)] == ["gate:build"]


def test_a_missing_manifest_is_routed_to_the_build(flywheel: Flywheel) -> None:
    root = flywheel()
    (root / "cycle5").mkdir()
    assert turn(root, cycle=5).name == "Gated"
    assert read_json(root / "cycle5/gate.json")["route"] == "build"


def test_a_refused_base_loads_nothing(flywheel: Flywheel, tmp_path: Path, fake_model: Any) -> None:
    root = flywheel()
    fake_model(root / "base.nemo", 0.8, "encoder: {att_context_style: chunked_limited}\n")
    assert turn(root).name == "Gated"
    assert read_json(root / "cycle1/gate.json")["route"] == "refused_base"
    assert not (tmp_path / "decodings").exists()


def test_a_tdt_base_on_a_cpu_is_reported_before_anything_is_decoded(
    flywheel: Flywheel, tmp_path: Path, fake_model: Any
) -> None:
    root = flywheel()
    fake_model(root / "base.nemo", 0.8, "joint: {}\nloss: {loss_name: tdt}\n")
    state = turn(root)
    assert state.is_failed()
    assert "is a TDT model and its loss has no CPU path" in str(state.message)
    assert not (tmp_path / "decodings").exists()
    assert turn(root, stop_after="gate").name == "Stopped"
    (root / "cycle1/manifest.jsonl").unlink()
    assert turn(root).name == "Gated"


def give(root: Path, system: str, *, perfect: bool) -> str:
    """Put another system's transcripts into the cycle, all right or all empty; return the file."""
    rows = [json.loads(line) for line in (root / "cycle1/manifest.jsonl").read_text().splitlines()]
    lines = [
        {"audio_filepath": row["audio_filepath"], "hyp": row["text"] if perfect else ""}
        for row in rows
    ]
    given = "".join(json.dumps(line | {"system": system}) + "\n" for line in lines)
    (root / "cycle1/per_sample.json").write_text(given)
    return given


def test_a_perfect_system_stops_the_cycle_in_its_own_name_and_the_bad_base_can_be_asked(
    flywheel: Flywheel, tmp_path: Path
) -> None:
    root = flywheel(before=0.5)
    give(root, "whisper-1", perfect=True)
    state = turn(root)
    assert state.name == "Gated"
    assert "Priority KER (drug) of whisper-1, not of the base, is 0.000" in str(state.message)
    gate = read_json(root / "cycle1/gate.json")
    assert gate is not None
    assert (gate["route"], gate["system"]) == ("harden", "whisper-1")
    assert not (tmp_path / "decodings").exists()
    assert cycle_status(root, 1).outcome == (
        "stopped at the gate for these inputs: harden, by the transcripts of whisper-1 alone (priority KER "
        "0.000)"
    )
    (line,) = read_ledger(root)
    assert (line.outcome, getattr(line, "system", None)) == ("gate:harden", "whisper-1")
    aside, _ = gate["command"].split(" && ")
    subprocess.run(aside, shell=True, check=True)
    assert turn(root, stop_after="gate").name == "Stopped"
    gate = read_json(root / "cycle1/gate.json")
    assert gate is not None
    assert (gate["passed"], gate["system"], gate["opened_by"]) == (True, "", None)
    assert gate["priority_ker"] > 0.3
    assert (root / "cycle1/given_hypotheses.json").exists()


def test_a_bad_system_opens_the_gate_and_the_good_base_closes_it_before_any_fine_tune(
    flywheel: Flywheel, tmp_path: Path
) -> None:
    root = flywheel(before=0.05)
    given = give(root, "pocketsphinx", perfect=False)
    assert turn(root, stop_after="split").name == "Stopped"
    assert not (tmp_path / "decodings").exists()
    gate = read_json(root / "cycle1/gate.json")
    assert gate is not None
    assert (gate["passed"], gate["priority_ker"], gate["system"]) == (True, 1.0, "pocketsphinx")
    assert "of pocketsphinx, not of the base" in gate["reasons"][0]
    assert "worth it." not in " ".join(gate["reasons"])
    assert ", by the transcripts of pocketsphinx alone" in cycle_status(root, 1).outcome
    for _ in range(2):
        state = turn(root)
        assert state.name == "Gated"
        assert "opened the gate, with a priority KER of 1.000" in str(state.message)
        gate = read_json(root / "cycle1/gate.json")
        assert gate is not None
        assert (gate["passed"], gate["route"], gate["system"]) == (False, "harden", "")
        assert gate["priority_ker"] < 0.1
        assert gate["opened_by"]["system"] == "pocketsphinx"
        assert gate["opened_by"]["priority_ker"] == 1.0
    assert len((tmp_path / "decodings").read_text().splitlines()) == 1
    assert not list(root.glob("cycle1/models/*/*.nemo"))
    (line,) = read_ledger(root)
    assert (line.outcome, getattr(line, "system", None)) == ("gate:harden", "")
    assert (root / "cycle1/per_sample.json").read_text() == given


def test_a_bad_baseline_from_elsewhere_opens_the_gate_but_never_decides(flywheel: Flywheel) -> None:
    root = flywheel(before=0.5, after=0.5)
    given = give(root, "pocketsphinx", perfect=False)
    assert turn(root).name == "Grow"
    gate = read_json(root / "cycle1/gate.json")
    assert gate is not None
    assert (gate["system"], gate["opened_by"]["priority_ker"]) == ("", 1.0)
    decision = read_json(root / "cycle2/decision.json")
    assert decision is not None
    assert decision["scopes"]["all"]["base"]["ker"] == pytest.approx(0.5)
    assert "opened by the transcripts of pocketsphinx, priority KER 1.000; confirmed by" in (
        root / "cycle2/report.html"
    ).read_text(encoding="utf-8")
    assert (root / "cycle1/per_sample.json").read_text() == given


def test_without_a_baseline_and_without_leave_to_decode_it_is_scored_first(
    flywheel: Flywheel,
) -> None:
    root = flywheel(policy="decode_baseline: false\n")
    assert turn(root).name == "Gated"
    assert read_json(root / "cycle1/gate.json")["route"] == "evaluate"


def test_a_gate_that_let_nobody_through_opens_once_the_terms_were_expanded(
    flywheel: Flywheel,
) -> None:
    root = flywheel(before=0.25)
    turn(root)
    assert read_json(root / "cycle1/gate.json")["route"] == "build"
    manifest = root / "cycle1/manifest.jsonl"
    lines = manifest.read_text().splitlines()
    manifest.write_text("\n".join(lines[:-1]) + "\n")  # the benchmark changed
    (root / "flywheel.yaml").write_text("base: base.nemo\ngate: {min_rows: 90}\n")
    turn(root)
    assert read_json(root / "cycle1/gate.json")["route"] == "finetune"


def test_the_gate_of_the_next_cycle_leaves_what_this_one_scored(flywheel: Flywheel) -> None:
    root = flywheel()
    flywheel_cycle(root)
    scored = {name: (root / "cycle2" / name).read_bytes() for name in SCORED}
    shutil.copytree(root / "cycle1/audio", root / "cycle2/audio")
    shutil.copy(root / "cycle1/manifest.jsonl", root / "cycle2/manifest.jsonl")
    flywheel_cycle(root, 2, stop_after="gate")
    assert {name: (root / "cycle2" / name).read_bytes() for name in SCORED} == scored
    assert len((root / "cycle2/baseline_results.csv").read_text().splitlines()) == 101
    assert "Cycle 2, baseline" in (root / "cycle2/baseline_leaderboard_cycle2.md").read_text()
