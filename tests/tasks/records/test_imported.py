"""The record of imports has what each read, and reads back as it was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.domain.errors import DamagedFile
from tasks.records.files import write_record
from tasks.records.imported import ImportedInput, ImportedRows, ImportRecord, RefusedUtterances
from tasks.records.record import read_record

ROWS = ImportedRows(
    target="replay.jsonl",
    kind="replay",
    inputs=(ImportedInput(path="a.csv", format="table", sha256="0", rows=3),),
    recordings={"a.wav": "1"},
    audio={"8000 Hz, 1 channel, WAV ULAW": 1},
    rows_in=3,
    rows_used=2,
    rows_refused=1,
    refused=(RefusedUtterances(reason="it has no words", rows=1, where=("a.csv:3",)),),
    rows_before=0,
    rows_added=2,
    clips=2,
    terms={},
    replaces_sha256=None,
    manifest_sha256="2",
)


def test_a_record_of_imports_reads_back_as_it_was_written(tmp_path: Path) -> None:
    record = ImportRecord(imports=(ROWS, ROWS))
    write_record(tmp_path / "import.json", record)
    assert read_record(tmp_path / "import.json", ImportRecord) == record


def test_a_record_of_something_else_names_what_its_loss_means(tmp_path: Path) -> None:
    (tmp_path / "import.json").write_text('{"schema_version": 1, "imports": [{}]}')
    with pytest.raises(DamagedFile, match="remove it: imported rows stay"):
        read_record(tmp_path / "import.json", ImportRecord)
