"""Files appear whole, and a damaged one is named with the way out."""

import csv
import os
import re
import socket
from pathlib import Path

import pytest
from pydantic import BaseModel

from tasks.domain.errors import DamagedFile
from tasks.records.files import (
    digest,
    file_sha256,
    read_json,
    read_lines,
    text_sha256,
    write_atomic,
    write_csv,
    writer_of,
)


class Point(BaseModel):
    x: int


def test_a_failed_write_leaves_the_old_file_and_no_partial(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", "old")
    with pytest.raises(TypeError):
        write_atomic(tmp_path / "a", None)  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_undefined_values_are_empty_cells(tmp_path: Path) -> None:
    write_csv(tmp_path / "r.csv", [{"a": None, "b": 'say "x", y'}])
    assert (tmp_path / "r.csv").read_text() == 'a,b\n,"say ""x"", y"\n'


def test_a_csv_file_with_a_carriage_return_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_csv(tmp_path / "r.csv", [{"a": "one\rtwo", "b": 0.5}])
    with (tmp_path / "r.csv").open(newline="") as lines:
        assert [*csv.DictReader(lines)] == [{"a": "one\rtwo", "b": "0.5"}]


def test_rows_of_unlike_keys_are_no_csv_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="same keys"):
        write_csv(tmp_path / "r.csv", [{"a": 1}, {"a": 1, "b": 2}])


def test_none_and_nothing_have_different_digests() -> None:
    assert digest(None) != digest("")
    assert digest("a", "b") != digest("ab")


def test_a_file_that_changes_is_digested_again(tmp_path: Path) -> None:
    path = tmp_path / "model"
    write_atomic(path, "one")
    before = file_sha256(path)
    assert file_sha256(path) == before
    write_atomic(path, "two")
    assert file_sha256(path) != before


def test_the_writer_of_a_partial_file_is_known_by_process_and_whole_host_name() -> None:
    name = f".gate.json.{os.getpid()}@node.one.example.partial"
    assert writer_of(Path(name)) == ("node.one.example", os.getpid())
    assert writer_of(Path(".gate.json.partial")) is None
    assert socket.gethostname() != "node.one.example"


@pytest.mark.parametrize("content", [b"", b'{"x": 1', b"\xff\xfe", b"[1]", b"null", b"[" * 9_000])
def test_a_record_that_is_no_object_is_named_with_the_way_out(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "gate.json"
    path.write_bytes(content)
    with pytest.raises(DamagedFile, match=f"^{re.escape(str(path))} is damaged .*: mend it$"):
        read_json(path, "mend it")


def test_an_absent_record_is_none_and_absent_lines_are_none(tmp_path: Path) -> None:
    assert read_json(tmp_path / "no.json", "") is None
    assert read_lines(tmp_path / "no.jsonl", Point, "") == []


def test_a_cut_line_is_named_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "points.jsonl"
    path.write_text('{"x": 1}\n{"x": ')
    with pytest.raises(DamagedFile, match="line 2"):
        read_lines(path, Point, "mend it")


def test_a_line_ends_at_a_newline_alone(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text('"a\N{LINE SEPARATOR}b"\n"c"\n', encoding="utf-8")
    assert read_lines(path, str, "") == ["a\N{LINE SEPARATOR}b", "c"]


def test_the_digest_of_a_text_is_that_of_its_file(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", "µg\n")
    assert text_sha256("µg\n") == file_sha256(tmp_path / "a")
