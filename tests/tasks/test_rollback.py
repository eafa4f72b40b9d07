"""A rollback names an earlier champion again, once, whenever it is killed and run again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.errors import DamagedFile, InvalidInput
from tasks.records.record import ModelRecord
from tasks.rollback import roll_back
from tasks.workspace.ledger import read_champion, read_ledger, record_decision
from tasks.workspace.open import open_cycle
from tasks.workspace.verified import ledger_faults
from tests.kills import killed_before_each_change
from tests.tasks.workspace.test_ledger import cycle_of, decision_line, kept

__all__ = ["kept"]  # a fixture


def test_the_champion_is_rolled_back_to_any_earlier_one_and_forward_again(kept: Path) -> None:
    roll_back(kept, 1)
    champion = read_champion(kept)
    assert champion is not None
    assert (champion.cycle, champion.previous) == (1, None)
    assert cycle_of(kept, 4).comparison.path == kept / "1.nemo"
    roll_back(kept, 3)
    champion = read_champion(kept)
    assert champion is not None
    assert champion.previous is not None
    assert (champion.cycle, champion.previous.cycle) == (3, 1)
    assert [line.outcome for line in read_ledger(kept)][-2:] == ["rollback", "rollback"]


def test_a_boosted_base_that_has_a_name_and_no_file_is_kept_and_rolled_back_to(kept: Path) -> None:
    line = decision_line(4, "keep", kept / "3.nemo")
    named = ModelRecord(name="nvidia/parakeet-tdt-0.6b-v2", path="", sha256=None)
    record_decision(cycle_of(kept, 4), line.model_copy(update={"candidate": named}), None)
    assert cycle_of(kept, 5).comparison.record() == named
    roll_back(kept, 1)
    roll_back(kept, 4)
    assert cycle_of(kept, 5).comparison.record() == named
    assert ledger_faults(kept) == []


def test_a_rollback_to_none_compares_with_the_base_again(kept: Path) -> None:
    roll_back(kept, 0)
    assert read_champion(kept) is None
    assert cycle_of(kept, 4).comparison.path == kept / "base.nemo"


def test_a_damaged_champion_is_written_again_by_a_rollback(kept: Path) -> None:
    (kept / "champion.json").write_text('{"path": "1.nemo", "sha')
    with pytest.raises(DamagedFile, match=r"run `python -m flows.rollback"):
        open_cycle(kept, 1)
    roll_back(kept, 3)
    assert cycle_of(kept, 4).comparison.path == kept / "3.nemo"


def test_whoever_reads_while_the_champion_is_rolled_back_sees_it_or_none(kept: Path) -> None:
    """A rollback to none removes champion.json between two looks at it."""
    ended = threading.Event()

    def roll() -> None:
        while not ended.is_set():
            for number in (0, 3):
                roll_back(kept, number)

    rolling = threading.Thread(target=roll)
    rolling.start()
    try:
        seen, reads, deadline = set[int](), 0, time.monotonic() + 120
        while (reads < 500 or len(seen) < 2) and time.monotonic() < deadline:
            champion = read_champion(kept)
            seen.add(champion.cycle if champion else 0)
            reads += 1
    finally:
        ended.set()
        rolling.join()
    assert seen == {0, 3}


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(2, "expected a cycle that was kept, 1, 3, or 0; got 2"), (1, "gone or changed")],
)
def test_a_rollback_that_cannot_be_changes_nothing(kept: Path, number: int, sentence: str) -> None:
    (kept / "1.nemo").write_bytes(b"another model")
    before = (kept / "ledger.jsonl").read_bytes(), read_champion(kept)
    with pytest.raises(InvalidInput, match=sentence):
        roll_back(kept, number)
    assert ((kept / "ledger.jsonl").read_bytes(), read_champion(kept)) == before


def roll_back_to_the_first(root: Path) -> None:
    roll_back(root, 1)


def roll_back_to_none(root: Path) -> None:
    roll_back(root, 0)


@pytest.mark.parametrize(("to", "command"), [(1, roll_back_to_the_first), (0, roll_back_to_none)])
def test_a_rollback_that_is_killed_and_run_again_is_once_in_ledger_and_champion(
    kept: Path, to: int, command: Callable[[Path], None]
) -> None:
    kills = 0
    for killed in killed_before_each_change(kept, command):
        kills += 1
        assert [line.outcome for line in read_ledger(kept)][3:] == ["rollback"], killed
        champion = read_champion(kept)
        assert (champion.cycle if champion else 0) == to, killed
        assert not list(kept.glob(".*.partial")), killed
    assert kills > 5


def test_the_same_rollback_again_changes_nothing_and_another_one_is_another_line(
    kept: Path,
) -> None:
    roll_back(kept, 1)
    before = (kept / "ledger.jsonl").read_bytes(), (kept / "champion.json").read_bytes()
    roll_back(kept, 1)
    assert ((kept / "ledger.jsonl").read_bytes(), (kept / "champion.json").read_bytes()) == before
    for to in (0, 1):
        roll_back(kept, to)
    assert [line.cycle for line in read_ledger(kept)][3:] == [1, 0, 1]


def test_a_verdict_that_is_written_again_does_not_undo_a_rollback(kept: Path) -> None:
    """As after --repair of a damaged decision.json: its line is in the ledger already."""
    roll_back(kept, 1)
    record_decision(cycle_of(kept, 3), decision_line(3, "keep", kept / "3.nemo"), None)
    champion = read_champion(kept)
    assert champion is not None
    assert champion.cycle == 1
