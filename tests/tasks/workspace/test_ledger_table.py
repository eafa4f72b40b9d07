"""The ledger as a person reads it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.errors import InvalidInput
from tasks.domain.verdict.decide import Priority
from tasks.workspace.files import write_record
from tasks.workspace.ledger import record_in_ledger
from tasks.workspace.ledger_table import ledger_table
from tasks.workspace.records import Champion, DecisionLine, GateLine, ModelRecord, RollbackLine

WHEN = "2026-01-01T00:00:00+00:00"
Line = GateLine | DecisionLine


@pytest.fixture
def ledger(tmp_path: Path) -> Callable[..., Path]:
    """Write a ledger of these lines."""

    def write(*lines: Line) -> Path:
        for line in lines:
            record_in_ledger(tmp_path, line)
        return tmp_path

    return write


GATED = GateLine(
    cycle=1, outcome="gate:harden", reasons=("saturated", "more"), priority_ker=0.05,
    manifest_sha256="m", policy_sha256="p", inputs_sha256="i", finished_at=WHEN,
)  # fmt: skip
KEPT = DecisionLine(
    cycle=2, outcome="keep", reasons=("down 75 %",), run="smoke-1", rule="held_out",
    open_guards=(), manifest_sha256="m",
    policy_sha256="p", inputs_sha256="j", priority_ker=0.8,
    priority=Priority("test", 10, 5, 2, 0.8, 0.2, 0.75, None, 0.01, None, 1, 0.025, {}),
    base=ModelRecord(name="nvidia/parakeet-tdt-0.6b-v2", path="", sha256=None),
    candidate=ModelRecord(name="c", path="/w/c.nemo", sha256="c" * 64), finished_at=WHEN,
)  # fmt: skip


def test_a_line_says_what_was_tried_on_what_and_why(ledger: Callable[..., Path]) -> None:
    lines = ledger_table(ledger(GATED, KEPT)).splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:4]]
    assert cells == [
        ["1", "2026-01-01 00:00", "gate:harden", "–", "–", "0.050", "saturated"],
        ["2", "2026-01-01 00:00", "keep", "parakeet-tdt-0.6b-v2", "smoke-1", "0.800 → 0.200",
         "down 75 %"],
    ]  # fmt: skip
    assert lines[-1] == "No champion."


def test_a_model_that_was_kept_with_open_guards_says_so(ledger: Callable[..., Path]) -> None:
    line = KEPT.model_copy(update={"open_guards": ("general_wer",)})
    assert "down 75 % Kept with open guards: general_wer. |" in ledger_table(ledger(line))


def test_the_champion_is_named_with_its_digest(ledger: Callable[..., Path]) -> None:
    root = ledger(KEPT)
    champion = Champion(path="/w/c.nemo", sha256="c" * 64, cycle=2, decided_at=WHEN, previous=None)
    write_record(root / "champion.json", champion)
    assert ledger_table(root).endswith("Champion: cycle 2, c.nemo cccccccc.\n")


def test_a_rollback_is_a_line_too(tmp_path: Path) -> None:
    line = RollbackLine(cycle=0, outcome="rollback", reasons=("By hand.",), finished_at=WHEN)
    (tmp_path / "ledger.jsonl").write_text(line.model_dump_json() + "\n")
    assert "| rollback | –             | –   | –            | By hand. |" in ledger_table(tmp_path)


def test_an_empty_workspace_has_an_empty_ledger(tmp_path: Path) -> None:
    assert ledger_table(tmp_path) == "The ledger is empty. No champion.\n"


def test_an_absent_workspace_is_invalid_input(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="--workspace: expected a folder"):
        ledger_table(tmp_path / "no")
