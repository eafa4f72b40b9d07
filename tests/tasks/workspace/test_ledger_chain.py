"""Each line of the ledger holds the digest of the line before it, and every change among them shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.workspace.ledger import read_ledger, record_in_ledger
from tasks.workspace.ledger_chain import chain_again, chain_faults, line_sha256, raw_lines
from tests.tasks.workspace.test_ledger import gate_line

Change = Callable[[list[bytes]], list[bytes]]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    for inputs in ("a", "b", "c", "d"):
        record_in_ledger(tmp_path, gate_line(inputs))
    return tmp_path / "ledger.jsonl"


def test_a_line_holds_the_digest_of_the_line_before_it(ledger: Path) -> None:
    lines = read_ledger(ledger.parent)
    digests = [line_sha256(line) for line in raw_lines(ledger)]
    assert [line.previous_sha256 for line in lines] == [None, *digests[:-1]]
    assert chain_faults(raw_lines(ledger)) == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: [lines[0].replace(b"small", b"large"), *lines[1:]], 2),
        (lambda lines: [lines[0], *lines[2:]], 2),
        (lambda lines: lines[1:], 1),
        (lambda lines: [lines[0], lines[2], lines[1], lines[3]], 2),
        (lambda lines: [*lines[:2], unchained(lines[0]), *lines[2:]], 3),
    ],
    ids=["a reason is edited", "a line is gone", "the first is gone", "swapped", "put between"],
)
def test_a_change_of_earlier_lines_is_named_by_the_first_line_that_does_not_follow(
    ledger: Path, change: Change, line: int
) -> None:
    faults = chain_faults(change(raw_lines(ledger)))
    assert faults[0].startswith(f"ledger.jsonl:{line}: it does not follow from ")


def unchained(line: bytes) -> bytes:
    fields = json.loads(line)
    del fields["previous_sha256"]
    return json.dumps(fields).encode()


def test_lines_from_before_they_were_chained_stay_valid_and_as_they_are(ledger: Path) -> None:
    earlier = b"".join(unchained(line) + b"\n" for line in raw_lines(ledger))
    ledger.write_bytes(earlier)
    record_in_ledger(ledger.parent, gate_line("e"))
    assert ledger.read_bytes().startswith(earlier)
    assert chain_faults(raw_lines(ledger)) == []
    changed = [line.replace(b'"d"', b'"x"') for line in raw_lines(ledger)]
    assert len(chain_faults(changed)) == 1


def test_line_ends_of_another_system_break_nothing(ledger: Path) -> None:
    ledger.write_bytes(b"\xef\xbb\xbf" + ledger.read_bytes().replace(b"\n", b"\r\n"))
    record_in_ledger(ledger.parent, gate_line("e"))
    assert len(read_ledger(ledger.parent)) == 5
    assert chain_faults(raw_lines(ledger)) == []


def test_lines_are_chained_again_from_the_first_that_was(ledger: Path) -> None:
    lines = raw_lines(ledger)
    chain_again(ledger, [unchained(lines[0]), *lines[2:], unchained(lines[1])])
    assert chain_faults(raw_lines(ledger)) == []
    assert [line.inputs_sha256 for line in read_ledger(ledger.parent)] == ["a", "c", "d", "b"]
