"""Stage of compare: read what several systems transcribed, compare them, write the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.policy import Policy
from tasks.domain.verdict.answer import record, summary
from tasks.domain.verdict.systems import compare_systems
from tasks.records.files import write_atomic
from tasks.report.compare import write_comparison
from tasks.workspace.open import POLICY_FILE, check_out, collecting, policy_over_file, read_policy
from tasks.workspace.systems import GivenSystems, read_systems, systems_of_cycles

PAGE, RECORD = "compare.html", "compare.json"


@dataclass(frozen=True)
class Request:
    """A checked request: the systems, and the policy that says which rows decide."""

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
    notes, fields = list(given.notes), {"source": given.source} | record(found)
    fields["notes"] = list(given.notes)
    if request.out is not None:
        write_comparison(request.out / PAGE, given, found, request.policy.report.embed_audio_mb)
        write_atomic(request.out / RECORD, json.dumps(fields, indent=2, ensure_ascii=False) + "\n")
        notes.append(f"{request.out / PAGE} has the rows on which they differ.")
        fields["out"] = str(request.out)
    return Compared(summary(found, notes), fields)
