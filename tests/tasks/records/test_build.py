"""The record of a build is what was made, and others read it where it is there and whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import DamagedFile
from tasks.records.build import (
    BuildRecord,
    BuiltWith,
    engines_of,
    is_as_built,
    pronunciations_of,
)
from tasks.records.files import file_sha256, write_record


def build_record(engine: str, **changes: Any) -> BuildRecord:
    """Make the record of a build of three rows."""
    fields: dict[str, Any] = {
        "cycle": 2, "rows": 3, "carried": 2, "asked": 2, "made": 1, "reused": 0, "retried": 0,
        "takes": 1, "refused": (), "lacking": {}, "harder": False, "audition": "",
        "engines": (BuiltWith(engine=engine, version="1", voices=("a",)),), "manifest_sha256": "0",
        "seconds": 1.2, "built_at": "2026-01-01T00:00:00+00:00",
        "pronunciations": {engine: {"timolol": "ˈtɪmɔl"}},
    }  # fmt: skip
    return BuildRecord.model_validate(fields | changes)


def test_a_record_names_in_a_sentence_what_was_built() -> None:
    assert build_record("espeak", said_again=1).sentence == (
        "3 rows, 2 carried over, 1 to speak again, 1 made, 0 of them from clips that were there, "
        "1 refused, in 1 s"
    )


def test_engines_and_pronunciations_are_read_and_a_damaged_record_names_no_engine(
    tmp_path: Path,
) -> None:
    assert (engines_of(tmp_path), pronunciations_of(tmp_path)) == ((), None)
    write_record(tmp_path / "build.json", build_record("espeak"))
    assert engines_of(tmp_path) == ("espeak",)
    assert pronunciations_of(tmp_path) == {"espeak": {"timolol": "ˈtɪmɔl"}}
    (tmp_path / "build.json").write_text("{")
    assert engines_of(tmp_path) == ()
    with pytest.raises(DamagedFile):
        pronunciations_of(tmp_path)


def test_a_manifest_is_as_built_until_it_is_changed(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text("{}\n")
    assert not is_as_built(tmp_path)
    sha256 = file_sha256(manifest)
    write_record(tmp_path / "build.json", build_record("espeak", manifest_sha256=sha256))
    assert is_as_built(tmp_path)
    manifest.write_text("{ }\n")
    assert not is_as_built(tmp_path)
    later = build_record("espeak", manifest_sha256="1", replaces_sha256=file_sha256(manifest))
    write_record(tmp_path / "build.json", later)
    assert is_as_built(tmp_path), "a build was killed before it wrote over it"
