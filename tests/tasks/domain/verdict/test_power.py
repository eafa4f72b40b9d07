"""Power: how often a true drop is kept, before the GPU is spent."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from worlds.harm import judged_with_guards
from worlds.rows import benchmark

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.verdict.power import Power, benchmark_power, certainly_open, guards_held, power
from tests.steps import IN_PROPORTION, growth


def shown(terms: int, rows_per_term: int, look: int = 1, ker: float = 0.5) -> Power:
    count = terms * rows_per_term
    missed = (np.random.default_rng(1).random(count) < ker).astype(int).tolist()
    names = [f"t{n % terms}" for n in range(count)]
    return power(names, [f"v{n % 7}" for n in range(count)], missed, Policy(), look=look)


@pytest.mark.slow
def test_larger_drops_are_kept_more_often_and_more_terms_show_more() -> None:
    few, many = shown(12, 3), shown(60, 3)
    for found in (few, many):
        assert sorted(found.kept.values()) == [found.kept[drop] for drop in sorted(found.kept)]
    assert few.kept["0.4"] < many.kept["0.4"]
    assert (few.test_rows, few.terms, few.voices) == (36, 12, 7)


@pytest.mark.slow
def test_rows_of_few_terms_show_less_than_rows_of_many() -> None:
    assert shown(10, 20).kept["0.4"] < shown(200, 1).kept["0.4"]


@pytest.mark.slow
def test_no_benchmark_keeps_a_drop_of_just_the_limit_more_often_than_every_other_time() -> None:
    assert 0.4 < shown(500, 3).kept["0.2"] < 0.65


@pytest.mark.slow
def test_a_later_look_shows_less() -> None:
    assert shown(30, 2, look=4).kept["0.4"] < shown(30, 2).kept["0.4"]


@pytest.mark.slow
def test_the_terms_it_asks_for_are_enough() -> None:
    first = shown(20, 3)
    assert not first.enough
    assert first.terms_needed is not None
    assert first.rows_needed == 3 * first.terms_needed
    assert f"{first.rows_needed} test rows of {first.terms_needed} terms" in first.sentence
    again = shown(first.terms_needed, 3)
    assert again.kept["0.3"] >= 0.75
    assert shown(2 * first.terms_needed, 3).enough


def test_it_reports_how_often_a_drop_of_four_tenths_is_kept() -> None:
    found = shown(60, 3)
    often = f"keeps it {round(100 * found.kept['0.4'])} times in 100."
    assert f"If the true drop is 40%, a cycle on this benchmark {often}" in found.sentence


@pytest.mark.slow
def test_the_share_it_promises_is_the_share_that_the_verdict_keeps() -> None:
    of = benchmark(30, 4, others=60, voices=7)
    missed = (np.random.default_rng(3).random(120) < 0.5).astype(int).tolist()
    drugs = of.rows[:120]
    promised = power([r.term for r in drugs], [r.voice_id for r in drugs], missed, Policy())
    kept = np.mean([judged_with_guards(of, seed).verdict == "keep" for seed in range(60)])
    assert kept == pytest.approx(promised.kept["0.4"], abs=0.15)


@pytest.mark.slow
def test_a_benchmark_whose_guards_cannot_be_held_reports_that_nothing_can_be_kept(
    row: Callable[..., ClinicalRow],
) -> None:
    rows = [row(term=f"d{n}", text=f"give d{n}", voice_id=f"v{n % 6}") for n in range(40)]
    rows += [row(term=f"l{n}", entity_category="lab") for n in range(5)]
    every = range(45)

    def found(policy: Policy, clips: int = 400, level: float = 1.0) -> Power:
        given = benchmark_power(
            rows, [1] * 45, every, policy, look=1, general_clips=clips, guards_alpha=level
        )
        assert given is not None
        return given

    assert (
        "No improvement can be accepted on this benchmark yet: other_terms has 5 test terms and need 36."
        in found(Policy()).sentence.replace("needs", "need")
    )
    assert "there is no general.jsonl" in found(Policy(), 0).sentence
    assert "general.jsonl needs 368 clips and has 300" in found(Policy(), 300).sentence
    second = found(Policy(), level=0.0022727).sentence
    assert "the clinical guards have 45 test terms and need 58" in second
    assert "general.jsonl needs 606 clips and has 400" in second
    allowed = Policy.model_validate({"decide": {"open_guard": "keep"}})
    assert found(allowed, 0).open_guards == ()
    assert found(allowed).enough


def test_nothing_missed_or_nothing_tested_has_no_power(row: Callable[..., ClinicalRow]) -> None:
    for missed, test in ((0, [0]), (1, [])):
        given = benchmark_power([row()], [missed], test, Policy(), look=1, general_clips=0)
        assert given is None


def test_a_benchmark_with_critical_words_on_few_terms_is_reported_before_a_gpu_is_spent(
    row: Callable[..., ClinicalRow],
) -> None:
    def open_on(doses: int, policy: Policy) -> str:
        rows = [
            row(
                term=f"drug {letter}{other}",
                text=f"give {'5 mg' if n < doses else 'it'} now",
                voice_id=f"v{n % 6}",
            )
            for n, (letter, other) in enumerate(product("abcdefgh", "abcde"))
        ]
        return "; ".join(certainly_open(rows, 500, policy, 0.025))

    assert open_on(3, Policy()) == (
        "3 test terms have a row with a dose, number, unit, negation or left/right word, and critical_tokens "
        "needs 36, or none"
    )
    assert open_on(0, Policy()) == open_on(36, Policy()) == ""
    assert open_on(3, Policy.model_validate({"decide": {"critical_tokens": "report"}})) == ""


@pytest.mark.slow
def test_power_takes_time_in_proportion_to_terms_and_rows() -> None:
    assert growth(lambda terms: lambda: shown(terms, 20), 50) < IN_PROPORTION


def test_rows_of_one_voice_can_never_be_kept(row: Callable[..., ClinicalRow]) -> None:
    rows = [row(term=f"d{n}", text=f"give d{n}") for n in range(40)]
    assert "all priority test rows are of one voice" in certainly_open(rows, 500, Policy(), 0.025)


def test_few_terms_hold_their_guards_less_often_than_many(row: Callable[..., ClinicalRow]) -> None:
    def held(others: int, times: float = 1.0) -> float:
        text = "please give {} to her in the morning and again before the night"
        rows = [row(term=f"d{n}", text=text.format(f"d{n}")) for n in range(30)]
        rows += [
            row(term=f"l{n}", text=text.format("it"), entity_category="lab") for n in range(others)
        ]
        return guards_held(rows, Policy(), 0.025, times)

    assert held(20) < 0.5 < 0.9 < held(120)
    assert held(20) < held(20, times=4.0)
    kept = Policy.model_validate({"decide": {"open_guard": "keep"}})
    assert guards_held([row()], kept, 0.025) == 1.0


@pytest.mark.slow
def test_an_engine_of_few_misses_shows_less_than_one_engine_alone() -> None:
    voices = [f"{'one' if n % 6 < 4 else 'two'}:v{n % 6}" for n in range(60)]
    terms, missed = [f"t{n}" for n in range(60)], [n // 6 % 2 for n in range(60)]
    both = power(terms, voices, missed, Policy())
    one = power(terms, [f"v{n % 6}" for n in range(60)], missed, Policy())
    assert both.kept["0.4"] < one.kept["0.4"]
