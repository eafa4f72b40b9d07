"""Each guard breaks alone, and holds where nothing got worse."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import DecisionPolicy, Policy
from tasks.domain.split import Split
from tasks.domain.verdict.comparison import Pair, score_pair
from tasks.domain.verdict.critical import critical_errors, critical_words
from tasks.domain.verdict.decide import decide
from tasks.domain.verdict.guards import Guard, check_guards, keywords

TERMS = [f"drug{n}" for n in range(40)]
SAID = [f"do not give {term} five mg to the left arm" for term in TERMS]
CLIP = "the book was on the old table near the window"


def held_out(after: Sequence[str]) -> Pair:
    """Forty rows whose term the comparison model missed, and what the candidate heard."""
    return score_pair(SAID, TERMS, [text.replace("drug", "the ") for text in SAID], after)


def speech(
    after: Sequence[str], before: str = "the book was on the cold table near the window"
) -> Pair:
    """General clips of ten words, each with one error of the comparison model."""
    return score_pair([CLIP] * len(after), [None] * len(after), [before] * len(after), after)


SAME = speech(["the book was on the cold table near the window"] * 100)


def broken(both: Pair, general: Pair | None, **limits: str) -> list[str]:
    guards = check_guards(both, TERMS, TERMS, general, DecisionPolicy.model_validate(limits))
    return [guard.name for guard in guards if not guard.passed]


def test_a_better_candidate_breaks_no_guard() -> None:
    assert broken(held_out(SAID), SAME, critical_tokens="guard") == []


def test_general_wer_breaks_alone() -> None:
    worse = speech(["the book was on a cold table near the window"] * 100)
    assert broken(held_out(SAID), worse, critical_tokens="guard") == ["general_wer"]


def test_false_keywords_break_alone() -> None:
    """A model that hears drug names in general speech has fewer misses, and does harm."""
    invented = speech(["the book was on the drug7 table near the window"] * 10 + [CLIP] * 90)
    assert broken(held_out(SAID), invented, critical_tokens="guard") == ["false_keywords"]


def test_critical_tokens_break_alone_and_only_when_the_policy_says_so() -> None:
    lost = held_out([text.replace("not ", "").replace("left", "light") for text in SAID])
    assert broken(lost, SAME, critical_tokens="guard") == ["critical_tokens"]
    assert broken(lost, SAME) == []


def test_empty_or_unknown_breaks_alone() -> None:
    collapsed = [*SAID[:20], *[f"{text} ⁇" for text in SAID[20:]]]
    assert broken(held_out(collapsed), SAME, critical_tokens="guard") == ["empty_or_unknown"]


@pytest.mark.parametrize(
    ("both", "general"),
    [
        (held_out(SAID), speech(["the book was on a cold table near the window"] * 100)),
        (held_out(SAID), speech(["the book was on the drug7 table near the window"] * 100)),
        (held_out([*SAID[:20], *[f"{text} ⁇" for text in SAID[20:]]]), SAME),
    ],
    ids=["general_wer", "false_keywords", "empty_or_unknown"],
)
def test_a_broken_guard_rejects_a_candidate_that_hears_every_term(
    row: Callable[..., ClinicalRow], both: Pair, general: Pair
) -> None:
    rows = [row(term=term, text=text) for term, text in zip(TERMS, SAID, strict=True)]
    decision = decide(rows, Split((), tuple(range(40)), ()), both, general, Policy())
    assert decision.priority.relative_drop == 1.0
    assert decision.verdict == "reject"


def test_a_rise_that_may_be_chance_is_said_and_does_not_break() -> None:
    after = (
        [CLIP] * 4 + ["a book is in a bold table by my room"] * 2 + [SAME.comparison.texts[0]] * 14
    )
    guard = general_guard(speech(after))
    assert guard.passed
    assert guard.candidate > guard.limit
    assert "above it but not significantly (p = 0." in guard.sentence


def test_a_set_too_small_to_see_its_limit_says_so() -> None:
    after = (
        [CLIP] * 3
        + ["a book was on a cold table near the window"] * 3
        + [SAME.comparison.texts[0]] * 14
    )
    sentence = general_guard(speech(after)).sentence
    assert "20 clips show a rise of" in sentence
    assert "not one of 10%: add clips." in sentence


def test_general_speech_without_an_error_may_not_gain_any() -> None:
    assert not general_guard(speech(["the old book was on"] * 5, before=CLIP)).passed


def general_guard(general: Pair) -> Guard:
    guards = check_guards(held_out(SAID), TERMS, TERMS, general, DecisionPolicy())
    return next(guard for guard in guards if guard.name == "general_wer")


def test_without_general_speech_the_benchmark_rows_are_guarded_still() -> None:
    assert broken(held_out([""] * 40), None) == ["empty_or_unknown"]


def test_a_term_is_found_whole_and_in_any_case() -> None:
    terms = frozenset({"mitral valve", "insulin"})
    assert keywords("MITRAL valve; insulins", terms) == {"mitral valve"}


def test_words_that_change_care_are_told_by_kind() -> None:
    assert critical_words("Don't give 0.5 ml twice, RIGHT eye") == [
        "negation", "number", "unit", "number", "laterality",
    ]  # fmt: skip


def test_a_lost_dose_is_counted_where_the_alignment_puts_it() -> None:
    assert critical_errors(["give ten units", "", "no pain"], ["give units", "ten", "no pain"]) == [
        {"number": 1}, {}, {},
    ]  # fmt: skip


HEARD = Path(__file__).parents[3] / "data" / "published_recipe.jsonl"


def really_heard() -> tuple[Pair, list[str], Pair]:
    """What the reference base and its fine-tune by the published recipe heard: held-out rows, their
    terms, and the guard set."""
    rows = [json.loads(line) for line in HEARD.read_text(encoding="utf-8").splitlines()]
    clinical, speech = (
        [row for row in rows if ("term" in row) is wanted] for wanted in (True, False)
    )
    terms = [row["term"] for row in clinical]
    held_out, general = (
        score_pair(
            [row["text"] for row in part],
            [row.get("term") for row in part],
            [row["base"] for row in part],
            [row["candidate"] for row in part],
        )
        for part in (clinical, speech)
    )
    return held_out, terms, general


def test_on_real_hypotheses_the_published_recipe_breaks_general_speech_alone() -> None:
    held_out, terms, general = really_heard()
    guards = check_guards(held_out, terms, terms, general, DecisionPolicy())
    assert {guard.name: guard.passed for guard in guards} == {
        "general_wer": False,
        "false_keywords": True,
        "empty_or_unknown": True,
    }
    (broke,) = (guard for guard in guards if not guard.passed)
    assert (round(broke.comparison, 3), round(broke.candidate, 3)) == (0.06, 0.135)
    assert sum(held_out.candidate.missed) < sum(held_out.comparison.missed)


@pytest.mark.parametrize(
    ("damage", "guard"),
    [
        (lambda text: text.replace("the ", "the insulin ", 1), "false_keywords"),
        (lambda text: f"{text} ⁇", "empty_or_unknown"),
        (lambda text: text.replace("no ", "").replace("right", "write"), "critical_tokens"),
    ],
    ids=["false_keywords", "empty_or_unknown", "critical_tokens"],
)
def test_a_harm_done_to_real_hypotheses_of_the_base_breaks_its_own_guard(
    damage: Callable[[str], str], guard: str
) -> None:
    held_out, terms, general = really_heard()
    harmed = [damage(text) for text in general.comparison.texts]
    both = score_pair(general.references, [None] * len(harmed), general.comparison.texts, harmed)
    same = score_pair(
        held_out.references, terms, held_out.comparison.texts, held_out.comparison.texts
    )
    limits = DecisionPolicy(critical_tokens="guard", general_wer_rise=100.0)
    guards = check_guards(same, terms, terms, both, limits)
    assert [one.name for one in guards if not one.passed] == [guard]
