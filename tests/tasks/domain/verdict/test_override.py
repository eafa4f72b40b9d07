"""What was not proven may be overridden; proven harm, a worse KER and a small drop may not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tasks.domain.policy import DecisionPolicy
from tasks.domain.verdict.noninferiority import Guard
from tasks.domain.verdict.override import not_proven, override_refusal
from tasks.domain.verdict.priority import EngineDrop, Priority
from tasks.domain.verdict.rule import Verdict

BETTER = Priority("test", 20, 10, 6, 0.8, 0.2, 0.75, (0.5, 0.9), 0.001, 0.01, 1, 0.025, {})
CHANCE = replace(BETTER, p_value=0.2)


def guard(name: str, state: str = "open", upper: float | None = 0.115) -> Guard:
    return Guard(name, 0.1, 0.1, 0.11, upper, state, state != "broke", 10, "clip", 10, 0.975)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("priority", "guards"),
    [(BETTER, [guard("general_wer")]), (CHANCE, [guard("general_wer", "held")])],
)
def test_an_open_guard_and_a_small_benchmark_may_be_overridden(
    priority: Priority, guards: list[Guard]
) -> None:
    assert override_refusal("grow", priority, guards, DecisionPolicy()) == ""


@pytest.mark.parametrize(
    ("verdict", "priority", "guards", "sentence"),
    [
        ("keep", BETTER, [], "it was decided: keep, and there is nothing to override"),
        ("reject", BETTER, [guard("a", "broke"), guard("b", "broke")],
         "proven harm is not overridden: broken a and b"),
        ("reject", BETTER, [], "a worse KER is not overridden"),
        ("grow", replace(BETTER, relative_drop=-0.1), [], "a worse KER is not overridden"),
        ("grow", replace(BETTER, relative_drop=0.12), [guard("a")],
         "its priority KER is down 12.0%, and less than 20% is not overridden"),
        ("grow", BETTER, [guard("a"), guard("b", upper=0.121)],
         "a bound beyond twice its margin is not overridden: b may be 0.121, its limit is 0.110"),
        ("grow", replace(BETTER, relative_drop=None), [],
         "nothing shows that it is better: no priority row decides that was missed before"),
    ],
)  # fmt: skip
def test_what_speaks_against_a_candidate_is_not_overridden(
    verdict: Verdict, priority: Priority, guards: list[Guard], sentence: str
) -> None:
    assert override_refusal(verdict, priority, guards, DecisionPolicy()) == sentence


def test_a_guard_that_was_not_measured_has_no_bound_and_is_named() -> None:
    unmeasured = replace(guard("general_wer", upper=None), comparison=None, limit=None)
    assert override_refusal("grow", BETTER, [unmeasured], DecisionPolicy()) == ""
    assert not_proven(BETTER, [unmeasured]) == ("guard general_wer is open",)


def test_everything_that_was_not_proven_is_named() -> None:
    guards = [guard("general_wer"), guard("other_terms", "held")]
    assert not_proven(BETTER, guards) == ("guard general_wer is open",)
    weakest = EngineDrop("piper", 12, 0.0, 0.5)
    two = replace(BETTER, engines=(weakest, EngineDrop("espeak", 12, 0.9, 0.001)))
    assert not_proven(two, []) == ("the rows of engine piper show no drop",)
    assert not_proven(CHANCE, []) == ("the drop may be chance on a benchmark this small",)
