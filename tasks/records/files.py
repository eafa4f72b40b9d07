"""Files of a workspace: digests, atomic writes, and reading that names a damaged file.

A file appears whole or not at all, and the file that marks a stage as done is written last.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import os
import shutil
import socket
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from tasks.domain.errors import DamagedFile
from tasks.records.reading import LINES_BYTES, read_regular

AGAIN = "remove it and run the same command again"
Stamp = tuple[int, int, int, int]
Line = TypeVar("Line")


def digest(*parts: str | None) -> str:
    """Return the SHA-256 over parts; None is not the empty string."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def file_stamp(path: Path | str) -> Stamp:
    """Return size, times and inode: while they are the same, this process takes the file as unchanged."""
    status = os.stat(path)  # noqa: PTH116 (twice as fast)
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def file_sha256(path: Path) -> str:
    """Digest a file, once in a process while it is unchanged."""
    return _sha256(path, file_stamp(path))


@lru_cache(maxsize=1024)
def _sha256(path: Path, _stamp: Stamp) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def text_sha256(text: str) -> str:
    """Return the digest that a file of this text has."""
    return hashlib.sha256(text.encode()).hexdigest()


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write beside, flush to disk, then replace."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}@{socket.gethostname()}.partial")
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def link_atomic(source: Path, target: Path) -> None:
    """Make `target` the same file as `source`, or a copy where the disk has no hard links."""
    partial = target.with_name(f".{target.name}.{os.getpid()}@{socket.gethostname()}.partial")
    try:
        try:
            os.link(source, partial)
        except OSError:
            shutil.copyfile(source, partial)
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def writer_of(partial: Path) -> tuple[str, int] | None:
    """Return host and process that write a partial file, from its name."""
    process, _, host = partial.name.removesuffix(".partial").rpartition("@")
    number = process.rpartition(".")[2]
    return (host, int(number)) if number.isdecimal() else None


def write_record(path: Path, record: BaseModel) -> None:
    """Write one record as indented JSON."""
    fields = record.model_dump(mode="json", by_alias=True)
    write_atomic(path, json.dumps(fields, indent=2, ensure_ascii=False) + "\n")


def json_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """Write rows as JSON, one a line."""
    encode = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps makes one a row
    return "".join(encode(row) + "\n" for row in rows)


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as JSON, one a line."""
    write_atomic(path, json_lines(rows))


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows under the keys of the first; an undefined value is an empty cell."""
    names = list(rows[0])
    if any(row.keys() != rows[0].keys() for row in rows):
        raise ValueError("rows of one file need the same keys")
    lines = [names, *([row[name] for name in names] for row in rows)]

    def written(**quoting: Any) -> str:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n", **quoting).writerows(lines)
        return text.getvalue()

    text = written()  # which leaves a bare \r unquoted
    write_atomic(path, written(quoting=csv.QUOTE_ALL) if "\r" in text else text)


def read_json(path: Path, way_out: str = AGAIN) -> dict[str, Any] | None:
    """Read a JSON object, None where there is no file; DamagedFile names it and the way out."""
    try:
        fields = json.loads(read_regular(path, LINES_BYTES).decode("utf-8-sig"))
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError, OSError) as error:
        raise damaged(path, error, way_out) from None
    if not isinstance(fields, dict):
        raise damaged(path, "it holds no JSON object", way_out)
    return fields


def read_lines(path: Path, kind: type[Line] | Any, way_out: str) -> list[Line]:
    """Read JSON lines as `kind`, any type that pydantic knows; no file is no line.

    Raises DamagedFile with the first line that is not of that kind.
    """
    try:
        content = read_regular(path, LINES_BYTES)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise damaged(path, error, way_out) from None
    read = TypeAdapter[Line](kind).validator.validate_json
    lines = []
    content = content.removeprefix(codecs.BOM_UTF8)
    for number, line in enumerate(content.removesuffix(b"\n").split(b"\n") if content else [], 1):
        try:
            lines.append(read(line))
        except ValidationError as error:
            raise damaged(path, f"line {number}: {first_reason(error)}", way_out) from None
    return lines


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Read the JSON objects that a NeMo job was given or left, one a line."""
    return read_lines(path, dict[str, Any], AGAIN)


def damaged(path: Path, found: object, way_out: str) -> DamagedFile:
    """Return the error for a file of the workspace that cannot be read, with what to do about it."""
    return DamagedFile(f"{path} is damaged ({' '.join(str(found).split())}): {way_out}")


def first_reason(error: ValidationError) -> str:
    """Return the first reason of a validation error in a few words."""
    details = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(map(str, details["loc"]))
    return f"{field}: {details['msg']}" if field else details["msg"]
