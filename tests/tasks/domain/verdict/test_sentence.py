"""The first sentence of a verdict names what to do, and the reason that decided."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from tasks.domain.policy import Policy
from tasks.domain.split import Split
from tasks.domain.verdict.against import Alternative, Anchored
from tasks.domain.verdict.comparison import score_pair
from tasks.domain.verdict.decide import decide
from tasks.domain.verdict.evidence import with_evidence
from tasks.domain.verdict.sentence import BOOSTED, first_sentence, with_sentence
from tests.tasks.domain.verdict.judged import HELD, Decide, Maker, benchmark, general

ONES, ZEROS = [1] * 70, [0] * 70
POLICY = Policy()
PUBLISHED = Policy.model_validate({"split": {"group_by": "row"}, "decide": {"rule": "published"}})
REQUIRED = Policy.model_validate({"acceptance": "required"})
KEEP_OPEN = Policy.model_validate({"decide": {"open_guard": "keep"}})
SYNTHETIC = {"evidence": "synthetic (1 engine, 6 voices)"}


def test_a_kept_model_is_to_be_used_and_its_misses_are_counted(verdict_of: Decide) -> None:
    decision = replace(verdict_of(ONES, [1] * 3 + [0] * 67), **SYNTHETIC)
    assert first_sentence(decision, POLICY) == (
        "Use the new model: of 70 test phrases with drug names it misses 3, the present one 70; "
        "ordinary speech is no worse (synthetic speech alone)."
    )


def test_a_kept_model_has_its_new_errors_in_numbers_named(verdict_of: Decide) -> None:
    decision = verdict_of(ONES, ZEROS)
    counted = replace(
        decision.guards[0],
        name="critical_tokens_general",
        comparison=20 / 239,
        candidate=23 / 239,
        counted=239,
    )
    worse = replace(decision, guards=(*decision.guards, counted), **SYNTHETIC)
    assert first_sentence(worse, POLICY).endswith(
        "ordinary speech is no worse (synthetic speech alone); but of 239 numbers, negations and "
        "left/right words in ordinary speech it gets 23 wrong, the present one 20, within the limit."
    )
    as_before = replace(counted, candidate=20.1 / 239)
    better = replace(decision, guards=(*decision.guards, as_before))
    assert first_sentence(better, POLICY).endswith("ordinary speech is no worse.")


def test_the_sentence_is_the_first_reason(verdict_of: Decide) -> None:
    decision = verdict_of(ONES, ZEROS)
    stated = with_sentence(decision, POLICY)
    assert stated.reasons == (first_sentence(decision, POLICY), *decision.reasons)


@pytest.mark.parametrize(
    ("before", "after", "speech", "policy", "sentence"),
    [
        (ONES, ZEROS, general(200, 300), POLICY,
         "Do not use the new model: ordinary speech got worse: 40 → 60 wrong of 1,000 words; of 70 test "
         "phrases with drug names it misses 0, the present one 70."),
        ([0] * 6, [1] * 5 + [0], HELD, POLICY,
         "Do not use the new model: more doses, numbers, negations and left/right words are changed: "
         "0 → 5 of 6; of 6 test phrases with drug names it misses 5, the present one 0."),
        (ONES, ZEROS, None, POLICY,
         "Not decided: of 70 test phrases with drug names the new model misses 0, the present one 70, but "
         "it is not ruled out that ordinary speech got worse; add general speech (general.jsonl)."),
        (ONES, ZEROS, general(3, 3, 20), POLICY,
         "Not decided: of 70 test phrases with drug names the new model misses 0, the present one 70, but "
         "it is not ruled out that ordinary speech got worse, nor are 2 other harms; add about N clips "
         "of general speech."),
        (ONES, [1] * 65 + [0] * 5, HELD, POLICY,
         "Not decided: of 70 test phrases with drug names the new model misses 65, the present one 70, and "
         "20% fewer are asked for; add the terms that growth_plan.csv names."),
        ([1] * 10, [1] * 7 + [0] * 3, HELD, POLICY,
         "Not decided: of 10 test phrases with drug names the new model misses 7, the present one 10, "
         "which may be chance with so few terms or voices; add the terms that growth_plan.csv names."),
        (ZEROS, ZEROS, HELD, POLICY,
         "Not decided: of 70 test phrases with drug names the new model misses 0, the present one 0, so "
         "nothing can improve; make the benchmark harder."),
        (ONES, ZEROS, None, KEEP_OPEN,
         "Use the new model: of 70 test phrases with drug names it misses 0, the present one 70; it is not "
         "ruled out that ordinary speech got worse."),
        ([1] * 5, [1] * 5, None, PUBLISHED,
         "Use the new model: of 26 phrases with drug names it misses 5, the present one 26; by the published "
         "rule, which counts trained phrases and tests for no harm."),
    ],
    ids=["harm", "worse", "no guard set", "small guard set", "little", "chance", "nothing", "open", "rule"],
)  # fmt: skip
def test_the_reason_that_decided_comes_first(
    verdict_of: Decide,
    before: list[int],
    after: list[int],
    speech: Any,
    policy: Policy,
    sentence: str,
) -> None:
    found = first_sentence(verdict_of(before, after, speech, policy=policy), policy)
    assert re.sub(r"about [\d,]+", "about N", found) == sentence


def test_no_test_phrase_with_a_priority_term_asks_for_some(verdict_of: Decide) -> None:
    decision = verdict_of([1] * 5, [0] * 5, category="lab")
    assert first_sentence(decision, POLICY) == (
        "Not decided: no test phrase has drug names; add such phrases."
    )


def test_a_category_that_got_worse_is_named_where_there_are_several(row: Maker) -> None:
    rows, both = benchmark(row, [[1] * 30 + [0] * 8, [0] * 30 + [1] * 8])
    rows = [*rows[:30], *(r.model_copy(update={"entity_category": "lab"}) for r in rows[30:])]
    policy = Policy(priority_categories=("drug", "lab"))
    sentence = first_sentence(decide(rows, Split((), tuple(range(38))), both, HELD, policy), policy)
    assert sentence.startswith(
        "Do not use the new model: more laboratory terms are missed; of 38 test phrases with drug names "
        "and laboratory terms it misses 8, the present one 30"
    )


def test_harm_against_the_first_base_is_named_as_such(verdict_of: Decide, row: Maker) -> None:
    transcripts = benchmark(row, [[0] * 21 + ONES] * 2)[1].candidate.at(range(21, 91))
    anchor = Anchored([True], transcripts, general(400, 600, 700))
    decision = verdict_of(ONES, ZEROS, general(600, 600, 700), anchor=anchor)
    assert first_sentence(decision, POLICY).startswith(
        "Do not use the new model: ordinary speech got worse than with the first model: 57 → 86 wrong of "
    )


def test_a_gain_of_one_engine_alone_names_the_other(row: Maker) -> None:
    rows, both = benchmark(row, [[1] * 60 + [0] * 25 + [1] * 15, [0] * 60 + [0] * 26 + [1] * 14])
    rows = [
        r.model_copy(update={"voice_id": f"{'one' if n < 60 else 'two'}:{r.voice_id}"})
        for n, r in enumerate(rows)
    ]
    decision = decide(rows, Split((), tuple(range(100))), both, HELD, POLICY)
    assert "but the 40 phrases of the speech engine two show no gain; add the terms" in (
        first_sentence(decision, POLICY)
    )


def test_a_gain_that_boosting_alone_gives_is_called_so(verdict_of: Decide, row: Maker) -> None:
    boosted = benchmark(row, [[0] * 21 + [1] * 20 + [0] * 50] * 2)[1].candidate.at(range(21, 91))
    after = [1] * 30 + [0] * 40
    decision = verdict_of(ONES, after, alternative=Alternative("boosted", boosted))
    assert first_sentence(decision, POLICY) == (
        "Not decided: of 70 test phrases with drug names the new model misses 30, the present one 70, and "
        "with phrase boosting, which needs no training, 20; judge the boosted model."
    )
    kept = verdict_of(ONES, ZEROS)
    assert first_sentence(kept, POLICY, BOOSTED).startswith(
        "Use the present model with phrase boosting: of 70 test phrases with drug names it misses 0, the "
        "present one without it 70; "
    )


def test_a_changed_dose_is_in_the_sentence(row: Maker) -> None:
    rows = [row(term="warfarin", text="warfarin 1.5 mg", audio_filepath=f"{n}.wav") for n in "ab"]
    texts = [one.text for one in rows]
    pair = score_pair(texts, ["warfarin"] * 2, texts, ["warfarin 15 mg", texts[1]])
    decision = decide(rows, Split((), (0, 1)), pair, None, POLICY)
    assert "; newly changed is a dose in 1 phrase; make " in first_sentence(decision, POLICY)


def test_people_speech_that_does_not_show_it_is_named(verdict_of: Decide, row: Maker) -> None:
    rows, pair = benchmark(row, [ONES, ZEROS])
    mixed = [
        r.model_copy(update={"source": "recorded"}) if n < 2 else r for n, r in enumerate(rows)
    ]
    kept = with_evidence(verdict_of(ONES, ZEROS), mixed, pair, None, POLICY)
    assert first_sentence(kept, POLICY).endswith(
        "(synthetic speech; not shown on people's speech)."
    )
    asked = with_evidence(verdict_of(ONES, ZEROS), rows, pair, None, REQUIRED)
    assert first_sentence(asked, REQUIRED) == (
        "Not decided: of 70 test phrases with drug names the new model misses 0, the present one 70, but "
        "not shown on people's speech (synthetic speech alone); add recordings of people."
    )


@pytest.mark.parametrize(
    ("answer", "start"),
    [
        ("waiting", "Use the new model once a person approves it: of 70 "),
        ("yes", "Use the new model: of 70 "),
        ("no", "Do not use the new model: a person declined it. Its verdict: of 70 "),
    ],
)
def test_a_person_s_answer_decides_what_to_do(verdict_of: Decide, answer: Any, start: str) -> None:
    assert first_sentence(verdict_of(ONES, ZEROS), POLICY, answer=answer).startswith(start)


def test_an_override_is_named_before_the_verdict(verdict_of: Decide) -> None:
    decision = replace(verdict_of(ONES, ZEROS, None), override="Approved by override by Dr. A.")
    assert first_sentence(decision, POLICY, answer="yes").startswith(
        "Use the new model: a person decided so against the verdict, which is: not decided: of 70 test "
    )
