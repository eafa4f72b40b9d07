"""Tell our own per_sample.json, which is made anew, from a person's, which is an input."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import ClassVar

from tasks.records.files import json_lines, write_atomic, write_record
from tasks.records.record import Record, read_record
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import Decoding
from tasks.workspace.hypotheses import sample_rows


class OwnBaseline(Record):
    """own_baseline.json: says that per_sample.json of this digest was decoded here."""

    way_out: ClassVar[str] = (
        "remove it, and per_sample.json with it unless that came from another ASR system"
    )
    per_sample_sha256: str
    decoded: str


def own_baseline_path(cycle: Cycle) -> Path:
    return cycle.folder / "decoded" / "own_baseline.json"


def baseline_is_given(cycle: Cycle) -> bool:
    """Tell whether per_sample.json came from outside: it is an input, of whichever system."""
    return cycle.per_sample.is_file() and _own_baseline(cycle) is None


def own_baseline_is_stale(cycle: Cycle) -> bool:
    """Tell whether per_sample.json was decoded here from another model, or other rows, than now."""
    own = _own_baseline(cycle)
    return own is not None and own.decoded != Decoding(Run(cycle), cycle.comparison).output.name


def _own_baseline(cycle: Cycle) -> OwnBaseline | None:
    """Return the record of the per_sample.json that is there, None where it was not decoded here."""
    own = read_record(own_baseline_path(cycle), OwnBaseline)
    return own if own and own.per_sample_sha256 == cycle.baseline_sha256 else None


def write_own_baseline(cycle: Cycle) -> None:
    """Write per_sample.json from our own decoding.

    That it is ours is written first: a kill in between leaves no baseline, and none that could
    pass for somebody else's.
    """
    decoding = Decoding(Run(cycle), cycle.comparison)
    content = json_lines(sample_rows(cycle.rows, decoding.read())).encode()
    own = OwnBaseline(
        per_sample_sha256=hashlib.sha256(content).hexdigest(), decoded=decoding.output.name
    )
    write_record(own_baseline_path(cycle), own)
    write_atomic(cycle.per_sample, content)
