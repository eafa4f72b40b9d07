"""The first screen counts phrases, marks harm and what was not tested, and names what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tasks.domain.decoding import GREEDY, DecodingConfig
from tasks.domain.policy import Policy
from tasks.domain.split import Split
from tasks.domain.verdict.against import AgainstBoosting
from tasks.domain.verdict.arms import Arm
from tasks.domain.verdict.audits import CriticalTokens
from tasks.domain.verdict.comparison import GuardSet
from tasks.domain.verdict.decide import Decision, decide
from tasks.records.stages import Approval
from tasks.report.first_screen import Speech, Tile, first_screen, next_steps
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.models import candidate_system
from tests.tasks.domain.verdict.judged import HELD, Maker, benchmark, general

COUNTED = {"number": CriticalTokens(103, 4, 9, 3, 1), "laterality": CriticalTokens(28, 0, 0, 1, 1)}


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
        ("Doses, numbers, negations, sides", "none newly changed", "held"),
        ("Ordinary speech", "40 → 40 wrong of 1,000 words", "held"),
        ("Clinical terms missed, all kinds", "70 → 3 of 70", "held"),
    ]
    assert "At least " in tiles["Drug names missed"].notes[1]
    assert tiles["Ordinary speech"].notes == (
        "No worse than allowed; the limit is 44, which no clinician has set.",
    )
    assert "Not known: how it transcribes people, patients among them." in tiles["Tested on"].notes


def test_harm_newly_missed_terms_and_what_was_not_tested_are_marked(row: Maker) -> None:
    worse = tiles_of(decided(row, [[1] * 60 + [0] * 10, [0] * 60 + [1] * 10], general(200, 300)))
    assert worse["Ordinary speech"].state == "broke"
    assert worse["Clinical terms missed, all kinds"].notes == (
        "test phrases; 10 of them newly missed.",
        "Worst in drug names: 10 of 70.",
        "Terms written that nobody spoke: 0 → 0 of 70 phrases.",
        "Terms written that nobody spoke: 0 → 0 of 500 clips of ordinary speech.",
    )
    assert worse["Clinical terms missed, all kinds"].state == "open"
    unmeasured = tiles_of(decided(row, [[1] * 70, [0] * 70], None), spoken=False)
    assert (unmeasured["Ordinary speech"].figure, unmeasured["Ordinary speech"].state) == (
        "not measured",
        "open",
    )
    untested = unmeasured["Numbers, sides"]
    assert untested.state != "held", "what no phrase holds is not shown to be safe"
    none = tiles_of(decided(row, [[1] * 5, [0] * 5], category="lab"))
    assert none["Drug names missed"].figure == "none tested"


@pytest.mark.parametrize(
    ("missed", "approval", "model", "last"),
    [
        ([[1] * 70, [0] * 70], None, "the new one", "Next command"),
        ([[1] * 70, [0] * 70], "waiting", "the present one", "To approve or decline"),
        ([[1] * 70, [0] * 70], "no", "the present one", "Next command"),
        ([[1] * 70, [1] * 70], None, "the present one", "Next command"),
    ],
)
def test_the_model_to_use_and_the_next_command_are_named(
    decoded: Callable[..., Cycle],
    row: Maker,
    missed: list[list[int]],
    approval: Approval | None,
    model: str,
    last: str,
) -> None:
    texts = [f"start metoprolol {n}" for n in range(3)]
    cycle = decoded([{"text": text} for text in texts], texts, texts)
    steps = next_steps(cycle, decided(row, missed), candidate_system(Run(cycle)), approval)
    assert list(steps) == ["Present model", "Model to use", "For a clinician", last]
    assert steps["Present model"] == "base.nemo, decoded by greedy"
    assert steps["Model to use"].endswith(f".nemo ({model})")
    assert ("adapted_model" in steps["Model to use"]) == (model == "the new one")
    assert str(cycle.root) in steps[last]


def test_a_measured_rise_that_is_allowed_is_not_shown_as_good(row: Maker) -> None:
    tiles = tiles_of(decided(row, [[1] * 70, [0] * 70], general(200, 201)))
    assert tiles["Ordinary speech"].state == "open"
    assert (
        tiles["Ordinary speech"]
        .notes[0]
        .startswith("Somewhat worse, within what this test tolerates; ")
    )


def test_critical_items_are_counted_by_kind_and_kinds_that_nobody_spoke_are_named(
    row: Maker,
) -> None:
    tiles = tiles_of(decided(row, [[1] * 70, [0] * 70]))
    notes = tiles["Doses, numbers, negations, sides"].notes
    assert notes[-2:] == (
        "Not tested, as nobody spoke any: doses, units, negations.",
        "Changed or left out: numbers 4 → 9 of 103, 3 → 1 invented; sides 0 → 0 of 28, 1 → 1 invented.",
    )


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
    assert drugs.notes[2:] == (
        "23 of these terms were trained, in other phrases.",
        "The new model has a list of preferred terms (phrase boosting), which these are in; drug names that "
        "are not in it were not tested.",
        "The list does part of it: the present model misses 21 with one.",
        "Without the list the new model misses 11 of 15 other phrases (validation), the present one 12.",
    )
    assert speech.notes[0] == "Words drawn at random, not sentences."


def test_phrases_whose_pronunciation_nobody_checked_are_counted(row: Maker) -> None:
    tested = Speech(70, {}, unchecked=300, phrases=380)
    _, evidence, *_ = first_screen(decided(row, [[1] * 70, [0] * 70]), ("drug",), tested)
    assert (
        "Nobody checked how the terms are pronounced in 300 of all 380 benchmark phrases."
        in evidence.notes
    )


def test_what_is_asked_of_a_clinician_is_on_the_first_screen(
    decoded: Callable[..., Cycle], row: Maker
) -> None:
    cycle = decoded([{"text": "start metoprolol"}], ["start metoprolol"], ["start metoprolol"])
    kept, system = decided(row, [[1] * 70, [0] * 70]), candidate_system(Run(cycle))
    recorded = replace(kept, evidence="synthetic, recorded (5 speakers)")
    asked = {
        name: next_steps(cycle, decision, system, approval)["For a clinician"].partition(".")[0]
        for name, decision, approval in (
            ("synthetic", kept, None),
            ("people", recorded, None),
            ("waiting", kept, "waiting"),
            ("declined", kept, "no"),
        )
    }
    assert asked == {
        "synthetic": "Nothing yet",
        "people": "Nothing",
        "waiting": "Approve or decline the new model, with the engineer who runs the command below",
        "declined": "Nothing",
    }
    steps = next_steps(cycle, kept, system, None, practice=True)
    assert steps["For a clinician"].startswith("Nothing: a practice model is not for a pilot.")
