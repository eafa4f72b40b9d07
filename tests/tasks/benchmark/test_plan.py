"""Rows are spread over sentences, voices and conditions, the same in any order of terms."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tasks.benchmark.conditions import Condition
from tasks.benchmark.plan import (
    PlannedRow,
    Sources,
    Voice,
    WantedRows,
    context_faults,
    in_another_voice,
    plan_rows,
    rows_short,
    sentences_of,
)
from tasks.benchmark.sentences import Sentence
from tasks.benchmark.terms import NamedTerms, Term
from tasks.domain.policy import BuildPolicy
from tasks.domain.scoring.normalize import normalize

TERMS = [Term(f"drug{number}", "drug") for number in range(30)]
CONTEXTS = BuildPolicy().contexts
CONDITIONS = tuple(map(Condition.of, BuildPolicy().noise_levels))


def sources(**changes: Any) -> Sources:
    fields: dict[str, Any] = {
        "contexts": CONTEXTS, "voices": [Voice("espeak", f"v{n}") for n in range(6)],
        "conditions": CONDITIONS, "sentences": [], "seed": 1,
        "names": NamedTerms.of(term.term for term in TERMS),
    }  # fmt: skip
    return Sources(**fields | changes)


def rows_of(terms: list[Term], rows: int = 8, **changes: Any) -> list[PlannedRow]:
    return plan_rows([WantedRows(term, rows) for term in terms], [], sources(**changes))


def test_every_term_gets_its_rows_spread_over_contexts_voices_and_noise() -> None:
    rows = rows_of(TERMS)
    for term in TERMS:
        own = [row for row in rows if row.term == term]
        assert len(own) == len({row.key for row in own}) == 8
        assert Counter(row.context_type for row in own) == dict.fromkeys(CONTEXTS, 2)
        assert set(Counter(row.voice for row in own).values()) == {1, 2}
        assert set(Counter(row.condition for row in own).values()) <= {2, 3}
    for counts in (Counter(row.voice for row in rows), Counter(row.condition for row in rows)):
        assert max(counts.values()) < 1.3 * min(counts.values())


def test_voice_and_noise_of_a_benchmark_are_not_in_step() -> None:
    pairs = Counter((row.voice, row.condition) for row in rows_of(TERMS))
    assert len(pairs) == 18
    assert max(pairs.values()) < 4 * min(pairs.values())


def test_another_order_of_terms_and_other_terms_beside_it_change_no_row_of_a_term() -> None:
    rows = rows_of(TERMS)
    assert rows_of(TERMS[::-1]) == rows
    assert rows_of(TERMS[:3]) == [row for row in rows if row.term in TERMS[:3]]


def test_another_seed_is_another_plan() -> None:
    assert rows_of(TERMS[:3], seed=2) != rows_of(TERMS[:3])


def test_rows_that_are_carried_over_are_not_planned_again() -> None:
    before = rows_of(TERMS[:1])
    carried = {row.key for row in before}
    after = plan_rows([WantedRows(TERMS[0], 5)], carried, sources())
    assert len(after) == 5
    assert not {one.key for one in after} & carried


def test_conditions_of_one_noise_level_are_not_taken_for_each_other() -> None:
    condition = Condition("pink", 5.0)
    others = (Condition("babble", 5.0), Condition("pink", 5.0, band="telephone"))
    voices = [Voice("espeak", "v")]
    before = rows_of(TERMS[:1], 400, voices=voices, conditions=[condition])
    carried = {row.key for row in before}
    harder = sources(voices=voices, conditions=others)
    assert len(plan_rows([WantedRows(TERMS[0], 400)], carried, harder)) == 2 * len(before)


def test_what_a_growth_plan_names_is_all_that_is_taken() -> None:
    wanted = WantedRows(TERMS[0], 4, ("history",), ("snr_5db",))
    rows = plan_rows([wanted], [], sources())
    assert {(row.context_type, row.condition.noise_level) for row in rows} == {
        ("history", "snr_5db")
    }
    of_no_sentence = WantedRows(TERMS[0], 4, ("order",), ("snr_9db",))
    assert len(plan_rows([of_no_sentence], [], sources())) == 4


def test_a_term_without_other_combinations_gets_fewer_rows() -> None:
    one = {"voices": [Voice("espeak", "v")], "conditions": CONDITIONS[:1]}
    sentences = [Sentence("drug0", context, f"drug0 {context}") for context in CONTEXTS]
    assert len(rows_of(TERMS[:1], sentences=sentences, **one)) == len(CONTEXTS)


def test_a_row_goes_to_the_next_voice_that_has_none_like_it() -> None:
    voices = [Voice("espeak", name) for name in "abc"]
    row, _ = rows = [PlannedRow(TERMS[0], "Hi", "x", voice, CONDITIONS[0]) for voice in voices[1:]]
    taken = {one.key for one in rows}
    moved = in_another_voice(row, voices, taken)
    assert moved is not None
    assert moved.voice.name == "a"
    assert in_another_voice(row, voices, taken | {moved.key}) is None


def test_what_is_wanted_and_not_planned_is_counted_by_term() -> None:
    few = [WantedRows(TERMS[0], 3), WantedRows(TERMS[1], 2), WantedRows(TERMS[0], 1)]
    assert rows_short(few, rows_of(TERMS[:2], 2)) == {"drug0": 2}


def test_a_terms_own_sentences_replace_those_of_the_project() -> None:
    term = Term("drug0", "drug", None, ("Start drug0.",))
    given = [Sentence("Drug0", "history", "Once on drug0.")]
    found = sentences_of(term, sources(sentences=given))
    assert found[CONTEXTS[0]] == ["Start drug0."]
    assert found["history"] == ["Once on drug0."]
    assert all(text.count("drug0") == 1 for text in found["handoff"])


def test_no_sentence_of_the_project_names_another_term() -> None:
    names = NamedTerms.of(["drug0", "dose"])
    found = sentences_of(TERMS[0], sources(names=names))
    assert all("dose" not in normalize(text).split() for texts in found.values() for text in texts)


def test_a_context_without_sentences_is_a_fault_once_a_category() -> None:
    faults = context_faults(TERMS, sources(contexts=("dictation", "order")), "sentences.csv")
    assert [str(fault) for fault in faults] == [
        "sentences.csv: expected sentences of context 'order' for each drug, of which the project "
        "has none; 'drug0' has none here"
    ]


@pytest.mark.parametrize("rows", [1, 100])
def test_as_many_rows_are_planned_as_are_wanted(rows: int) -> None:
    assert len(rows_of(TERMS[:2], rows)) == 2 * rows


def test_a_noise_level_that_a_plan_asks_for_is_made_though_the_policy_has_it_not() -> None:
    wanted = WantedRows(TERMS[0], 4, (), ("snr_0db", "clean"))
    rows = plan_rows([wanted], [], sources())
    assert Counter(row.condition for row in rows) == {Condition("pink", 0.0): 2, Condition(): 2}


def test_no_row_has_a_sentence_that_is_reserved_and_the_others_stay_in_their_order() -> None:
    own = Term("timolol", "drug", None, ("Give timolol.", "Stop timolol."))
    all_of = sentences_of(own, sources(contexts=("dictation", "history")))
    assert all_of == {"dictation": ["Give timolol."], "history": ["Stop timolol."]}
    reserved = frozenset({"give timolol"})
    left = sentences_of(own, sources(contexts=("dictation", "history"), reserved=reserved))
    assert left["history"] == ["Stop timolol."]
    project = sentences_of(TERMS[1], sources())["dictation"]
    assert len(left["dictation"]) == len(project), "the project's stand in"
    kept = sources(reserved=frozenset(map(normalize, project[3:])))
    assert sentences_of(TERMS[1], kept)["dictation"] == project[:3]


def test_a_context_whose_sentences_are_all_reserved_is_a_fault_that_is_reported() -> None:
    project = sentences_of(TERMS[1], sources())["dictation"]
    kept = sources(reserved=frozenset(map(normalize, project)))
    (fault,) = context_faults(TERMS[1:2], kept, "terms.csv")
    assert "that acceptance.jsonl does not have" in str(fault)
