"""Acceptance rows are of known terms, in sentences that nothing trained on."""

from __future__ import annotations

from collections import Counter

from tasks.benchmark.conditions import Condition
from tasks.benchmark.plan import (
    Sources,
    Voice,
    WantedRows,
    plan_acceptance,
    plan_rows,
    voices_of_nobody,
)
from tasks.benchmark.terms import NamedTerms, Term
from tasks.domain.policy import BuildPolicy

TERMS = [Term(f"drug{number}", "drug", None, (f"Give drug{number}.",)) for number in range(9)]
SOURCES = Sources(
    contexts=BuildPolicy().contexts,
    voices=[Voice("espeak", "a"), Voice("espeak", "b")],
    conditions=[Condition(), Condition("pink", 5.0)],
    sentences=(),
    names=NamedTerms.of(one.term for one in TERMS),
    seed=1,
)


def test_no_sentence_is_one_that_a_benchmark_has_or_comes_to_first() -> None:
    built = {row.text for row in plan_rows([WantedRows(one, 8) for one in TERMS], (), SOURCES)}
    planned = plan_acceptance(TERMS, SOURCES, 4, ())
    assert Counter(row.term.term for row in planned) == {one.term: 4 for one in TERMS}
    assert not {row.text for row in planned} & built
    known = {row.text for row in planned}
    assert not known & {row.text for row in plan_acceptance(TERMS, SOURCES, 4, known)}


def test_contexts_voices_and_conditions_are_taken_in_turn() -> None:
    rows = plan_acceptance(TERMS[::-1], SOURCES, 4, ())
    assert [row.context_type for row in rows[:4]] == list(SOURCES.contexts)
    assert Counter((row.voice.name, row.condition) for row in rows[:8]) == dict.fromkeys(
        [(voice.name, one) for voice in SOURCES.voices for one in SOURCES.conditions], 2
    )
    assert rows == plan_acceptance(TERMS, SOURCES, 4, ())


def test_a_term_has_no_more_rows_than_sentences() -> None:
    few = plan_acceptance(TERMS[:1], SOURCES, 10_000, ())
    assert len(few) == len({row.text for row in few}) < 10_000


def test_where_every_voice_has_trained_all_speak() -> None:
    assert voices_of_nobody(SOURCES.voices, {"espeak:a", "espeak:b"}) == list(SOURCES.voices)
