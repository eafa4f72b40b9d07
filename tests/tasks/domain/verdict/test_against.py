"""A candidate is held against the first base as well, and against what boosting alone gives."""

from __future__ import annotations

import pytest
from worlds.against import chain, kept_beside_boosting

from tasks.domain.policy import Policy
from tasks.domain.verdict.against import Alternative, Anchored, alpha_of_anchor
from tasks.domain.verdict.comparison import GuardSet, ScoredHypotheses
from tasks.domain.verdict.decide import Accepted
from tests.tasks.domain.verdict.judged import Decide, Maker, benchmark, general

MISSED, RIGHT = [1] * 70, [0] * 70


def transcripts(row: Maker, missed: list[int]) -> ScoredHypotheses:
    """What another system transcribed of the 70 test rows."""
    return benchmark(row, [[0] * 21 + missed] * 2)[1].candidate.at(range(21, 21 + len(missed)))


def speech(wrong_first: int, wrong_before: int, wrong_after: int) -> tuple[GuardSet, GuardSet]:
    """General speech against the comparison model, and against the first base."""
    return general(wrong_before, wrong_after, 700), general(wrong_first, wrong_after, 700)


def test_candidates_that_are_not_held_spend_no_more_than_five_in_a_hundred_together() -> None:
    """However many are held between them, which spend nothing."""
    spent = [alpha_of_anchor([True] * number + [False] * number) for number in range(40)]
    assert min(spent) > 0
    assert sum(spent) <= 0.05


def test_harm_that_adds_up_over_champions_is_seen_against_the_first_base(
    verdict_of: Decide, row: Maker
) -> None:
    """Against the champion 600 → 600 wrong words; the first base had 400."""
    champion, first = speech(400, 600, 600)
    anchor = Anchored([True, True], transcripts(row, MISSED), first)
    assert verdict_of(MISSED, RIGHT, champion).verdict == "keep"
    decision = verdict_of(MISSED, RIGHT, champion, anchor=anchor)
    assert decision.verdict == "reject"
    assert "Against the first base: guard general_wer broke: 0.057 → 0.086" in "\n".join(
        decision.reasons
    )
    assert {guard.state for guard in decision.guards} == {"held"}


def test_recorded_speech_is_judged_at_the_level_of_the_look_alone(
    verdict_of: Decide, row: Maker
) -> None:
    """It is no guard against the first base, and the gate counts its terms at that level."""
    accepted = Accepted(*benchmark(row, [[1] * 40, [0] * 40]))
    decision = verdict_of(MISSED, RIGHT, anchor=Anchored([False]), accepted=accepted)
    levels = {guard.name: guard.confidence for guard in decision.guards}
    assert (levels["acceptance"], levels["general_wer"]) == (0.975, 0.9875)


def test_what_is_open_against_the_first_base_alone_grows_and_reports_it(
    verdict_of: Decide, row: Maker
) -> None:
    champion, first = speech(275, 300, 300)
    anchor = Anchored([True, True], transcripts(row, MISSED), first)
    decision = verdict_of(MISSED, RIGHT, champion, anchor=anchor)
    assert decision.verdict == "grow"
    found = [one for one in decision.reasons if one.startswith("Against the first base: guard")]
    assert len(found) == 1
    assert found[0].startswith("Against the first base: guard general_wer is open: 0.039 → 0.043")
    assert decision.against_anchor is not None
    assert decision.against_anchor.candidate == 3
    guards = len(decision.against_anchor.guards)
    assert decision.against_anchor.sentence.startswith(
        f"Against the first base, as candidate 3: {guards - 1} of {guards} guards held with 97.5 % "
    )


def test_what_was_not_measured_is_named_once(verdict_of: Decide, row: Maker) -> None:
    anchor = Anchored([True], transcripts(row, MISSED))
    decision = verdict_of(MISSED, RIGHT, None, anchor=anchor)
    assert "\n".join(decision.reasons).count("General speech was not measured") == 1


def test_one_bound_serves_while_the_first_base_is_the_comparison_model(verdict_of: Decide) -> None:
    decision = verdict_of(MISSED, RIGHT, general(300, 300, 700), anchor=Anchored())
    assert decision.verdict == "keep"
    assert decision.against_anchor is not None
    assert decision.against_anchor.is_comparison
    assert decision.against_anchor.figures.startswith("general_wer 0.043 → 0.043 held; ")
    assert {guard.confidence for guard in decision.guards} == {0.975}
    assert not [reason for reason in decision.reasons if "first base" in reason]


def test_each_candidate_that_was_not_held_halves_the_level_on_new_rows_too(
    verdict_of: Decide,
) -> None:
    decision = verdict_of(MISSED, RIGHT, anchor=Anchored([False, True, False]))
    assert {guard.confidence for guard in decision.guards} == {1 - 0.00625}


def test_a_fine_tune_that_is_no_better_than_boosting_is_not_kept(
    verdict_of: Decide, row: Maker
) -> None:
    boosted = Alternative("the base, beam boosted 1", transcripts(row, [1] * 20 + [0] * 50))
    decision = verdict_of(MISSED, [1] * 30 + [0] * 40, alternative=boosted)
    assert decision.verdict == "grow"
    assert decision.reasons[1].startswith(
        "The gain is boosting's: against the base, beam boosted 1, which needs no training, priority "
        "KER 0.286 → 0.429 (p = 1.000 over terms"
    )
    assert decision.reasons[1].endswith("The boosted model is judged as the system to keep.")
    assert decision.next == "The boosted comparison model is judged as the system to keep."
    assert decision.against_boosting is not None
    assert decision.against_boosting.is_judged


def test_a_fine_tune_that_beats_boosting_is_kept(verdict_of: Decide, row: Maker) -> None:
    boosted = Alternative("the base, beam boosted 1", transcripts(row, [1] * 20 + [0] * 50))
    decision = verdict_of(MISSED, RIGHT, alternative=boosted)
    assert decision.verdict == "keep"
    assert decision.against_boosting is not None
    assert decision.against_boosting.beaten
    assert decision.reasons[1].startswith(
        "Against the base, beam boosted 1, which needs no training:"
    )


def test_boosting_is_not_judged_for_a_fine_tune_that_gains_nothing(
    verdict_of: Decide, row: Maker
) -> None:
    boosted = Alternative("the base, beam boosted 1", transcripts(row, [1] * 20 + [0] * 50))
    decision = verdict_of(MISSED, MISSED, alternative=boosted)
    assert decision.verdict == "grow"
    assert decision.against_boosting is not None
    assert not decision.against_boosting.is_judged
    assert "boosting" not in " ".join(decision.reasons)


def test_with_folds_boosting_has_to_be_beaten_and_is_not_judged(
    verdict_of: Decide, row: Maker
) -> None:
    every = [1] * 21 + MISSED
    boosted = Alternative(
        "the base, beam boosted 1", benchmark(row, [every, [0] * 91])[1].candidate
    )
    decision = verdict_of(MISSED, RIGHT, folds=[1] * 20 + [0] * 71, alternative=boosted)
    assert decision.verdict == "grow"
    assert decision.against_boosting is not None
    assert not decision.against_boosting.is_judged
    assert "With folds the rows that chose the boosting would judge it" in decision.reasons[1]


def test_the_published_rule_knows_neither(verdict_of: Decide, row: Maker) -> None:
    published = {"decide": {"rule": "published"}, "split": {"group_by": "row"}}
    decision = verdict_of(MISSED, RIGHT, policy=Policy.model_validate(published))
    assert (decision.against_anchor, decision.against_boosting) == (None, None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rises", "clips"),
    [({"general_rise": 0.05}, 2_000), ({"other_rise": 0.03}, 2_000)],
)
def test_ten_champions_that_are_each_a_little_worse_stay_within_ten_percent(
    rises: dict[str, float], clips: int
) -> None:
    last = chain(101, clips=clips, **rises)
    assert last.general <= 1.1 + 1e-9
    assert last.other <= 0.1 + 1e-9


@pytest.mark.slow
def test_a_fine_tune_is_kept_beside_boosting_only_where_it_is_better() -> None:
    assert sum(kept_beside_boosting(seed, 0.4) for seed in range(100, 120)) == 0
    assert sum(kept_beside_boosting(seed, None) for seed in range(100, 120)) <= 2
    assert sum(kept_beside_boosting(seed, 0.1) for seed in range(100, 110)) == 10
