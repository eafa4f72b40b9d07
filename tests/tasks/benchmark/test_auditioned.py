"""A build learns what a person decided on each term as it is said, and whether it may go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.benchmark.audition import AuditionDecision, AuditionItem
from tasks.benchmark.audition_file import add_decision
from tasks.benchmark.auditioned import read_audition
from tasks.benchmark.conditions import Condition
from tasks.benchmark.plan import PlannedRow, Voice
from tasks.benchmark.terms import Term
from tasks.domain.errors import InvalidInput

ITEMS = [
    AuditionItem(
        term=term,
        ipa=None,
        ipa_source="tones_g2p",
        engine="tones",
        engine_version="1",
        voices=("v",),
    )
    for term in ("timolol", "heparin")
]


def row(term: str) -> PlannedRow:
    text = f"Start {term} today."
    return PlannedRow(Term(term, "drug"), text, "order", Voice("tones", "v"), Condition())


def decide(root: Path, outcome: str) -> None:
    fields = ITEMS[0].model_dump() | {"reason": "as is", "at": "2026-01-01T00:00:00Z"}
    decision = AuditionDecision(**fields, decision=outcome, reviewer="Ana")  # type: ignore[arg-type]
    add_decision(root, 1, decision)


@pytest.mark.parametrize("outcome", ["heard", "skipped"])
def test_what_was_accepted_is_stamped_and_the_rest_advised(tmp_path: Path, outcome: str) -> None:
    decide(tmp_path, outcome)
    found = read_audition(tmp_path, 1, ITEMS, "advised")
    said = {"audition": outcome, "audition_by": "Ana", "audition_reason": "as is"}
    assert [found.stamp(row(item.term)) for item in ITEMS] == [said, {}]
    assert found.advice.startswith("1 term is not heard yet (heparin): run ")


def test_a_page_that_was_made_is_named(tmp_path: Path) -> None:
    page = tmp_path / "cycle1/audition.html"
    assert str(page) not in read_audition(tmp_path, 1, ITEMS, "advised").advice
    page.parent.mkdir()
    page.touch()
    assert f": open {page}, or run " in read_audition(tmp_path, 1, ITEMS, "advised").advice


def test_a_rejection_says_by_whom(tmp_path: Path) -> None:
    decide(tmp_path, "rejected")
    found = read_audition(tmp_path, 1, ITEMS, "advised")
    assert found.rejected(row("timolol")) == "rejected by Ana on 2026-01-01: as is"
    assert found.rejected(row("heparin")) == ""


def test_a_required_audition_stops_and_one_that_is_off_asks_nothing(tmp_path: Path) -> None:
    decide(tmp_path, "rejected")
    with pytest.raises(InvalidInput, match=r"not heard yet .* and 1 term is rejected"):
        read_audition(tmp_path, 1, ITEMS, "required")
    found = read_audition(tmp_path, 1, ITEMS, "off")
    assert (found.advice, found.rejected(row("timolol"))) == ("", "")


def test_of_others_it_is_known_what_was_decided_and_nobody_is_asked(tmp_path: Path) -> None:
    decide(tmp_path, "rejected")
    found = read_audition(tmp_path, 1, ITEMS[1:], "advised", ITEMS)
    assert "timolol" not in found.advice
    assert found.rejected(row("timolol")).startswith("rejected by Ana")
