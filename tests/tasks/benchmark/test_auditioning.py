"""A build asks for what nobody checked, and finds the rows of the cycle before that are spoken again."""

from __future__ import annotations

from pathlib import Path

from tasks.benchmark.audition_file import Auditioned
from tasks.benchmark.auditioning import CarriedRows, check_audition
from tasks.benchmark.build import read_build_inputs
from tasks.benchmark.voicing import voicing_of_cycle
from tasks.build import build_benchmark
from tests.tasks.builds import TERMS, decide, override, rows_of, started

POLICY = "build: {rows_per_term: 2, audition: advised}\n"


def checked(root: Path, cycle: int) -> tuple[Auditioned, CarriedRows]:
    inputs = read_build_inputs(root, cycle)
    terms, policy = list(inputs.terms), inputs.policy.build
    voicing = voicing_of_cycle(root, cycle, policy, inputs.given, terms, inputs.carried)
    return check_audition(inputs, voicing)


def test_a_first_build_speaks_nothing_again_and_asks_for_every_term(tmp_path: Path) -> None:
    root = started(tmp_path / "w", TERMS, POLICY)
    auditioned, rows = checked(root, 1)
    assert rows.again == frozenset()
    assert auditioned.advice.startswith("3 terms are not checked yet (timolol, heparin, lactate)")


def test_changed_and_rejected_rows_are_spoken_again_and_unheard_ones_asked_for(
    tmp_path: Path,
) -> None:
    root = started(tmp_path / "w", TERMS, POLICY)
    build_benchmark(root, 1)
    override(root, "timolol", "ˈtɪmɔl")
    decide(root, "rejected", cycle=2, terms=("heparin",))
    auditioned, rows = checked(root, 2)
    places = {
        term: {place for place, row in enumerate(rows_of(root)) if row["term"] == term}
        for term in ("timolol", "heparin")
    }
    assert (rows.changed, rows.rejected) == (places["timolol"], places["heparin"])
    assert "2 terms are not checked yet (lactate, timolol)" in auditioned.advice
    assert "1 term is rejected (heparin)" in auditioned.advice


def test_a_rejected_term_that_is_no_longer_listed_is_not_asked_for(tmp_path: Path) -> None:
    root = started(tmp_path / "w", TERMS[:2], POLICY)
    decide(root, "heard", terms=("heparin",))
    build_benchmark(root, 1)
    decide(root, "rejected", cycle=2, terms=("timolol",))
    (root / "terms.csv").write_text("term,entity_category\nheparin,drug\n")
    auditioned, rows = checked(root, 2)
    assert auditioned.advice == ""
    assert len(rows.rejected) == 2
