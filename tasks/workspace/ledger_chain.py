"""The lines of ledger.jsonl as bytes: each holds the digest of the line before it.

Lines that were written before they were chained hold none, and stay valid as they are.
"""

from __future__ import annotations

import codecs
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.records.files import write_atomic
from tasks.records.reading import LINES_BYTES, UTF_16, read_regular
from tasks.records.record import Record

FILE = "ledger.jsonl"
FIELD = "previous_sha256"


def raw_lines(path: Path) -> list[bytes]:
    """Read the lines of a ledger as they are, without a mark of byte order; none without a file.

    Raises OSError for what is no regular file.
    """
    try:
        content = read_regular(path, LINES_BYTES)
    except FileNotFoundError:
        return []
    content = content.removeprefix(codecs.BOM_UTF8).removesuffix(b"\n")
    return content.split(b"\n") if content else []


def lines_to_repair(content: bytes) -> list[bytes]:
    """Split a damaged ledger into lines, whatever an editor made of its encoding and its ends.

    >>> lines_to_repair('\\ufeff{"a": 1}\\n\\n'.encode("utf-16"))
    [b'{"a": 1}', b'']
    """
    if content.startswith(UTF_16):
        content = content.decode("utf-16", errors="replace").encode("utf-8")
    lines = content.removesuffix(b"\n").split(b"\n")
    return [line.removeprefix(codecs.BOM_UTF8).strip() for line in lines]


def line_sha256(line: bytes) -> str:
    """Return the digest of a line; white space at its ends, which editors change, is not in it.

    >>> line_sha256(b'{"cycle": 1}\\r') == line_sha256(b'{"cycle": 1}')
    True
    """
    return hashlib.sha256(line.strip()).hexdigest()


def append_line(root: Path, line: Record) -> None:
    """Append a line that holds the digest of the one before; the earlier ones stay byte for byte."""
    earlier = raw_lines(root / FILE)
    fields = line.model_dump(mode="json", by_alias=True)
    _write(root / FILE, [*earlier, _chained(fields, earlier)])


def chain_again(path: Path, lines: Sequence[bytes]) -> None:
    """Write these lines as a ledger in which each holds the digest of the line before it."""
    written: list[bytes] = []
    chained = False  # lines before the first chained one stay as they are
    for line in lines:
        fields = json.loads(line)
        chained = chained or bool(fields.get(FIELD))
        written.append(_chained(fields, written) if chained else line)
    _write(path, written)


def chain_faults(lines: Sequence[bytes]) -> list[str]:
    """Say which lines of a ledger do not follow from the line before them.

    >>> first, second = b'{"cycle": 1}', b'{"cycle": 2, "previous_sha256": "ab"}'
    >>> chain_faults([first, second])
    ['ledger.jsonl:2: it does not follow from line 1: a line was changed, removed or put between']
    >>> chain_faults([first, b'{"cycle": 2}'])
    []
    """
    faults, chained = [], False
    for number, line in enumerate(lines, 1):
        given = json.loads(line).get(FIELD)
        expected = line_sha256(lines[number - 2]) if number > 1 else None
        if (given or chained) and given != expected:
            where = f"line {number - 1}" if number > 1 else "the beginning"
            faults.append(
                f"{FILE}:{number}: it does not follow from {where}: a line was changed, removed or "
                "put between"
            )
        chained = chained or bool(given)
    return faults


def _chained(fields: dict[str, Any], earlier: Sequence[bytes]) -> bytes:
    fields[FIELD] = line_sha256(earlier[-1]) if earlier else None
    return json.dumps(fields, ensure_ascii=False).encode()


def _write(path: Path, lines: Sequence[bytes]) -> None:
    write_atomic(path, b"".join(line + b"\n" for line in lines))
