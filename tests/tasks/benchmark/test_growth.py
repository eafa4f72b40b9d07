"""What a build adds: new terms, rows that a term lacks, and what a growth plan asks for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasks.benchmark.growth import EndedCycle, GrowthLine, advance, plan_growth, read_growth_plan
from tasks.benchmark.plan import WantedRows
from tasks.benchmark.terms import Term
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import AdvancePolicy, BuildPolicy

HEAD = "term,entity_category,new_terms,rows,rows_to_add,context_types,noise_levels\n"
TIMOLOL, LACTATE, HEPARIN = Term("timolol", "drug"), Term("lactate", "lab"), Term("heparin", "drug")
TERMS = [TIMOLOL, LACTATE, HEPARIN]
POLICY = BuildPolicy(rows_per_term=3, rows_per_other_term=2)
ASKED = GrowthLine("timolol", "drug", 0, 5, ("handoff",), ("snr_5db",))


def test_a_first_cycle_has_rows_of_every_term_more_of_priority_ones() -> None:
    growth = plan_growth(TERMS, [], [], POLICY, ["drug"])
    assert [(one.term.term, one.rows) for one in growth.wanted] == [
        ("timolol", 3), ("lactate", 2), ("heparin", 3),
    ]  # fmt: skip
    assert growth.lacking == {}


def test_a_next_cycle_adds_what_the_plan_asks_and_new_terms(
    row: Callable[..., ClinicalRow],
) -> None:
    carried = [row(term="Timolol")] * 3 + [row(term="lactate")]
    lines = [ASKED, GrowthLine("", "drug", 3, 9, (), ())]
    growth = plan_growth(TERMS, lines, carried, POLICY, ["drug"])
    assert growth.wanted == (
        WantedRows(TIMOLOL, 5, ("handoff",), ("snr_5db",)),
        WantedRows(LACTATE, 1),
        WantedRows(HEPARIN, 3),
    )
    assert growth.lacking == {"drug": 2}


def test_terms_may_wait_until_a_plan_asks_for_their_category(
    row: Callable[..., ClinicalRow],
) -> None:
    policy = BuildPolicy(rows_per_term=1, first_terms=1)
    first = plan_growth(TERMS, [], [], policy, ["drug"])
    assert [one.term for one in first.wanted] == [TIMOLOL]
    asked = [GrowthLine("", "drug", 1, 8, (), ())]
    second = plan_growth(TERMS, asked, [row(term="timolol")], policy, ["drug"])
    assert [one.term for one in second.wanted] == [HEPARIN]


def test_a_term_of_the_plan_alone_gets_the_rows_of_the_plan_alone(
    row: Callable[..., ClinicalRow],
) -> None:
    growth = plan_growth([], [ASKED], [row(term="timolol")], POLICY, ["drug"])
    assert [(one.term, one.rows) for one in growth.wanted] == [(TIMOLOL, 5)]


def test_a_plan_is_read_with_its_lists() -> None:
    text = f"{HEAD}timolol,drug,0,8,5,handoff;history,snr_5db\n,lab,2,0,16,,\n"
    lines, faults = read_growth_plan(text, "growth_plan.csv")
    assert faults == []
    assert lines == [
        GrowthLine("timolol", "drug", 0, 5, ("handoff", "history"), ("snr_5db",)),
        GrowthLine("", "lab", 2, 16, (), ()),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("term\n", "growth_plan.csv:1: expected the columns term,entity_category,new_terms,"),
        (f"{HEAD}a,drug,0,8,many,,\n",
         "growth_plan.csv:2: rows_to_add: expected a whole number; got 'many'"),
        (f"{HEAD}a,dish,0,8,1,,\n", "growth_plan.csv:2: entity_category: expected one of drug,"),
    ],
)  # fmt: skip
def test_a_fault_of_a_plan_names_its_line(text: str, fault: str) -> None:
    (found,) = read_growth_plan(text, "growth_plan.csv")[1]
    assert str(found).startswith(fault)


def test_a_noise_level_that_is_none_is_a_fault_of_its_line() -> None:
    text = f"{HEAD}timolol,drug,0,5,2,,clean;loud\n"
    assert [str(fault) for fault in read_growth_plan(text, "growth_plan.csv")[1]] == [
        "growth_plan.csv:2: noise_levels: expected clean or snr_<number>db; got 'loud'"
    ]


@pytest.mark.parametrize("count", ["²", "9" * 5_000, "-1", "1.0"])
def test_a_count_that_is_no_small_whole_number_is_a_fault_with_its_line(count: str) -> None:
    lines, (fault,) = read_growth_plan(f"{HEAD}timolol,drug,0,8,{count},,\n", "plan.csv")
    assert lines == []
    assert str(fault).startswith("plan.csv:2: rows_to_add: expected a whole number")


def test_a_second_line_of_a_term_or_category_is_a_fault_and_never_the_only_one_that_counts() -> (
    None
):
    text = f"{HEAD}timolol,drug,0,8,1,,\n,lab,2,0,16,,\nTimolol,drug,0,8,1,,\n,lab,1,0,8,,\n"
    lines, faults = read_growth_plan(text, "plan.csv")
    assert len(lines) == 2
    assert [str(one) for one in faults] == [
        "plan.csv:4: term: expected one line of 'Timolol'",
        "plan.csv:5: term: expected one line of 'lab'",
    ]


def cycles(*outcomes: str, drop: float | None = 0.2, hours: float = 1.0) -> list[EndedCycle]:
    return [EndedCycle(n, outcome, drop, hours) for n, outcome in enumerate(outcomes, start=1)]


@pytest.mark.parametrize("outcome", ["grow", "gate:harden"])
def test_it_builds_what_a_verdict_or_a_gate_asks_for(outcome: str) -> None:
    assert advance(cycles("keep", outcome), AdvancePolicy()).build == 3


@pytest.mark.parametrize("outcome", ["keep", "reject", "gate:build", "gate:pronunciation"])
def test_it_stops_where_a_person_is_wanted(outcome: str) -> None:
    found = advance(cycles("grow", outcome), AdvancePolicy())
    assert (found.build, found.why) == (None, f"cycle 2 ended in {outcome}")


def test_before_any_cycle_there_is_nothing_to_build_on() -> None:
    assert advance([], AdvancePolicy()).build is None


@pytest.mark.parametrize(
    ("ended", "limits", "why"),
    [
        (cycles("grow", "grow"), {"max_cycles": 2}, "advance.max_cycles is 2"),
        (cycles("grow", "grow"), {"max_hours": 2}, "the jobs took 2 hours, and advance.max_hours is 2"),
        (cycles("grow", "grow", drop=0.04), {}, "fell by less than advance.min_drop, 5%"),
    ],
    ids=["cycles", "hours", "drop"],
)  # fmt: skip
def test_each_limit_of_the_policy_ends_it_and_is_named(
    ended: list[EndedCycle], limits: dict[str, float], why: str
) -> None:
    found = advance(ended, AdvancePolicy.model_validate(limits))
    assert found.build is None
    assert why in found.why


def test_one_cycle_of_a_small_drop_is_not_enough_to_end_it() -> None:
    ended = [*cycles("grow", drop=0.2), EndedCycle(2, "grow", 0.01, 1.0)]
    assert advance(ended, AdvancePolicy()).build == 3
    assert advance(cycles("gate:harden", "gate:harden", drop=None), AdvancePolicy()).build == 3
