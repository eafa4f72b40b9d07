"""Each guard breaks alone, and holds where nothing got worse."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from worlds.harm import damaged_texts, general_states

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import DecisionPolicy, Policy
from tasks.domain.scoring.finding import Finder
from tasks.domain.scoring.metrics import Rate
from tasks.domain.split import Split
from tasks.domain.verdict.comparison import GuardSet, Pair, guard_set, score_pair
from tasks.domain.verdict.decide import decide
from tasks.domain.verdict.guards import check_guards, clinical_wer, general_wer
from tasks.domain.verdict.noninferiority import Guard
from tasks.domain.verdict.statistics import ALPHA, alpha_of_look

TERMS = [f"drug{n}" for n in range(40)]
REFERENCES = [f"do not give {term} five mg to the left arm" for term in TERMS]
CLIP = "the book was on the old table near the window"
BEFORE = "the book was on the cold table near the window"  # one error of the comparison model
LIMITS = DecisionPolicy()


def judged_rows(after: Sequence[str], before: Sequence[str] | None = None) -> Pair:
    """Forty rows whose term the comparison model missed, and what the candidate transcribed."""
    before = before or [text.replace("drug", "the ") for text in REFERENCES]
    return score_pair(REFERENCES, TERMS, before, after)


def speech(after: Sequence[str], before: str = BEFORE) -> GuardSet:
    """General clips of ten words, without voices."""
    pair = score_pair([CLIP] * len(after), [None] * len(after), [before] * len(after), after)
    return guard_set(pair, [None] * len(after))


SAME = speech([BEFORE] * 300 + [CLIP] * 100)


def states(
    both: Pair,
    general: GuardSet | None = SAME,
    limits: DecisionPolicy = LIMITS,
    other: Sequence[int] = (),
    look: int = 1,
) -> dict[str, str]:
    guards = check_guards(
        both, TERMS, other, Finder.of(TERMS), general, limits, alpha_of_look(look)
    )
    assert all(guard.passed == (guard.state == "held") for guard in guards)
    return {guard.name: guard.state for guard in guards}


def only(found: dict[str, str], state: str) -> list[str]:
    return [name for name, one in found.items() if one == state]


def guard_named(name: str, *given: Any, **more: Any) -> Guard:
    guards = check_guards(*given, alpha=ALPHA / 2, **more)
    return next(guard for guard in guards if guard.name == name)


def test_a_better_candidate_holds_every_guard() -> None:
    found = states(judged_rows(REFERENCES), other=range(40))
    assert only(found, "held") == list(found)
    assert set(found) == {
        "general_wer", "other_terms",
        "false_keywords_clinical", "empty_or_unknown_clinical", "critical_tokens_clinical",
        "false_keywords_general", "empty_or_unknown_general",
    }  # fmt: skip


WORSE = speech(["the book was on a cold table near the window"] * 400)
INVENTED = speech(["the book was on the drug7 table near the window"] * 20 + [CLIP] * 380)
LOST = judged_rows([text.replace("not ", "").replace("left", "light") for text in REFERENCES])
EMPTY = judged_rows([*REFERENCES[:20], *[f"{text} ⁇" for text in REFERENCES[20:]]])
FORGOTTEN = judged_rows([text.replace("drug", "the ") for text in REFERENCES], before=REFERENCES)
DRUG_SPOKEN = judged_rows([f"{text} drug{(n + 1) % 40}" for n, text in enumerate(REFERENCES)])
SILENT = speech([""] * 20 + [CLIP] * 380)


@pytest.mark.parametrize(
    ("name", "both", "general", "other"),
    [
        ("general_wer", judged_rows(REFERENCES), WORSE, ()),
        ("other_terms", FORGOTTEN, SAME, range(40)),
        ("false_keywords_clinical", DRUG_SPOKEN, SAME, ()),
        ("false_keywords_general", judged_rows(REFERENCES), INVENTED, ()),
        ("empty_or_unknown_clinical", EMPTY, SAME, ()),
        ("empty_or_unknown_general", judged_rows(REFERENCES), SILENT, ()),
        ("critical_tokens_clinical", LOST, SAME, ()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_harm_breaks_its_own_guard_and_rejects(
    row: Callable[..., ClinicalRow],
    name: str,
    both: Pair,
    general: GuardSet,
    other: Sequence[int],
) -> None:
    assert name in only(states(both, general, other=other), "broke")
    categories = ["lab" if n in other else "drug" for n in range(40)]
    rows = [
        row(term=term, text=text, entity_category=category)
        for term, text, category in zip(TERMS, REFERENCES, categories, strict=True)
    ]
    policy = Policy(decide=LIMITS)
    decision = decide(rows, Split((), tuple(range(40))), both, general, policy)
    assert decision.verdict == "reject"
    assert any(reason.startswith(f"Guard {name} broke: ") for reason in decision.reasons)


FEW = judged_rows(REFERENCES).at(range(10))


@pytest.mark.parametrize(
    ("name", "general", "note"),
    [
        (
            "general_wer",
            speech(
                [CLIP] * 5 + [BEFORE] * 10 + ["a book is on the cold table near the window"] * 5
            ),
            "clips show a rise below 10% at the next look; there are 20",
        ),
        (
            "false_keywords_general",
            speech([CLIP] * 300),
            "clips show a rise below 1% at the next look; there are 300",
        ),
        ("other_terms", SAME, "terms show a rise below 10% at the next look; there are 10"),
        ("false_keywords_clinical", SAME, "there are 10."),
        ("empty_or_unknown_clinical", SAME, "there are 10."),
        ("critical_tokens_clinical", SAME, "there are 10."),
    ],
)
def test_a_guard_with_too_little_to_see_its_limit_is_open_and_names_what_would_close_it(
    name: str, general: GuardSet, note: str
) -> None:
    rows = score_pair(REFERENCES[:10], TERMS[:10], REFERENCES[:10], REFERENCES[:10])
    guard = guard_named(name, rows, TERMS[:10], range(10), Finder.of(TERMS), general, LIMITS)
    assert guard.state == "open"
    assert not guard.passed
    assert note in guard.sentence


def test_without_general_speech_its_guard_is_open() -> None:
    guard = guard_named(
        "general_wer", judged_rows(REFERENCES), TERMS, (), Finder.of(TERMS), None, LIMITS
    )
    assert guard.state == "open"
    assert "General speech was not measured" in guard.sentence


def test_a_rise_within_the_limit_that_few_clips_cannot_prove_is_open() -> None:
    """400 clips show +4 %; the bound is above +10 %."""
    worse = ["a book was on a cold table near the window"] * 15
    better = [CLIP] * 17
    general = speech([*worse, *better, *[BEFORE] * 60])
    guard = guard_named(
        "general_wer", judged_rows(REFERENCES), TERMS, (), Finder.of(TERMS), general, LIMITS
    )
    assert guard.candidate is not None
    assert guard.upper is not None
    assert guard.limit is not None
    assert guard.candidate > guard.limit or guard.upper > guard.limit
    assert guard.state == "open"


def test_clips_that_all_name_a_voice_are_judged_by_voice() -> None:
    pair = SAME.pair
    by_voice = guard_set(pair, [f"v{n % 8}" for n in range(400)])
    guard = guard_named(
        "general_wer", judged_rows(REFERENCES), TERMS, (), Finder.of(TERMS), by_voice, LIMITS
    )
    assert (guard.unit, guard.units, guard.rows, guard.state) == ("voice", 8, 400, "held")
    two = guard_set(pair, [f"v{n % 2}" for n in range(400)])
    assert (two.unit, guard_set(pair, ["v", None] * 200).unit) == ("voice", "clip")


def test_clips_of_one_voice_leave_general_speech_open() -> None:
    one = guard_set(SAME.pair, ["v0"] * 400)
    guard = general_wer(one, 0.1)
    assert guard.state == "open"
    assert "All clips of general.jsonl are of one voice: add clips of others." in guard.sentence


def test_a_later_look_has_to_prove_more() -> None:
    """Forty terms without harm show 10 points at the first look, and not at the fifth."""
    first, fifth = (
        states(judged_rows(REFERENCES, REFERENCES), other=range(40), look=look) for look in (1, 5)
    )
    assert (first["other_terms"], fifth["other_terms"]) == ("held", "open")


def test_harm_to_clinical_rows_is_seen_beside_any_number_of_clips() -> None:
    many = speech([BEFORE] * 3_000 + [CLIP] * 1_000)
    assert states(EMPTY, many)["empty_or_unknown_clinical"] == "broke"


def test_general_speech_without_an_error_may_not_gain_any() -> None:
    worse = speech(["the old book was on"] * 10, before=CLIP)
    guard = guard_named(
        "general_wer", judged_rows(REFERENCES), TERMS, (), Finder.of(TERMS), worse, LIMITS
    )
    assert guard.state == "broke"


TRANSCRIPTS = Path(__file__).parents[3] / "data" / "published_recipe.jsonl"


def transcribed_demo() -> tuple[Pair, list[str], GuardSet]:
    """Transcripts of the reference base and of its fine-tune by the published recipe: held-out rows, their
    terms, and the guard set."""
    rows = [json.loads(line) for line in TRANSCRIPTS.read_text(encoding="utf-8").splitlines()]
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
    return held_out, terms, guard_set(general, [None] * len(speech))


def test_on_real_hypotheses_the_published_recipe_breaks_general_speech() -> None:
    test, terms, general = transcribed_demo()
    guards = check_guards(test, terms, (), Finder.of(terms), general, DecisionPolicy(), ALPHA / 2)
    found = {guard.name: guard.state for guard in guards}
    assert found["general_wer"] == "broke"
    broke = next(guard for guard in guards if guard.state == "broke")
    assert broke.comparison is not None
    assert broke.candidate is not None
    assert (round(broke.comparison, 3), round(broke.candidate, 3)) == (0.059, 0.135)
    assert sum(test.candidate.missed) < sum(test.comparison.missed)


def test_on_real_hypotheses_few_terms_leave_the_clinical_guards_open() -> None:
    test, terms, general = transcribed_demo()
    found = {
        guard.name: guard.state
        for guard in check_guards(
            test, terms, (), Finder.of(terms), general, DecisionPolicy(), ALPHA / 2
        )
    }
    assert len(set(terms)) < 36
    assert found["empty_or_unknown_clinical"] == "open"
    assert found["empty_or_unknown_general"] == "held"


@pytest.mark.parametrize(
    ("damage", "guard"),
    [
        (lambda text: text.replace("the ", "the insulin ", 1), "false_keywords_general"),
        (lambda text: f"{text} ⁇", "empty_or_unknown_general"),
        (
            lambda text: text.replace("no ", "").replace("right", "write"),
            "critical_tokens_general",
        ),
    ],
    ids=["false_keywords", "empty_or_unknown", "critical_tokens"],
)
def test_a_harm_done_to_real_hypotheses_of_the_base_breaks_its_own_guard(
    damage: Callable[[str], str], guard: str
) -> None:
    test, terms, general = transcribed_demo()
    transcripts = general.pair.comparison.texts
    pair = score_pair(
        general.pair.references,
        [None] * len(transcripts),
        transcripts,
        [damage(text) for text in transcripts],
    )
    same = score_pair(test.references, terms, test.comparison.texts, test.comparison.texts)
    limits = DecisionPolicy(general_wer_rise=100.0)
    guards = check_guards(
        same,
        terms,
        (),
        Finder.of(terms),
        guard_set(pair, [None] * len(transcripts)),
        limits,
        ALPHA / 2,
    )
    assert [one.name for one in guards if one.state == "broke"] == [guard]


def test_a_critical_word_that_is_invented_where_none_was_spoken_is_seen() -> None:
    references = [f"he has pain with {term}" for term in TERMS]
    invented = [text.replace("has", "has no") for text in references]
    pair = score_pair(references, TERMS, references, invented)
    assert states(pair)["critical_tokens_clinical"] == "broke"


DOSES = [f"give {term} 1.5 mg now" for term in TERMS]


def test_critical_words_are_a_guard_unless_the_policy_reports_them_alone() -> None:
    name = "critical_tokens_clinical"
    assert name in states(judged_rows(REFERENCES))
    assert name not in states(
        judged_rows(REFERENCES), limits=DecisionPolicy(critical_tokens="report")
    )


def test_a_lost_point_breaks_the_guard_of_critical_words() -> None:
    wrong = [text.replace("1.5", "15") for text in DOSES]
    pair = score_pair(DOSES, TERMS, DOSES, wrong)
    guard = guard_named("critical_tokens_clinical", pair, TERMS, (), Finder.of(TERMS), SAME, LIMITS)
    assert guard.state == "broke"
    assert (guard.units, guard.comparison) == (40, 0.0)


def test_a_dose_written_another_way_holds_the_guard() -> None:
    other = [text.replace("1.5 mg", "one point five milligrams") for text in DOSES]
    assert states(score_pair(DOSES, TERMS, DOSES, other))["critical_tokens_clinical"] == "held"


def test_a_dose_counts_as_one_critical_item() -> None:
    references = [f"give it 1.5 mg {number} times" for number in ["now"] * 40]
    after = [references[0].replace("1.5", "15"), *references[1:]]
    pair = score_pair(references, [None] * 40, references, after)
    guard = guard_named("critical_tokens_clinical", pair, TERMS, (), Finder.of(TERMS), SAME, LIMITS)
    assert guard.candidate == 1 / 40


def test_without_critical_words_there_is_no_such_guard() -> None:
    references = [f"give it now to {who}" for who in ["her", "him"] * 20]
    found = states(score_pair(references, [None] * 40, references, references))
    assert not [name for name in found if name.startswith("critical_tokens")]


def test_few_clips_with_critical_words_leave_their_guard_open_and_it_reports_how_many_it_takes() -> (
    None
):
    clips = ["take two of them", *[CLIP] * 399]
    pair = score_pair(clips, [None] * 400, clips, clips)
    general = guard_set(pair, [None] * 400)
    guard = guard_named(
        "critical_tokens_general",
        judged_rows(REFERENCES),
        TERMS,
        (),
        Finder.of(TERMS),
        general,
        LIMITS,
    )
    assert guard.state == "open"
    assert (
        "clips with a dose, number, unit, negation or left/right word show a rise below 10% at the next "
        "look; there are 1."
    ) in guard.sentence


def test_forty_clips_with_critical_words_hold_their_guard_beside_any_number_without() -> None:
    clips = [*["take two of them"] * 40, *[CLIP] * 400]
    pair = score_pair(clips, [None] * 440, clips, clips)
    found = states(judged_rows(REFERENCES), guard_set(pair, [None] * 440))
    assert found["critical_tokens_general"] == "held"


def beside(errors: Sequence[int], words: int = 10) -> list[Rate]:
    return [Rate(wrong, words) for wrong in errors]


def clinical(after: Sequence[int]) -> Guard:
    (guard,) = clinical_wer((beside([1] * 40), beside(after)), TERMS, 0.03, 0.025)
    return guard


def test_words_beside_the_term_hold_their_guard_where_they_are_as_before_and_break_it_garbled() -> (
    None
):
    same, garbled = clinical([1] * 40), clinical([8] * 40)
    assert (same.state, same.units, same.comparison) == ("held", 40, 0.1)
    assert garbled.state == "broke"
    assert clinical([3] * 4 + [1] * 36).state == "open"


def test_rows_that_are_a_term_alone_have_no_guard_of_words_beside_it() -> None:
    assert clinical_wer((beside([0] * 40, 0), beside([0] * 40, 0)), TERMS, 0.03) == []


def test_clips_that_are_all_alike_show_no_more_than_their_number_does() -> None:
    """Two clips with the same errors by both models: Student's t alone would bound nothing."""
    for clips, state in ((2, "open"), (400, "held")):
        general = speech([BEFORE] * clips)
        guard = general_wer(general, 0.1, 0.025)
        assert guard.state == state
        assert guard.upper is not None
        assert guard.upper > 0.1


def test_a_rise_of_general_wer_inside_its_margin_does_not_break_it() -> None:
    wer = [general_states(rise, 60) for rise in (0.08, 0.25)]
    assert float(wer[0][0].split()[0]) <= 0.05
    assert float(wer[1][0].split()[0]) >= 0.95


def test_a_boosted_word_that_is_no_term_is_seen_where_it_is_invented() -> None:
    decision = damaged_texts("invented", 1)
    assert decision.verdict == "reject"
    assert next(g for g in decision.guards if g.name == "false_keywords_clinical").state == "broke"
    assert decision.invented_sentence.startswith(
        "Boosted phrases written where nobody spoke them, before → after: zolvatrin in 0 → "
    )


def test_a_held_guard_of_false_keywords_reports_how_many_can_still_hide() -> None:
    guard = guard_named(
        "false_keywords_clinical",
        judged_rows(REFERENCES),
        TERMS,
        (),
        Finder.of(TERMS),
        SAME,
        LIMITS,
    )
    assert guard.state == "held"
    assert guard.sentence.endswith("At most 1 invented term in 11 rows can still hide.")


def test_where_fewer_terms_are_invented_than_before_none_hide() -> None:
    pair = judged_rows(REFERENCES, before=[f"zolvatrin {text}" for text in REFERENCES])
    known = Finder.of(["zolvatrin"])
    guard = guard_named("false_keywords_clinical", pair, TERMS, (), known, SAME, LIMITS)
    assert guard.state == "held"
    assert "hide" not in guard.sentence


@pytest.mark.parametrize("damage", ["garbled", "final"])
def test_what_better_terms_would_hide_is_not_kept(damage: str) -> None:
    """The words beside the terms garbled; or folds that are good, and a final model that is not."""
    decision = damaged_texts(damage, 1)
    assert decision.priority.relative_drop == 1.0
    assert decision.verdict == "reject"
    broke = {guard.name for guard in decision.guards if guard.state == "broke"}
    assert broke == {"clinical_wer" if damage == "garbled" else "final_model"}
