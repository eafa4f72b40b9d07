"""A row is said once more where an IPA stands that it was not said with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasks.benchmark.carried import planned_as, said_otherwise
from tasks.benchmark.conditions import Condition
from tasks.benchmark.plan import PlannedRow, Voice
from tasks.benchmark.pronunciation import Pronunciation
from tasks.benchmark.terms import Term
from tasks.domain.manifest import ClinicalRow

TIMOLOL = Term("timolol", "drug")


def test_a_row_is_planned_as_it_stands(row: Callable[..., ClinicalRow]) -> None:
    stands = row(term="timolol", text="Give timolol.", voice_id="espeak:en-us+f2")
    condition = Condition("pink", 5.0)
    assert planned_as(stands, condition, TIMOLOL) == PlannedRow(
        TIMOLOL, "Give timolol.", stands.context_type, Voice("espeak", "en-us+f2"), condition
    )


@pytest.mark.parametrize(
    ("source", "ipa", "now", "otherwise"),
    [
        ("espeak_g2p", None, Pronunciation("a", "merriam-webster"), True),
        ("espeak_g2p", "", Pronunciation("a", "merriam-webster"), True),
        ("espeak_g2p", "", Pronunciation(None, "espeak_g2p"), False),
        ("espeak_g2p", "", Pronunciation(None, "espeak_g2p", (("timolol", "a"),)), True),
        ("espeak_g2p", "timolol a", Pronunciation(None, "espeak_g2p", (("timolol", "a"),)), False),
        ("merriam-webster", "a", Pronunciation("b", "override"), True),
        ("override", "a", Pronunciation("b", "override"), True),
        ("merriam-webster", "a", Pronunciation("a", "override"), False),
        ("override", None, Pronunciation("b", "override"), False),
        ("merriam-webster", "a", Pronunciation(None, "espeak_g2p"), False),
    ],
)
def test_it_is_told_by_the_ipa_where_that_was_noted_else_by_its_source(
    source: str, ipa: str | None, now: Pronunciation, otherwise: bool
) -> None:
    assert said_otherwise(source, ipa, now) is otherwise
