"""The ledger as a person reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.cost import Spent
from tasks.domain.errors import InvalidInput
from tasks.domain.verdict.against import AgainstAnchor, AnchorGuard
from tasks.domain.verdict.priority import Priority
from tasks.records.files import json_lines, write_record
from tasks.records.ledger_line import BuildLine, DecisionLine, GateLine, LedgerLine, RollbackLine
from tasks.records.record import ModelRecord
from tasks.records.stages import Champion
from tasks.report.ledger_table import ledger_lines, ledger_table, ledger_text

WHEN = "2026-01-01T00:00:00+00:00"
LONG = "Test priority KER 0.800 → 0.200 on 52 rows of 26 terms: down 75%, " + "and more " * 20

GATED = GateLine(
    cycle=1, outcome="gate:harden", reasons=("saturated", "more"), priority_ker=0.05,
    manifest_sha256="m", policy_sha256="p", inputs_sha256="i", finished_at=WHEN,
)  # fmt: skip
KEPT = DecisionLine(
    cycle=2, outcome="keep", reasons=(LONG,), run="smoke-1", rule="held_out", open_guards=(),
    manifest_sha256="n", policy_sha256="p", inputs_sha256="j", priority_ker=0.8,
    priority=Priority("test", 10, 5, 2, 0.8, 0.2, 0.75, None, 0.01, None, 1, 0.025, {}),
    newly_missed=1, still_missed=2, fixed=7, rows=100, spent=Spent(3600, 0, 1, 1.5),
    base=ModelRecord(name="nvidia/parakeet-tdt-0.6b-v2", path="", sha256=None),
    candidate=ModelRecord(name="c", path="/w/c.nemo", sha256="c" * 64), finished_at=WHEN,
)  # fmt: skip
BACK = RollbackLine(
    cycle=0, outcome="rollback", reasons=("By hand: there is no champion.",), finished_at=WHEN
)


@pytest.fixture
def ledger(tmp_path: Path) -> Callable[..., Path]:
    """Write a ledger of these lines."""

    def write(*lines: LedgerLine) -> Path:
        text = json_lines(line.model_dump(mode="json") for line in lines)
        (tmp_path / "ledger.jsonl").write_text(text)
        return tmp_path

    return write


def test_the_ledger_reads_in_a_terminal_of_100_columns(ledger: Callable[..., Path]) -> None:
    shown = ledger_text(ledger(GATED, KEPT, BACK))
    assert shown.splitlines() == [
        "Cycle  When (UTC)        Outcome                  Priority KER   Newly missed  Fixed",
        "1      2026-01-01 00:00  gate:harden              0.050          –             –",
        "         why      saturated",
        "2      2026-01-01 00:00  keep                     0.800 → 0.200  1             7",
        "         compared nvidia/parakeet-tdt-0.6b-v2 (the base where the policy names none) with "
        "smoke-1",
        "         changed  rows",
        "         note     general speech not measured",
        "         why      Test priority KER 0.800 → 0.200 on 52 rows of 26 terms: down 75%, and "
        "more and …",
        "         spent    3,600 GPU seconds, about 1.50",
        "–      2026-01-01 00:00  rollback to no champion  –              –             –",
        "         why      By hand: there is no champion.",
        "",
        "No champion.",
    ]
    assert max(map(len, shown.splitlines())) <= 100


def test_what_changed_is_shown_whole_on_several_lines(ledger: Callable[..., Path]) -> None:
    champion = KEPT.candidate.model_copy(update={"path": f"/w/{'candidate ' * 12}.nemo"})
    shown = ledger_text(ledger(KEPT, KEPT.model_copy(update={"base": champion}))).splitlines()
    assert max(map(len, shown)) <= 100
    text = " ".join(" ".join(shown).split())
    assert f"none) → {'candidate ' * 12}.nemo cccccccc note" in text


def test_the_table_has_the_same_cells_and_the_whole_reason(ledger: Callable[..., Path]) -> None:
    head, _, _, kept, *_ = ledger_table(ledger(GATED, KEPT)).splitlines()
    assert [cell.strip() for cell in head.split("|")[1:-1]] == [
        "Cycle", "When (UTC)", "Outcome", "Priority KER", "Newly missed", "Fixed", "Compared",
        "Changed", "Note", "Anchor", "Why", "Spent", "Report",
    ]  # fmt: skip
    assert [cell.strip() for cell in kept.split("|")[1:-1]] == [
        "2", "2026-01-01 00:00", "keep", "0.800 → 0.200", "1", "7",
        "nvidia/parakeet-tdt-0.6b-v2 (the base where the policy names none) with smoke-1", "rows",
        "general speech not measured", "", LONG.strip(), "3,600 GPU seconds, about 1.50", "",
    ]  # fmt: skip


@pytest.mark.parametrize("show", [ledger_table, ledger_text])
def test_each_guard_is_shown_against_the_first_base(
    ledger: Callable[..., Path], show: Callable[[Path], str]
) -> None:
    guard = AnchorGuard(
        "general_wer", 0.06, 0.064, 0.066, 0.065, "held", True, 900, "clip", 900, 0.9977
    )
    anchored = AgainstAnchor(2, False, 0.9977, (guard,))
    shown = show(ledger(KEPT.model_copy(update={"against_anchor": anchored})))
    assert "general_wer 0.060 → 0.064 held" in shown


@pytest.mark.parametrize("show", [ledger_table, ledger_text])
def test_the_champion_is_named_with_its_digest(
    ledger: Callable[..., Path], show: Callable[[Path], str]
) -> None:
    root = ledger(KEPT)
    champion = Champion(path="/w/c.nemo", sha256="c" * 64, cycle=2, decided_at=WHEN, previous=None)
    write_record(root / "champion.json", champion)
    assert show(root).endswith("\n\nChampion: cycle 2, c.nemo cccccccc.\n")


@pytest.mark.parametrize("show", [ledger_table, ledger_text])
def test_an_empty_workspace_has_an_empty_ledger(
    tmp_path: Path, show: Callable[[Path], str]
) -> None:
    assert show(tmp_path) == "The ledger is empty. No champion.\n"


@pytest.mark.parametrize("show", [ledger_table, ledger_text, ledger_lines])
def test_an_absent_workspace_is_invalid_input(
    tmp_path: Path, show: Callable[[Path], object]
) -> None:
    with pytest.raises(InvalidInput, match="--workspace: expected a folder"):
        show(tmp_path / "no")


def test_a_build_is_listed_between_the_cycles_with_what_it_made(
    ledger: Callable[..., Path],
) -> None:
    built = BuildLine(
        cycle=2, outcome="built", reasons=("9 rows, 3 made",), manifest_sha256="n", finished_at=WHEN
    )
    lines = ledger_text(ledger(GATED, built, KEPT)).splitlines()
    assert lines[3].split()[:4] == ["2", "2026-01-01", "00:00", "built"]
    assert lines[4].split(maxsplit=1) == ["why", "9 rows, 3 made"]
    assert any(line.split() == ["changed", "rows"] for line in lines)
