"""What cannot be read or made again is set aside, never removed, and what is lost is reported."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.records.ledger_line import DecisionLine, GateLine
from tasks.repair import set_aside_damaged
from tasks.workspace.ledger import (
    chain_faults,
    raw_lines,
    read_champion,
    read_ledger,
    record_in_ledger,
)
from tests.tasks.workspace.test_ledger import decision_line


def gate_line(cycle: int) -> GateLine:
    return GateLine(
        cycle=cycle, outcome="gate:build", reasons=("small",), priority_ker=None,
        manifest_sha256=None, policy_sha256="p", inputs_sha256=str(cycle),
        finished_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """The ledger of three cycles."""
    for cycle in (1, 2, 3):
        record_in_ledger(tmp_path, gate_line(cycle))
    return tmp_path / "ledger.jsonl"


def test_what_is_whole_or_absent_is_left_alone(ledger: Path) -> None:
    before = ledger.read_bytes()
    assert set_aside_damaged(ledger.parent, 1) == []
    assert ledger.read_bytes() == before
    assert {path.name for path in ledger.parent.iterdir()} == {"ledger.jsonl", ".locks"}


def test_a_damaged_ledger_keeps_the_lines_that_can_be_read(ledger: Path) -> None:
    damaged = ledger.read_bytes().replace(b'"cycle": 2', b'"cycle": ')
    ledger.write_bytes(damaged)
    (sentence,) = set_aside_damaged(ledger.parent, 1)
    (aside,) = ledger.parent.glob("ledger.jsonl.damaged-*Z")
    assert aside.read_bytes() == damaged
    assert [line.cycle for line in read_ledger(ledger.parent)] == [1, 3]
    assert sentence == (
        f"{ledger} was damaged and is now {aside.name}: line 2 of it is lost, the other 2 are kept"
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_ledger_with_a_byte_order_mark_keeps_its_first_line_and_what_was_looked_at(
    tmp_path: Path, fake_model: Callable[..., Path], encoding: str
) -> None:
    """A decision line that is lost is a look that no longer counts."""
    model = fake_model(tmp_path / "1.nemo", 0.2)
    lines = [decision_line(1, "grow", model), gate_line(2), gate_line(3)]
    for line in lines:
        record_in_ledger(tmp_path, line)
    path = tmp_path / "ledger.jsonl"
    text = path.read_text(encoding="utf-8").replace('"cycle": 2', '"cycle": ')
    path.write_bytes(text.replace("\n", "\r\n\r\n").encode(encoding))
    (sentence,) = set_aside_damaged(tmp_path, 1)
    assert sentence.endswith("line 3 of it is lost, the other 2 are kept")
    kept = read_ledger(tmp_path)
    assert [line.cycle for line in kept] == [1, 3]
    assert isinstance(kept[0], DecisionLine)
    assert chain_faults(raw_lines(path)) == []


def test_a_ledger_whose_lines_do_not_follow_is_set_aside_and_chained_again(ledger: Path) -> None:
    changed = ledger.read_bytes().replace(b"small", b"large", 1)
    ledger.write_bytes(changed)
    (sentence,) = set_aside_damaged(ledger.parent, 1)
    (aside,) = ledger.parent.glob("ledger.jsonl.damaged-*Z")
    assert aside.read_bytes() == changed
    assert "ledger.jsonl:2: it does not follow from line 1" in sentence
    assert chain_faults(raw_lines(ledger)) == []
    assert set_aside_damaged(ledger.parent, 1) == []


def test_a_ledger_that_is_no_file_is_lost_whole_and_still_there(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ledger.jsonl")
    (sentence,) = set_aside_damaged(tmp_path, 1)
    assert sentence.endswith(": every line of it is lost")
    assert read_ledger(tmp_path) == []
    assert len(list(tmp_path.glob("ledger.jsonl.damaged-*"))) == 1


def test_a_damaged_champion_and_decision_are_set_aside_each_time_under_another_name(
    tmp_path: Path,
) -> None:
    (tmp_path / "cycle2").mkdir()
    for _ in range(2):
        for name in ("champion.json", "cycle2/decision.json"):
            (tmp_path / name).write_text("{")
        champion, decision = set_aside_damaged(tmp_path, 1)
        assert "there is no champion now" in champion
        assert "its verdict is lost, and is decided again" in decision
    assert read_champion(tmp_path) is None
    assert len(list(tmp_path.rglob("*.damaged-*"))) == 4
