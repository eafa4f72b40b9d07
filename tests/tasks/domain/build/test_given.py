"""What people gave as IPA counts in one order, and what an engine cannot say of it is a fault."""

from __future__ import annotations

import pytest

from tasks.domain.build.given import GivenIpa
from tasks.domain.build.pronunciation import read_overrides
from tasks.domain.build.terms import Term

FILE, TERMS = "pronunciation_overrides.csv", "terms.csv"
HEAD = "term,ipa,verified_by,verified_at,notes\n"
LETTERS = set("abdefhijklmnopɹstuvwzæɑɔəɛɡɪʃʊʌʒ")


def given(*lines: str, terms: tuple[Term, ...] = ()) -> GivenIpa:
    overrides, faults = read_overrides(HEAD + "\n".join(lines), FILE)
    assert faults == []
    return GivenIpa(TERMS, terms, overrides)


def test_an_override_counts_over_the_list_of_terms() -> None:
    terms = (Term("Timolol", "drug", "tɪ"), Term("heparin", "drug", "hɛ"), Term("INR", "lab"))
    assert given("timolol,ˈtɪm,Ada,now,", terms=terms).ipa == {"timolol": "ˈtɪm", "heparin": "hɛ"}


def test_a_symbol_that_the_engine_lacks_is_named_with_its_line() -> None:
    found = given("loch,lɑx,Ada,now,", "loch,lɑχ,Ada,now,", "man,mæn,Ada,now,")
    (fault,) = found.faults("magpie", LETTERS)
    assert str(fault) == f"{FILE}:3: ipa: magpie cannot say χ of 'lɑχ'"


def test_one_of_the_list_of_terms_is_named_with_its_term_unless_it_is_overridden() -> None:
    terms = (Term("loch", "anatomy", "lɑχ"),)
    (fault,) = given(terms=terms).faults("magpie", LETTERS)
    assert str(fault) == f"{TERMS}: ipa: magpie cannot say χ of 'lɑχ', loch"
    assert given("loch,lɑk,Ada,now,", terms=terms).faults("magpie", LETTERS | {"k"}) == []


@pytest.mark.parametrize("inventory", [None, frozenset()])
def test_an_engine_that_takes_any_ipa_or_none_finds_no_fault(
    inventory: frozenset[str] | None,
) -> None:
    assert given("loch,lɑχ,Ada,now,").faults("kokoro", inventory) == []
