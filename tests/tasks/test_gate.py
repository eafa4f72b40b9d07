"""Stage gate: what it reads, what it leaves, and what the ledger hears of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.gate import check_gate
from tasks.workspace.files import file_sha256
from tasks.workspace.inputs import open_cycle
from tasks.workspace.ledger import read_ledger
from tasks.workspace.records import GateRecord, read_record

pytestmark = pytest.mark.usefixtures("prefect_server")
Flywheel = Callable[..., Path]


def give_baseline(root: Path, hypothesis: str) -> Path:
    """Put the hypotheses of another system into cycle 1."""
    rows = (root / "cycle1/manifest.jsonl").read_text().splitlines()
    clips = [json.loads(row)["audio_filepath"] for row in rows]
    lines = [json.dumps({"audio_filepath": clip, "hyp": hypothesis}) for clip in clips]
    path = root / "cycle1/per_sample.json"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_without_a_baseline_a_decoding_comes_first_and_nothing_is_in_the_ledger(
    flywheel: Flywheel,
) -> None:
    cycle = open_cycle(flywheel(), 1)
    summary = check_gate(cycle)
    assert (summary.passed, summary.route, summary.priority_ker) == (False, "evaluate", None)
    assert summary.decodes_first(cycle)
    assert read_ledger(cycle.root) == []


def test_where_decoding_is_not_allowed_the_cycle_ends_here_and_the_ledger_says_so(
    flywheel: Flywheel,
) -> None:
    cycle = open_cycle(flywheel(policy="decode_baseline: false\n"), 1)
    assert not check_gate(cycle).decodes_first(cycle)
    assert [line.outcome for line in read_ledger(cycle.root)] == ["gate:evaluate"]


def test_a_given_baseline_is_scored_and_named_in_the_record(flywheel: Flywheel) -> None:
    root = flywheel()
    given = give_baseline(root, "something else")
    cycle = open_cycle(root, 1)
    assert check_gate(cycle).route == "finetune"
    record = read_record(cycle.gate, GateRecord)
    assert record is not None
    assert (record.priority_ker, record.rows) == (1.0, 100)
    assert record.baseline_sha256 == file_sha256(given)
    assert "Cycle 1, baseline" in (cycle.folder / "leaderboard_cycle1.md").read_text()
    assert len((cycle.folder / "results.csv").read_text().splitlines()) == 101


def test_a_gate_that_stops_is_in_the_ledger_once(flywheel: Flywheel) -> None:
    cycle = open_cycle(flywheel(rows=40), 1)
    for _ in range(2):
        assert check_gate(cycle).route == "build"
    assert [line.outcome for line in read_ledger(cycle.root)] == ["gate:build"]
