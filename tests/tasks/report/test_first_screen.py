"""The first screen counts phrases, marks harm, and names what was not tested."""

from __future__ import annotations

import re
from dataclasses import replace

from tasks.domain.decoding import GREEDY, DecodingConfig
from tasks.domain.policy import Policy
from tasks.domain.split import Split
from tasks.domain.verdict.against import AgainstBoosting
from tasks.domain.verdict.arms import Arm
from tasks.domain.verdict.audits import CriticalTokens
from tasks.domain.verdict.changes import ChangedTerm
from tasks.domain.verdict.comparison import GuardSet
from tasks.domain.verdict.decide import Decision, decide
from tasks.report.first_screen import Speech, Tile, first_screen
from tests.tasks.domain.verdict.judged import HELD, Maker, benchmark, general

COUNTED = {"number": CriticalTokens(103, 4, 9, 3, 1), "laterality": CriticalTokens(28, 0, 0, 1, 1)}
ERRORS = (
    "Left out or changed: numbers 4 → 9 of 103, left/right words 0 → 0 of 28; together 4 → 9.",
    "Invented: 4 → 2. Both together: 8 → 11.",
)


def decided(
    row: Maker, missed: list[list[int]], speech: GuardSet | None = HELD, category: str = "drug"
) -> Decision:
    """A decision on test rows that miss so, with this general speech."""
    rows, both = benchmark(row, missed, entity_category=category)
    decision = decide(rows, Split((), tuple(range(len(rows)))), both, speech, Policy())
    return replace(decision, evidence="synthetic (1 engine, 6 voices)")


def tiles_of(decision: Decision, *, spoken: bool = True) -> dict[str, Tile]:
    found = first_screen(decision, ("drug",), Speech(70, COUNTED, spoken=spoken))
    return {tile.title: tile for tile in found}


def test_the_first_screen_counts_phrases_and_names_the_speech(row: Maker) -> None:
    tiles = tiles_of(decided(row, [[1] * 70, [1] * 3 + [0] * 67]))
    assert [(tile.title, tile.figure, tile.state) for tile in tiles.values()] == [
        ("Drug names missed", "70 → 3 of 70", "held"),
        ("Tested on", "synthetic speech alone", "open"),
        ("Doses, numbers, negations, left/right words", "none newly changed", "held"),
        ("Ordinary speech", "4.0% → 4.0% of words wrong", "held"),
        ("Clinical terms missed, all kinds", "70 → 3 of 70", "held"),
    ]
    assert re.fullmatch(
        r"test phrases, \d+ different terms; 96% fewer, at least \d+% with 95% confidence\.",
        tiles["Drug names missed"].notes[0],
    )
    assert tiles["Ordinary speech"].notes == (
        "Within the limit of 4.4%, which no clinician has set.",
    )
    assert "Not known: how it transcribes people, patients among them." in tiles["Tested on"].notes


def test_harm_newly_missed_terms_and_what_was_not_tested_are_marked(row: Maker) -> None:
    worse = tiles_of(decided(row, [[1] * 60 + [0] * 10, [0] * 60 + [1] * 10], general(200, 300)))
    assert worse["Ordinary speech"].state == "broke"
    assert worse["Clinical terms missed, all kinds"].notes == (
        "test phrases; 10 of them newly missed.",
        "The new model misses most in drug names: 10 of 70.",
        "Terms written that nobody spoke: 0 → 0 of 70 phrases.",
        "Terms written that nobody spoke: 0 → 0 of 500 clips of ordinary speech.",
    )
    assert worse["Clinical terms missed, all kinds"].state == "open"
    unmeasured = tiles_of(decided(row, [[1] * 70, [0] * 70], None), spoken=False)
    assert (unmeasured["Ordinary speech"].figure, unmeasured["Ordinary speech"].state) == (
        "not measured",
        "open",
    )
    untested = unmeasured["Numbers, left/right words"]
    assert untested.state != "held", "what no phrase holds is not shown to be safe"
    none = tiles_of(decided(row, [[1] * 5, [0] * 5], category="lab"))
    assert none["Drug names missed"].figure == "none tested"


def test_a_measured_rise_that_is_allowed_is_not_shown_as_good(row: Maker) -> None:
    tiles = tiles_of(decided(row, [[1] * 70, [0] * 70], general(200, 201)))
    assert tiles["Ordinary speech"].state == "open"
    assert tiles["Ordinary speech"].notes[0].startswith("Worse, but within the limit of ")


def test_critical_items_are_counted_by_kind_and_kinds_that_nobody_spoke_are_named(
    row: Maker,
) -> None:
    tiles = tiles_of(decided(row, [[1] * 70, [0] * 70]))
    notes = tiles["Doses, numbers, negations, left/right words"].notes
    assert notes[-3:] == ("Not tested, as nobody spoke any: doses, units, negations.", *ERRORS)


def test_a_figure_that_needs_a_list_of_terms_names_it_and_what_the_list_alone_gives(
    row: Maker,
) -> None:
    decision = decided(row, [[1] * 70, [0] * 70])
    alternative = AgainstBoosting("boosted", 0.3, 0.0, 1.0, 0.001, None, 0.05, beaten=True)
    boosted = replace(decision, against_boosting=alternative)
    base, tuned = (
        Arm("", share, GREEDY, 15, ker, ker, 0, 0, None)
        for share, ker in ((None, 0.8), (0.5, 0.73))
    )
    chosen = replace(tuned, decoding=DecodingConfig(boost_alpha=1.0), priority_ker=0.1, chosen=True)
    tested = Speech(
        70,
        {},
        listed=True,
        random_words=True,
        arms=(base, chosen, tuned),
        validation=15,
        trained=23,
    )
    drugs, _, _, speech, _ = first_screen(boosted, ("drug",), tested)
    assert drugs.notes[1:] == (
        "The new model has a list of preferred terms (phrase boosting), the present one has none: with the "
        "new list it misses 21.",
        "Not tested: drug names that are not in the list.",
        "Without the list the new model misses 11 of 15 other phrases (validation), the present one 12.",
        "The new model was trained on 23 of these terms, in other phrases.",
    )
    assert speech.title == "Random words, for ordinary speech"
    both, *_ = first_screen(boosted, ("drug",), replace(tested, listed_before=True))
    assert "the present one has another: with the new list it misses 21." in both.notes[1]


def test_test_phrases_of_which_no_term_was_trained_are_named_so(row: Maker) -> None:
    decision = decided(row, [[1] * 70, [0] * 70])
    drugs, *_ = first_screen(decision, ("drug",), Speech(70, {}, trained=0))
    assert drugs.notes[-1] == "The new model was trained on none of these terms."


def test_phrases_whose_pronunciation_nobody_checked_are_counted(row: Maker) -> None:
    decision = decided(row, [[1] * 70, [0] * 70])
    notes = {
        unchecked: first_screen(
            decision, ("drug",), Speech(70, {}, unchecked=unchecked, phrases=380)
        )[1].notes
        for unchecked in (0, 300, 380)
    }
    assert [found[2:] for found in notes.values()] == [
        (),
        (
            "Nobody checked how the term is pronounced in 300 of all 380 phrases, trained ones included.",
        ),
        ("Nobody checked how any of the terms is pronounced.",),
    ]


def test_of_a_boosted_model_that_was_not_trained_no_figure_without_the_list_is_given(
    row: Maker,
) -> None:
    base = Arm("", None, GREEDY, 300, 0.8, 0.8, 0, 0, None)
    boosted = replace(base, decoding=DecodingConfig(boost_alpha=1.0), priority_ker=0.1, chosen=True)
    tested = Speech(70, {}, listed=True, arms=(base, boosted), validation=15)
    drugs, *_ = first_screen(decided(row, [[1] * 70, [0] * 70]), ("drug",), tested)
    assert drugs.notes[-1] == "Not tested: drug names that are not in the list."
    assert not any("Without the list" in note for note in drugs.notes)


def test_kinds_of_items_are_those_that_were_spoken_in_ordinary_speech_where_no_phrase_has_one(
    row: Maker,
) -> None:
    decision = decided(row, [[1] * 70, [0] * 70])
    rate = replace(
        decision.guards[0],
        name="critical_tokens_general",
        comparison=8 / 135,
        candidate=11 / 135,
        limit=0.159,
        counted=135,
    )
    measured = replace(decision, guards=(rate,))
    tile = tiles_of(measured, spoken=False)["Numbers, left/right words"]
    assert (tile.figure, tile.state) == ("8 → 11 of 135 wrong", "open")
    assert tile.notes[:-1] == (
        "in ordinary speech.",
        *ERRORS,
        "The 135 are 131 spoken, and 4 clips in which one was only invented.",
        "5.9% → 8.1%. Worse, but within the limit of 15.9%, which no clinician has set.",
        "Not tested, as nobody spoke any: doses, units, negations.",
    )
    before_it_was_counted = replace(decision, guards=(replace(rate, counted=None),))
    older = tiles_of(before_it_was_counted, spoken=False)["Numbers, left/right words"]
    assert older.figure == "5.9% → 8.1% wrong"
    unknown = replace(decision, guards=(replace(rate, comparison=None, candidate=None),))
    assert tiles_of(unknown, spoken=False)["Numbers, left/right words"].figure == "not tested"


def test_the_category_of_which_most_is_missed_is_named_by_share(row: Maker) -> None:
    drugs = decided(row, [[1] * 70, [1] * 7 + [0] * 63])
    scopes = {"drug": drugs.categories["drug"], "lab": replace(drugs.categories["drug"], rows=4)}
    missed = (*drugs.changes.still_missed, ChangedTerm("ferritin", "lab", 2))
    both = replace(drugs, categories=scopes, changes=replace(drugs.changes, still_missed=missed))
    assert (
        "The new model misses most in laboratory terms: 2 of 4."
        in tiles_of(both)["Clinical terms missed, all kinds"].notes
    )
    none = tiles_of(decided(row, [[1] * 70, [0] * 70]))["Clinical terms missed, all kinds"]
    assert not any(note.startswith("The new model misses most") for note in none.notes)
