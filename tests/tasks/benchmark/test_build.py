"""Everything that a build reads is checked before anything is made, each fault by its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.benchmark.build import read_build_inputs
from tasks.domain.errors import InvalidInput


def faults_of(root: Path, cycle: int = 1) -> list[str]:
    with pytest.raises(InvalidInput) as found:
        read_build_inputs(root, cycle)
    return [str(fault) for fault in found.value.faults]


def test_every_fault_of_every_file_is_found_at_once(tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_text("term,entity_category\ntimolol,drug\nINR,labs\n")
    (tmp_path / "pronunciation_overrides.csv").write_text("term,ipa\n")
    (tmp_path / "flywheel.yaml").write_text("build: {rows_per_term: 0}\n")
    (tmp_path / "cycle1").mkdir()
    (tmp_path / "cycle1/growth_plan.csv").write_text("a,b\n")
    found = faults_of(tmp_path)
    files = ("flywheel.yaml", "terms.csv", "pronunciation_overrides.csv", "growth_plan.csv")
    assert [next(name for name in files if one.startswith(name)) for one in found] == list(files)
    assert "terms.csv:3" in found[1]


def test_sentences_are_checked_against_the_terms(tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_text("term,entity_category\ntimolol,drug\n")
    (tmp_path / "sentences.csv").write_text("term,context_type,text\ntimolol,handoff,Nothing.\n")
    assert faults_of(tmp_path)[0].startswith("sentences.csv:2")


def test_a_workspace_without_terms_is_refused(tmp_path: Path) -> None:
    assert "expected a list of terms" in faults_of(tmp_path)[0]
    assert "does not exist" in faults_of(tmp_path / "none")[0]


def test_a_term_of_another_category_than_before_is_a_fault(
    workspace: Callable[..., Path],
) -> None:
    root = workspace([{"term": "aspirin", "text": "take aspirin", "entity_category": "drug"}])
    (root / "terms.csv").write_text("term,entity_category\naspirin,lab\n")
    assert "'aspirin' is another category in the cycle before" in faults_of(root, 2)[0]


def test_rows_of_the_cycle_before_are_carried(workspace: Callable[..., Path]) -> None:
    root = workspace([{"term": "aspirin", "text": "take aspirin", "entity_category": "drug"}])
    (root / "terms.csv").write_text("term,entity_category\ntimolol,drug\n")
    inputs = read_build_inputs(root, 2)
    assert [row.term for row in inputs.carried] == ["aspirin"]
    assert [one.term.term for one in inputs.growth.wanted] == ["timolol"]


def test_a_build_of_a_later_cycle_without_the_one_before_is_a_fault_and_no_other_benchmark(
    tmp_path: Path,
) -> None:
    (tmp_path / "terms.csv").write_text("term,entity_category\ntimolol,drug\n")
    assert read_build_inputs(tmp_path, 1).carried == ()
    (found,) = faults_of(tmp_path, 3)
    assert found.startswith(
        "--cycle: expected cycle2/manifest.jsonl, whose rows this build carries"
    )
