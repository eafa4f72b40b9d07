"""Recordings become rows and clips of a workspace: none lost, none twice, whatever interrupts it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import InvalidInput
from tasks.domain.manifest import ClinicalRow, GeneralRow
from tasks.importing import Imported, ImportRequest, import_recordings
from tasks.recordings.inputs import Choices
from tasks.recordings.rows import RowDefaults
from tasks.workspace.manifests import read_manifest
from tasks.workspace.open import open_cycle
from tests.corpora import (
    CORPORA,
    TEXTS,
    import_three_times,
    nemo,
    spreadsheet,
    srt,
    stm,
    write_recording,
    write_terms,
)
from tests.kills import killed_before_each_change


def imported(root: Path, files: list[Path], kind: Any = "benchmark", **options: Any) -> Imported:
    return import_recordings(ImportRequest(root, tuple(files), kind, **options))


def contents(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", CORPORA)
def test_every_format_becomes_a_benchmark_whose_cycle_can_be_opened(
    tmp_path: Path, name: str
) -> None:
    root = write_terms(tmp_path / "w")
    record = imported(root, CORPORA[name](tmp_path / "in")).record
    assert record.rows_in == record.rows_used + record.rows_refused
    assert record.rows_in == sum(one.rows for one in record.inputs)
    assert record.rows_refused == sum(one.rows for one in record.refused)
    rows = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow).rows
    terms = ["metoprolol", "aspirin", "mitral valve", "warfarin"]
    too_long = name == "kaldi"
    assert [row.term for row in rows] == [
        one for one in terms if not too_long or one != "mitral valve"
    ]
    assert {row.source for row in rows} == {"recorded"}
    assert rows[0].audio_filepath == rows[1].audio_filepath, "a clip of two terms is one file"
    assert len(list((root / "cycle1/audio").iterdir())) == record.clips == record.rows_used
    assert len(open_cycle(root, 1).rows) == record.rows_added == len(rows)


@pytest.mark.parametrize("kind", ["general", "replay"])
def test_general_speech_needs_no_terms(tmp_path: Path, kind: str) -> None:
    (tmp_path / "w").mkdir()
    record = imported(tmp_path / "w", stm(tmp_path / "in"), kind).record
    assert (record.rows_in, record.rows_used, record.rows_added) == (5, 4, 4)
    rows = read_manifest(tmp_path / f"w/{kind}.jsonl", GeneralRow).rows
    assert Counter(row.speaker for row in rows) == {"spk0": 2, "spk1": 2}
    assert not (tmp_path / "w/cycle1").exists()


def test_the_same_input_twice_changes_nothing_and_one_with_more_rows_adds_those(
    tmp_path: Path,
) -> None:
    root, (path,) = write_terms(tmp_path / "w"), nemo(tmp_path / "in")
    first = imported(root, [path])
    before = contents(root)
    again = imported(root, [path])
    assert contents(root) == before
    assert "no row is new, and cycle1/manifest.jsonl was not changed" in again.sentence
    write_recording(tmp_path / "in/9.wav")
    row = {"audio_filepath": "9.wav", "text": "stop the aspirin", "speaker": "ana"}
    with path.open("a") as file:
        file.write(json.dumps(row) + "\n")
    more = imported(root, [path]).record
    assert (more.rows_before, more.rows_added) == (first.record.rows_added, 1)
    manifest = (root / "cycle1/manifest.jsonl").read_bytes()
    assert manifest.startswith(before[str(root / "cycle1/manifest.jsonl")])
    assert len(json.loads((root / "import.json").read_text())["imports"]) == 2


def test_a_term_that_is_listed_later_gets_the_rows_of_the_clips_that_there_are(
    tmp_path: Path,
) -> None:
    root, files = write_terms(tmp_path / "w"), nemo(tmp_path / "in")
    imported(root, files)
    with (root / "terms.csv").open("a") as file:
        file.write("allergies,condition,\nvalve leaks,condition,\n")
    record = imported(root, files).record
    assert record.terms == {"allergies": 1, "valve leaks": 1}
    assert record.replaces_sha256 is not None
    open_cycle(root, 1)


@pytest.mark.parametrize("used", ["gate.json", "per_sample.json"])
def test_a_cycle_that_was_used_stays_and_the_next_one_begins_with_its_rows(
    tmp_path: Path, used: str
) -> None:
    root = write_terms(tmp_path / "w")
    imported(root, nemo(tmp_path / "in"))
    (root / "cycle1" / used).write_text("{}")
    before = contents(root / "cycle1")
    result = imported(root, srt(tmp_path / "more"))
    assert (result.number, result.record.rows_before, result.record.rows_added) == (2, 4, 4)
    assert contents(root / "cycle1") == before
    (root / "cycle2/per_sample.json").unlink(missing_ok=True)
    assert len(open_cycle(root, 2).rows) == 8


def test_rows_of_the_benchmark_are_its_terms_where_there_is_no_list(tmp_path: Path) -> None:
    root = write_terms(tmp_path / "w")
    imported(root, nemo(tmp_path / "in"))
    (root / "terms.csv").unlink()
    defaults = RowDefaults(speaker="ana")
    record = imported(root, spreadsheet(tmp_path / "more"), "acceptance", defaults=defaults).record
    assert record.terms == dict.fromkeys(("metoprolol", "aspirin", "mitral valve", "warfarin"), 1)
    assert open_cycle(root, 1).acceptance is not None
    (tmp_path / "bare").mkdir()
    with pytest.raises(InvalidInput, match=r"terms\.csv: expected terms to look for"):
        imported(tmp_path / "bare", nemo(tmp_path / "in"))


def test_a_dry_run_counts_shows_rows_and_writes_nothing(tmp_path: Path) -> None:
    root, files = write_terms(tmp_path / "w"), spreadsheet(tmp_path / "in")
    before = contents(root)
    dry = imported(root, files, dry_run=True)
    assert contents(root) == before
    assert not (root / ".locks").exists()
    assert '"term": "metoprolol"' in dry.text
    assert dry.text.endswith("Nothing was written.")
    real = imported(root, files)
    assert dry.record == real.record
    assert dry.first == real.first


def test_clips_that_are_there_are_not_made_again(tmp_path: Path) -> None:
    root, files = write_terms(tmp_path / "w"), nemo(tmp_path / "in")
    imported(root, files)
    clips = {path: path.stat().st_mtime_ns for path in root.rglob("*.wav")}
    (root / "cycle1/manifest.jsonl").unlink()
    imported(root, files)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*.wav")} == clips


@pytest.mark.slow
def test_killed_before_any_of_its_changes_the_same_imports_leave_the_same_bytes(
    tmp_path: Path,
) -> None:
    nemo(tmp_path / "one", TEXTS[:1])
    nemo(tmp_path / "two", TEXTS[2:3])
    root, whole = write_terms(tmp_path / "w"), write_terms(tmp_path / "whole")
    import_three_times(whole)
    expected, killed = named(whole), 0
    for change in killed_before_each_change(root, import_three_times):
        assert named(root) == expected, change
        killed += 1
    assert killed > 20


def named(root: Path) -> dict[str, bytes]:
    return {path.removeprefix(str(root)): one for path, one in contents(root).items()}


def test_with_skip_broken_faulty_lines_are_counted_as_refused(tmp_path: Path) -> None:
    root, (path,) = write_terms(tmp_path / "w"), nemo(tmp_path / "in")
    with path.open("a") as file:
        file.write('{"broken": \n{"audio_filepath": "no.wav", "text": "take warfarin"}\n')
    with pytest.raises(InvalidInput) as refused:
        imported(root, [path])
    assert [fault.line for fault in refused.value.faults] == [5, 6]
    assert not (root / "import.json").exists()
    record = imported(root, [path], choices=Choices(skip_broken=True)).record
    assert (record.rows_in, record.rows_used, record.rows_refused) == (6, 3, 3)
    assert record.inputs[0].rows == 6
