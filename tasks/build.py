"""Stage build: make the benchmark of a cycle from terms, sentences, voices and conditions.

Rows that are asked for are made or refused, each with its reason. A clip is known by what makes it
and kept, so that a second build synthesizes nothing; the record is written before the manifest, which
it knows by its digest, and the manifest last.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.benchmark.audition_file import Auditioned
from tasks.benchmark.auditioning import CarriedRows, check_audition, ipa_of_terms, take_in_audition
from tasks.benchmark.build import BuildInputs, read_build_inputs
from tasks.benchmark.build_rows import carry_rows, clip_digests, place_row, with_accepted
from tasks.benchmark.clip import Voicing
from tasks.benchmark.conditions import Condition
from tasks.benchmark.harden import (
    condition_of,
    current_conditions,
    harder_conditions,
    shortage,
    what_helps,
)
from tasks.benchmark.plan import (
    Key,
    PlannedRow,
    Sources,
    context_faults,
    plan_rows,
    rows_short,
)
from tasks.benchmark.rows import MadeRow, make_rows, row_fields
from tasks.benchmark.voicing import voicing_of_cycle
from tasks.domain.errors import InvalidInput, ServiceFailed
from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.normalize import normalize
from tasks.logs import at_stage, log
from tasks.records.build import BuildRecord, BuiltWith, RefusedRows
from tasks.records.files import file_sha256, json_lines, text_sha256, write_atomic
from tasks.records.files import write_record as write
from tasks.records.ledger_line import BuildLine
from tasks.workspace.audio import ClipStore, clip_store
from tasks.workspace.ledger import now, record_in_ledger
from tasks.workspace.locks import disk_named, locked, remove_leftovers
from tasks.workspace.open import TERMS_FILE

NO_OTHER = "there is no further sentence, voice and noise level for it"


def build_benchmark(root: Path, number: int) -> BuildRecord:
    """Build a cycle's manifest and audio; raise InvalidInput with every fault before anything.

    Raises DiskFull or DiskFailed where the disk takes no more; what was made is kept.
    """
    with disk_named("build", root):
        return _build(root, number)


def _build(root: Path, number: int) -> BuildRecord:
    began = time.monotonic()
    take_in_audition(root, number)
    inputs = read_build_inputs(root, number)
    with locked(inputs.root, f"cycle{number}", wait=False), at_stage("build"):
        store = clip_store(inputs.root)
        remove_leftovers(inputs.root, inputs.folder)
        remove_leftovers(inputs.root, store.folder)
        wanted, policy = inputs.growth.wanted, inputs.policy.build
        carried = inputs.carried_planned
        terms = [*(one.term for one in wanted), *(row.term for row in carried if row)]
        voicing = voicing_of_cycle(inputs.root, number, policy, inputs.given, terms, inputs.carried)
        auditioned, carried_rows = check_audition(inputs, voicing)
        if auditioned.advice:
            log().warning("build: %s", auditioned.advice)

        taken = _taken(inputs)
        new = _plan(inputs, voicing, taken)
        planned = [
            *(row for place, row in enumerate(carried) if place in carried_rows.again and row),
            *new,
        ]
        audio = [
            facts.sha256
            for place, facts in enumerate(inputs.before.audio if inputs.before else ())
            if place not in carried_rows.again
        ]
        made = make_rows(planned, voicing, policy, store, taken, audio, auditioned.rejected)
        refused = [*_short(inputs, new), *_refused(made)]

        rows = _carry(inputs, voicing, auditioned, carried_rows)
        rows += [_place(inputs, one, voicing, auditioned, store) for one in made if not one.refused]
        if not rows:
            reason = refused[0].reason if refused else f"{TERMS_FILE} asks for no row"
            raise ServiceFailed(f"no row could be made: {reason}")
        record = _record(
            inputs, rows, voicing, planned, made, refused, auditioned.advice, carried_rows, began
        )
        write(inputs.record, record)
        write_atomic(inputs.manifest, json_lines(rows))
        record_in_ledger(inputs.root, _ledger_line(record))
    for sentence in record.too_small:
        log().warning("build: %s What helps: %s.", sentence, record.needs)
    log().info("build: %s", record.sentence)
    return record


def _carry(
    inputs: BuildInputs, voicing: Voicing, auditioned: Auditioned, carried: CarriedRows
) -> list[dict[str, Any]]:
    """Carry rows over, each as it is; one that nobody had checked takes on what was decided since.

    Unchanged where its voice is none of the audition's voices now. The spellings that are accepted are
    those of terms.csv as it is now, for a term that it lists.
    """
    rows = carry_rows(inputs.before, inputs.folder, carried.again)
    accepted = {normalize(one.term): one.accepted for one in inputs.terms}
    for place, fields in rows.items():
        spellings = accepted.get(normalize(fields["term"]))
        if spellings is not None:
            rows[place] = with_accepted(fields, spellings)
    voices = frozenset(voicing.voices)
    for place, row in enumerate(inputs.carried_planned):
        unheard = place in rows and inputs.carried[place].audition is None
        if row is not None and unheard and row.voice in voices:
            rows[place] |= auditioned.stamp(row)
    return list(rows.values())


def _taken(inputs: BuildInputs) -> list[Key]:
    """Return the texts, voices and conditions of carried rows, which no added row may have again."""
    rows = inputs.carried_fields
    return [(row["text"], row["voice_id"], condition_of(row)) for row in rows]


def _plan(inputs: BuildInputs, voicing: Voicing, taken: Sequence[Key]) -> list[PlannedRow]:
    """Return the plan of the rows to make; raise InvalidInput where a term has no sentence."""
    policy, wanted = inputs.policy.build, inputs.growth.wanted
    levels = [Condition.of(level) for level in policy.noise_levels]
    used = [condition for _, _, condition in taken]
    in_use = current_conditions(used, levels) if inputs.hardened else levels
    sources = Sources(
        contexts=policy.contexts,
        voices=voicing.voices,
        conditions=harder_conditions([*levels, *used]) if inputs.harder else in_use,
        sentences=inputs.sentences,
        names=inputs.names,
        seed=policy.seed,
        reserved=inputs.reserved,
    )
    faults = context_faults([one.term for one in wanted], sources, TERMS_FILE)
    if faults:
        raise InvalidInput(faults)
    return plan_rows(wanted, taken, sources)


def _short(inputs: BuildInputs, planned: Sequence[PlannedRow]) -> list[RefusedRows]:
    """Name terms that have fewer sentences, voices and conditions than rows are wanted of them."""
    short = rows_short(inputs.growth.wanted, planned)
    return [RefusedRows(term=term, rows=rows, reason=NO_OTHER) for term, rows in short.items()]


def _refused(made: Sequence[MadeRow]) -> list[RefusedRows]:
    return [
        RefusedRows(
            term=one.row.term.term,
            text=one.row.text,
            voice_id=one.row.voice.voice_id,
            reason=one.refused,
            again=one.result.transient,
        )
        for one in made
        if one.refused
    ]


def _place(
    inputs: BuildInputs, made: MadeRow, voicing: Voicing, auditioned: Auditioned, store: ClipStore
) -> dict[str, Any]:
    """Put a new clip into the cycle, and return its row."""
    row = made.row
    assert made.result.sha256 is not None, "a row without a clip is refused"
    fields = row_fields(row, voicing) | auditioned.stamp(row)
    clip = store.clip(made.result.sha256)
    return place_row(fields, clip, inputs.folder) | row.condition.fields


def _record(
    inputs: BuildInputs,
    rows: Sequence[dict[str, Any]],
    voicing: Voicing,
    planned: Sequence[PlannedRow],
    made: Sequence[MadeRow],
    refused: Sequence[RefusedRows],
    advice: str,
    carried_rows: CarriedRows,
    began: float,
) -> BuildRecord:
    kept = [one.result for one in made if not one.refused]
    moved = [
        one for one, row in zip(made, planned, strict=True) if one.row != row and not one.refused
    ]
    growth, again = inputs.growth, len(carried_rows.again)
    carried = len(inputs.carried) - again
    benchmark = [ClinicalRow.model_validate(row) for row in rows]
    small = shortage(benchmark, inputs.policy)
    return BuildRecord(
        cycle=inputs.number,
        rows=carried + len(kept),
        carried=carried,
        said_again=again,
        asked=again + sum(one.rows for one in growth.wanted),
        made=len(kept),
        reused=sum(not one.takes for one in kept),
        retried=sum(one.result.takes > 1 for one in made),
        other_voice=len(moved),
        takes=sum(one.result.takes for one in made),
        refused=tuple(refused),
        lacking={str(category): count for category, count in growth.lacking.items()},
        harder=inputs.harder,
        engines=tuple(
            BuiltWith(engine=name, version=one.engine.version, voices=one.voices)
            for name, one in voicing.engines.items()
        ),
        pronunciations=ipa_of_terms(inputs, voicing, carried_rows, made),
        ipa_not_used=voicing.not_used,
        audition=advice,
        too_small=tuple(small),
        needs=what_helps(benchmark, inputs.policy) if small else "",
        empty_rows=dict(inputs.empty_rows),
        sentences_not_used=Counter(
            one.context_type
            for one in inputs.sentences
            if one.context_type not in inputs.policy.build.contexts
        ),
        inputs=dict(inputs.digests),
        clips=clip_digests(inputs.folder, rows),
        manifest_sha256=text_sha256(json_lines(rows)),
        replaces_sha256=file_sha256(inputs.manifest) if inputs.manifest.exists() else None,
        seconds=round(time.monotonic() - began, 1),
        built_at=now(),
    )


def _ledger_line(record: BuildRecord) -> BuildLine:
    return BuildLine(
        cycle=record.cycle,
        outcome="built",
        reasons=(record.sentence,),
        manifest_sha256=record.manifest_sha256,
        finished_at=record.built_at,
    )
