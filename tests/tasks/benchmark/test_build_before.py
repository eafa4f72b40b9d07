"""What the cycle before leaves to a build is read where it is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.benchmark.build_before import (
    asked_for_harder,
    latest_cycle,
    long_names,
    read_acceptance,
    read_before,
    terms_of,
    voices_added,
    was_hardened,
)
from tasks.benchmark.terms import Term
from tasks.domain.errors import InvalidInput
from tasks.domain.manifest import ClinicalRow
from tests.tasks.orchestration.conftest import write_gate


def test_the_manifest_before_is_read_and_its_faults_are_found(
    workspace: Callable[..., Path],
) -> None:
    root = workspace([{"term": "aspirin", "text": "take aspirin"}])
    assert read_before(root, 1) is None
    before = read_before(root, 2)
    assert before is not None
    assert [row.term for row in before.rows] == ["aspirin"]
    before.path.write_text("{}\n")
    with pytest.raises(InvalidInput):
        read_before(root, 2)


def test_the_gate_of_the_cycle_before_asks_for_harder_speech(
    workspace: Callable[..., Path],
) -> None:
    root = workspace([{}])
    write_gate(root, "harden")
    assert [asked_for_harder(root, number) for number in (1, 2, 3)] == [False, True, False]
    assert [was_hardened(root, number) for number in (1, 2, 3)] == [False, True, True]


def test_voices_are_kept_where_the_benchmark_was_made_harder(
    workspace: Callable[..., Path], row: Callable[..., ClinicalRow]
) -> None:
    root, rows = workspace([{}]), [row(voice_id="espeak:en-us+f3")]
    assert voices_added(root, 3, rows) == frozenset()
    write_gate(root, "harden")
    assert voices_added(root, 3, rows) == {"espeak:en-us+f3"}


def test_a_workspace_without_acceptance_rows_has_none(workspace: Callable[..., Path]) -> None:
    root = workspace([{}])
    assert read_acceptance(root) is None
    (root / "acceptance.jsonl").write_text("{}\n")
    with pytest.raises(InvalidInput):
        read_acceptance(root)


def test_acceptance_rows_that_a_link_leads_to_nowhere_are_a_fault_and_not_absent(
    tmp_path: Path,
) -> None:
    (tmp_path / "acceptance.jsonl").symlink_to(tmp_path / "gone")
    with pytest.raises(InvalidInput, match="does not exist"):
        read_acceptance(tmp_path)


def test_the_latest_cycle_is_the_last_that_something_was_decided_or_made_for(
    workspace: Callable[..., Path], tmp_path: Path
) -> None:
    assert latest_cycle(tmp_path / "none") == 1
    root = workspace([{}])
    (root / "cycle12").mkdir()
    assert latest_cycle(root) == 1
    (root / "cycle12/audition.json").touch()
    assert latest_cycle(root) == 12


def test_terms_of_rows_are_given_as_they_are_listed(
    row: Callable[..., ClinicalRow],
) -> None:
    listed = [Term("Aspirin", "drug", "ˈæspɹɪn"), Term("heparin", "drug")]
    rows = [
        row(term="aspirin", voice_id="espeak:en-us"),
        row(term="aspirin", voice_id="espeak:en-gb"),
        row(term="warfarin", voice_id="espeak:en-us"),
        row(term="heparin", voice_id="nurse-1"),
    ]
    assert terms_of(rows, listed, ["espeak"]) == [
        listed[0], listed[0], Term("warfarin", "drug"), None,
    ]  # fmt: skip


def test_terms_and_voices_without_end_are_faults_of_their_line(
    workspace: Callable[..., Path],
) -> None:
    term = "o" * 1001
    root = workspace([{}, {"term": term, "text": f"take {term}"}, {"voice_id": "v" * 2000}])
    assert list(map(str, long_names(read_before(root, 2)))) == [
        "cycle1/manifest.jsonl:2: term: expected at most 1,000 characters; got 1,001",
        "cycle1/manifest.jsonl:3: voice_id: expected at most 1,000 characters; got 2,000",
    ]
    assert long_names(None) == []
