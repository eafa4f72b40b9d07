"""What was corrected becomes terms: aligned, counted, its spelling variants one, beside those listed."""

from __future__ import annotations

import pytest

from tasks.benchmark.corrections import Correction
from tasks.benchmark.suggestions import (
    KnownTerm,
    Suggestion,
    corrected_terms,
    read_suggestions,
    suggest,
    with_categories,
)
from tasks.domain.manifest import Category

CATEGORIES: dict[str, Category] = {"warfarin": "drug", "beta blocker": "drug"}


def suggested(
    *pairs: tuple[str, str], known: tuple[KnownTerm, ...] = ()
) -> tuple[list[Suggestion], list[int]]:
    lines = [Correction(n, *pair) for n, pair in enumerate(pairs, 2)]
    found, refused = suggest(lines, CATEGORIES, known, {"know", "now"})
    return found, [one.line for one in refused]


@pytest.mark.parametrize(
    ("transcript", "meant", "terms"),
    [
        ("war fair in", "warfarin", [("war fair in", "warfarin")]),
        ("stop the war fair in now", "stop the warfarin now", [("war fair in", "warfarin")]),
        ("5 mg of war fair in", "5 mg of warfarin.", [("war fair in", "warfarin")]),
        ("beta block her", "beta blocker", [("beta block her", "beta blocker")]),
        ("shortness of breadth", "shortness of breath", [("shortness of breadth", "shortness of breath")]),
        ("tie 2 diabetes", "type 2 diabetes", [("tie 2 diabetes", "type 2 diabetes")]),
        ("war fair in and a pics a ban", "warfarin and apixaban",
         [("war fair in", "warfarin"), ("a pics a ban", "apixaban")]),
        ("warfarin and a pics a ban", "warfarin and apixaban", [("a pics a ban", "apixaban")]),
        ("haemoglobin a one c", "hemoglobin A1c", []),
        ("the", "the warfarin", [("", "warfarin")]),
        ("the warfarin", "the", []),
    ],
)  # fmt: skip
def test_the_words_that_differ_are_aligned_and_those_beside_a_term_are_left_out(
    transcript: str, meant: str, terms: list[tuple[str, str]]
) -> None:
    assert corrected_terms(transcript, meant) == terms


def test_spelling_variants_are_one_term_under_its_commonest_spelling() -> None:
    variants = ["beta blocker", "Beta-blocker", "beta-blocker", "beta-blocker", "betablocker"]
    found, refused = suggested(*(("beater block", one) for one in variants))
    assert refused == []
    assert found == [Suggestion("beta-blocker", "drug", 5, ("beater block (5)",))]


def test_a_spelling_that_joins_two_groups_makes_them_one() -> None:
    found, _ = suggested(
        ("x", "alpha betagamma"), ("y", "alphabeta gamma"), ("z", "alpha beta gamma")
    )
    assert [(one.term, one.count) for one in found] == [("alpha betagamma", 3)]


def test_terms_are_in_the_order_of_their_counts_and_transcripts_too() -> None:
    found, _ = suggested(
        ("a", "aspirin"),
        ("war far inn", "warfarin"),
        ("far in", "warfarin"),
        ("far in", "warfarin"),
    )
    assert [one.cells for one in found] == [
        ("warfarin", "drug", "3", "far in (2) | war far inn (1)", "new"),
        ("aspirin", "", "1", "a (1)", "new"),
    ]


def test_a_term_that_the_benchmark_has_is_named_as_it_has_it() -> None:
    known = (KnownTerm("Coumadin", "drug", ("warfarin",)),)
    found, _ = suggested(("war far inn", "Warfarin"), known=known)
    assert found == [Suggestion("Coumadin", "drug", 1, ("war far inn (1)",), "listed")]


def test_ordinary_words_doses_and_what_is_written_another_way_name_no_term() -> None:
    found, refused = suggested(("no", "know"), ("15 mg", "1.5 mg"), ("5 f u", "5-FU"), ("a", "½ €"))
    assert (found, refused) == ([], [2, 3, 4, 5])


def test_what_a_person_wrote_into_the_table_stays() -> None:
    before = [
        Suggestion("Aspirin", "drug", 1, ("a (1)",)),
        Suggestion("timolol", "", 4, ("b (4)",)),
    ]
    found = [
        Suggestion("aspirin", "", 2, ("a (2)",)),
        Suggestion("warfarin", "drug", 1, ("c (1)",)),
    ]
    assert with_categories(found, before) == [
        Suggestion("aspirin", "drug", 2, ("a (2)",)), found[1], before[1],
    ]  # fmt: skip


def test_a_table_is_read_as_it_was_written_and_a_wrong_category_is_a_fault() -> None:
    head = "term,entity_category,count,transcribed_as,state\n"
    found, faults = read_suggestions(
        f"{head}aspirin,,2,a (1) | b (1),new\nINR,lab,1,,listed\n", "s"
    )
    assert faults == []
    assert found == [
        Suggestion("aspirin", "", 2, ("a (1)", "b (1)")), Suggestion("INR", "lab", 1, (), "listed"),
    ]  # fmt: skip
    _, faults = read_suggestions(f"{head}aspirin,drugs,2,,new\ntimolol,drug,many,,new\n", "s")
    assert [(one.line, one.field) for one in faults] == [(2, "entity_category"), (3, "count")]
