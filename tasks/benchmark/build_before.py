"""What the cycle before leaves to a build: its rows, its terms and whether it was found too easy."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from tasks.benchmark.terms import Term
from tasks.domain.errors import Fault
from tasks.domain.manifest import ClinicalRow, engine_of
from tasks.domain.scoring.normalize import normalize
from tasks.domain.words import too_long
from tasks.records.record import read_record
from tasks.records.stages import GateRecord
from tasks.workspace.manifests import ACCEPTANCE, Manifest, read_if_there


def latest_cycle(root: Path) -> int:
    """Give the number of the last cycle that has a manifest, or an audition; 1 without any."""
    names = [
        path.parent.name.removeprefix("cycle")
        for name in ("manifest.jsonl", "audition.json")
        for path in root.glob(f"cycle*/{name}")
    ]
    return max((int(name) for name in names if name.isdecimal()), default=1)


def read_before(root: Path, number: int) -> Manifest[ClinicalRow] | None:
    """Read the manifest of the cycle before, None without one; raise InvalidInput."""
    return read_if_there(root / f"cycle{number - 1}" / "manifest.jsonl", ClinicalRow)


def read_acceptance(root: Path) -> Manifest[ClinicalRow] | None:
    """Read acceptance.jsonl, None without one; raise InvalidInput."""
    return read_if_there(root / ACCEPTANCE, ClinicalRow)


def asked_for_harder(root: Path, number: int) -> bool:
    """Whether the gate of the cycle before found its benchmark too easy."""
    gate = read_record(root / f"cycle{number - 1}" / "gate.json", GateRecord)
    return gate is not None and gate.route == "harden"


def was_hardened(root: Path, number: int) -> bool:
    """Whether any gate before this cycle found the benchmark too easy."""
    return any(asked_for_harder(root, one) for one in range(2, number + 1))


def voices_added(root: Path, number: int, rows: Sequence[ClinicalRow]) -> frozenset[str]:
    """Give the voices of these rows, which a benchmark keeps that was made harder; else none."""
    return frozenset(row.voice_id for row in rows) if was_hardened(root, number) else frozenset()


def long_names(before: Manifest[ClinicalRow] | None) -> list[Fault]:
    """Name the terms and voices of the cycle before that are too long to be decided on."""
    if before is None:
        return []
    return [
        Fault(long, f"{before.path.parent.name}/{before.path.name}", line, name)
        for line, row in zip(before.lines, before.rows, strict=True)
        for name, text in (("term", row.term), ("voice_id", row.voice_id))
        if (long := too_long(text))
    ]


def terms_of(
    rows: Sequence[ClinicalRow], listed: Sequence[Term], engines: Collection[str]
) -> list[Term | None]:
    """Give the term of each row as it is listed; None where none of these engines spoke the row."""
    known = {normalize(one.term): one for one in listed}
    return [
        known.setdefault(
            normalize(row.term), Term(row.term, row.entity_category, accepted=row.accepted)
        )
        if engine_of(row.voice_id) in engines
        else None
        for row in rows
    ]
