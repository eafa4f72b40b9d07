"""What people gave as IPA counts in one order, and what an engine cannot pronounce of it is a fault."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasks.benchmark.conditions import Condition
from tasks.benchmark.plan import PlannedRow, Voice, planned_as
from tasks.benchmark.pronunciation import (
    GivenIpa,
    Pronunciation,
    pronunciation_changed,
    read_overrides,
)
from tasks.benchmark.terms import Term
from tasks.domain.manifest import ClinicalRow

FILE, TERMS = "pronunciation_overrides.csv", "terms.csv"
HEAD = "term,ipa,verified_by,verified_at,notes\n"
LETTERS = frozenset("abdefhijklmnopɹstuvwzæɑɔəɛɡɪʃʊʌʒ")
TIMOLOL = Term("timolol", "drug")


def given(*lines: str, terms: tuple[Term, ...] = ()) -> GivenIpa:
    overrides, faults = read_overrides(HEAD + "\n".join(lines), FILE)
    assert faults == []
    return GivenIpa(TERMS, terms, overrides)


def test_an_override_counts_over_the_list_of_terms() -> None:
    terms = (Term("Timolol", "drug", "tɪ"), Term("heparin", "drug", "hɛ"), Term("INR", "lab"))
    assert given("timolol,ˈtɪm,Ada,now,", terms=terms).ipa == {"timolol": "ˈtɪm", "heparin": "hɛ"}


def test_an_abbreviation_is_known_by_how_it_is_spoken() -> None:
    terms = (Term("INR", "lab"), Term("HbA1c", "lab", "hiː"))
    known = given("inr,ɪnɚ,Ada,now,", "MRSA,mɝ,Ada,now,", terms=terms).by_spoken_form
    assert known == {"i n r": "ɪnɚ", "inr": "ɪnɚ", "hemoglobin a one c": "hiː", "mersa": "mɝ"}


def test_a_symbol_that_the_engine_lacks_is_named_with_its_line() -> None:
    found = given("loch,lɑx,Ada,now,", "loch,lɑχ,Ada,now,", "man,mæn,Ada,now,")
    (fault,), of_some = found.unsayable({"magpie": LETTERS})
    assert str(fault) == f"{FILE}:3: ipa: magpie cannot pronounce χ of 'lɑχ'"
    assert of_some == []


def test_one_of_the_list_of_terms_is_named_with_its_term_unless_it_is_overridden() -> None:
    terms = (Term("loch", "anatomy", "lɑχ"),)
    (fault,), _ = given(terms=terms).unsayable({"magpie": LETTERS})
    assert str(fault) == f"{TERMS}: ipa: magpie cannot pronounce χ of 'lɑχ', loch"
    assert given("loch,lɑk,Ada,now,", terms=terms).unsayable({"magpie": LETTERS}) == ([], [])


@pytest.mark.parametrize("inventory", [None, frozenset()])
def test_an_engine_that_takes_any_ipa_or_none_finds_no_fault(
    inventory: frozenset[str] | None,
) -> None:
    assert given("loch,lɑχ,Ada,now,").unsayable({"kokoro": inventory}) == ([], [])


@pytest.mark.parametrize(
    ("other", "faults"), [(LETTERS | {"χ"}, 0), (LETTERS, 1), (frozenset(), 1), (None, 0)]
)
def test_what_one_engine_of_those_that_take_ipa_can_say_is_no_fault(
    other: frozenset[str] | None, faults: int
) -> None:
    of_none, of_some = given("loch,lɑχ,Ada,now,").unsayable({"magpie": LETTERS, "other": other})
    assert (len(of_none), len(of_some)) == (faults, 1 - faults)
    assert "magpie cannot pronounce χ" in str((of_none + of_some)[0])


def test_an_ipa_of_the_list_of_terms_does_not_count_as_verified() -> None:
    terms = (Term("timolol", "drug", "tɪ"), Term("heparin", "drug", "hɛ"))
    known = given("Timolol,ˈtɪm,Ada,2026-01-02T03:04:05Z,", "eye,aɪ,Bo,2026-03-04,", terms=terms)
    assert known.origin("timolol") == "verified by Ada on 2026-01-02"
    assert known.origin("heparin") == "listed in terms.csv"
    assert known.origin("timolol eye") == "verified by Ada on 2026-01-02 and Bo on 2026-03-04"
    assert known.origin("heparin eye") == "listed in terms.csv"


def test_a_row_is_planned_as_it_is(row: Callable[..., ClinicalRow]) -> None:
    unchanged = row(term="timolol", text="Give timolol.", voice_id="espeak:en-us+f2")
    condition = Condition("pink", 5.0)
    assert planned_as(unchanged, condition, TIMOLOL) == PlannedRow(
        TIMOLOL, "Give timolol.", unchanged.context_type, Voice("espeak", "en-us+f2"), condition
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
def test_it_is_found_by_the_ipa_where_that_was_noted_else_by_its_source(
    source: str, ipa: str | None, now: Pronunciation, otherwise: bool
) -> None:
    assert pronunciation_changed(source, ipa, now) is otherwise
