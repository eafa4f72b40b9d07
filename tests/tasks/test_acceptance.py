"""A workspace without acceptance rows is given some that share nothing with what trains."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasks.acceptance import make_acceptance
from tasks.benchmark.engines.espeak import MORE_VOICES, VOICES
from tasks.build import build_benchmark
from tasks.domain.errors import InvalidInput
from tasks.domain.manifest import ClinicalRow, GeneralRow
from tasks.general import REPLAY, make_general
from tasks.workspace.manifests import ACCEPTANCE, read_manifest
from tasks.workspace.open import open_cycle
from tests.tasks.builds import decide

POLICY = "build: {rows_per_term: 4, audition: 'off'}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "terms.csv").write_text("term,entity_category\ntimolol,drug\nlactate,lab\n")
    (tmp_path / "flywheel.yaml").write_text(POLICY)
    return tmp_path


def test_it_is_what_a_cycle_reads_apart_from_what_trains(root: Path) -> None:
    build_benchmark(root, 1)
    make_general(root, (), guard=0, replay=12)
    made = make_acceptance(root, 3)
    assert made.text == "acceptance.jsonl: 6 clips"
    rows = read_manifest(root / ACCEPTANCE, ClinicalRow).rows
    cycle = open_cycle(root, 1)
    assert cycle.acceptance is not None
    replayed = read_manifest(root / REPLAY, GeneralRow).rows
    for field in ("text", "voice_id"):
        trained = {getattr(row, field) for row in (*cycle.rows, *replayed)}
        assert not trained & {getattr(row, field) for row in rows}, field
    assert {row.term for row in rows} == {"timolol", "lactate"}


def test_a_set_that_is_there_is_left_as_it_is(root: Path) -> None:
    (root / ACCEPTANCE).write_text("mine\n")
    assert (
        make_acceptance(root, 3).text == "acceptance.jsonl is there already and was left as it is"
    )
    assert (root / ACCEPTANCE).read_text() == "mine\n"


def test_engines_without_other_voices_are_reported(root: Path) -> None:
    voices = [*VOICES, *MORE_VOICES]
    engines = json.dumps([{"voices": voices}])
    (root / "flywheel.yaml").write_text(f"build: {{rows_per_term: 2, engines: {engines}}}\n")
    made = make_acceptance(root, 1)
    assert (made.rows, made.apart) == (2, False)
    assert "the engines have no others" in made.text


def test_terms_are_needed(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="expected a list of terms"):
        make_acceptance(tmp_path, 3)
    with pytest.raises(InvalidInput, match="does not exist"):
        make_acceptance(tmp_path / "none", 3)


@pytest.fixture
def auditioned(root: Path) -> Path:
    """A workspace whose build needs each term checked, with a benchmark."""
    build_benchmark(root, 1)
    (root / "flywheel.yaml").write_text(POLICY.replace("'off'", "required"))
    return root


def test_a_required_audition_stops_it_until_each_term_is_decided(auditioned: Path) -> None:
    with pytest.raises(InvalidInput, match="2 terms are not checked yet"):
        make_acceptance(auditioned, 1)
    assert not (auditioned / ACCEPTANCE).exists()
    decide(auditioned, "skipped")
    assert make_acceptance(auditioned, 1).rows == 2
    rows = read_manifest(auditioned / ACCEPTANCE, ClinicalRow).rows
    assert {(row.audition, row.audition_by, row.audition_reason) for row in rows} == {
        ("skipped", "A. Nurse", "as agreed")
    }


def test_a_rejected_term_is_not_spoken(auditioned: Path) -> None:
    (auditioned / "flywheel.yaml").write_text(POLICY.replace("'off'", "advised"))
    decide(auditioned, "rejected")
    decide(auditioned, "heard", terms=("lactate",))
    made = make_acceptance(auditioned, 2)
    assert made.rows == 2
    assert {row.term for row in read_manifest(auditioned / ACCEPTANCE, ClinicalRow).rows} == {
        "lactate"
    }
    assert [reason.split(" on ")[0] for reason in made.refused] == ["rejected by A. Nurse"]
