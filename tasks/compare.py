"""Stage of compare: read what several systems transcribed, compare them, write the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.policy import Policy
from tasks.domain.verdict.answer import answer, pair_sentence, summary
from tasks.domain.verdict.noninferiority import Guard
from tasks.domain.verdict.rates import Group
from tasks.domain.verdict.systems import SystemComparison, SystemPair, compare_systems
from tasks.records.files import write_atomic
from tasks.report.compare import write_comparison
from tasks.workspace.open import POLICY_FILE, check_out, collecting, policy_over_file, read_policy
from tasks.workspace.systems import GivenSystems, read_systems, systems_of_cycles

PAGE, RECORD = "compare.html", "compare.json"


@dataclass(frozen=True)
class Request:
    """A checked request: the systems, and the policy that names which rows decide."""

    given: GivenSystems
    policy: Policy
    out: Path | None


@dataclass(frozen=True)
class Compared:
    """The answer as a text for a person and as a record for programs."""

    text: str
    record: dict[str, Any]


def check_request(
    manifest: Path | None = None,
    systems: Sequence[Path] = (),
    workspace: Path | None = None,
    cycles: Sequence[int] = (),
    out: Path | None = None,
    policy: Policy | None = None,
) -> Request:
    """Read a manifest and files of transcripts, or the cycles of a workspace; audio is not read.

    Raises InvalidInput with every fault.
    """
    of_files = manifest is not None and workspace is None and len(systems) > 1
    of_cycles = manifest is None and workspace is not None and len(set(cycles)) > 1
    if not (of_files or of_cycles):
        sentence = "expected --manifest and two files of transcripts or more, or a workspace and two cycles"
        raise InvalidInput([Fault(sentence, "compare")])
    faults: list[Fault] = []
    given: GivenSystems | None = None
    chosen = policy or Policy()
    with collecting(faults):
        if out is not None:
            check_out(out)
    with collecting(faults):
        if workspace is not None:
            if not workspace.is_dir():
                raise InvalidInput([Fault(f"expected a folder; {workspace} does not exist")])
            chosen = policy_over_file(workspace, policy)[0] or read_policy(workspace / POLICY_FILE)
            given = systems_of_cycles(workspace, cycles, chosen)
        elif manifest is not None:
            given = read_systems(manifest, systems)
    if faults or given is None:
        raise InvalidInput(faults)
    return Request(given, chosen, out.absolute() if out else None)


def compare(request: Request) -> Compared:
    """Compare the systems; with a folder for it, write compare.html and compare.json."""
    given = request.given
    found = compare_systems(given.rows, given.texts, request.policy)
    notes, fields = list(given.notes), {"source": given.source} | comparison_record(found)
    fields["notes"] = list(given.notes)
    if request.out is not None:
        write_comparison(request.out / PAGE, given, found, request.policy.report.embed_audio_mb)
        write_atomic(request.out / RECORD, json.dumps(fields, indent=2, ensure_ascii=False) + "\n")
        notes.append(f"{request.out / PAGE} has the rows on which they differ.")
        fields["out"] = str(request.out)
    return Compared(summary(found, notes), fields)


def comparison_record(found: SystemComparison) -> dict[str, Any]:
    """Return every figure under the names that programs read."""
    first = found.systems[0].judged
    return {
        "answer": answer(found),
        "judged": {
            "categories": list(found.judged),
            "rows": first.rows,
            "terms": first.terms,
            "voices": found.voices,
            "view": found.view,
        },
        "rows": found.rows,
        "systems": [
            {"name": one.name}
            | _group_record(one.judged)
            | {
                "all": _group_record(one.all),
                "categories": {
                    name: _group_record(group) for name, group in one.categories.items()
                },
            }
            for one in found.systems
        ],
        "pairs": [_pair_record(found, pair) for pair in found.pairs],
    }


def _group_record(group: Group) -> dict[str, Any]:
    fields = asdict(group)
    rates: dict[str, Any] = fields.pop("rates")
    return {"rows": group.rows, "terms": group.terms} | rates | fields


def _pair_record(found: SystemComparison, pair: SystemPair) -> dict[str, Any]:
    name, other = pair.names
    return {
        "a": pair.a,
        "b": pair.b,
        "missed_a": pair.move.before,
        "missed_b": pair.move.after,
        "drop": pair.move.drop,
        "drop_ci95": pair.move.ci95,
        "p_terms": pair.tests.p_terms,
        "p_voices": pair.tests.p_voices,
        "p_adjusted": pair.tests.p_adjusted,
        "better": pair.better,
        "sentence": pair_sentence(found, pair),
        "guards": [
            {"system": name, "in_place_of": other, **_guard_record(guard)} for guard in pair.guards
        ],
    }


def _guard_record(guard: Guard) -> dict[str, Any]:
    fields = asdict(guard)
    return {"name": fields.pop("name"), "base": fields.pop("comparison"), **fields} | {
        "sentence": guard.sentence
    }
