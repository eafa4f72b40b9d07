"""Stage import: bring recordings and their transcripts into a workspace, as rows and clips.

Utterances are used or refused, each with its reason. A clip is known by the recording and the part that it
is cut from, and kept, so that the same import goes on where it was interrupted; the record is written
before the rows, which it knows by their digest, and the rows last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tasks.benchmark.build_rows import carried_clip_faults, carry_rows
from tasks.domain.errors import Fault, InputsChanged, InvalidInput
from tasks.logs import at_stage, log
from tasks.recordings.audio import keep_clip
from tasks.recordings.inputs import Choices, Inputs, read_inputs
from tasks.recordings.planned import Plan, PlannedClip, in_parallel, plan_clips
from tasks.recordings.rows import NO_SPEAKER, RowDefaults
from tasks.recordings.target import (
    IMPORT_FILE,
    TargetFile,
    clip_name,
    find_target,
    find_terms,
    new_rows,
)
from tasks.records.files import json_lines, link_atomic, text_sha256, write_atomic, write_record
from tasks.records.imported import (
    ImportedRows,
    ImportRecord,
    RefusedUtterances,
    Target,
)
from tasks.records.reading import LINES_BYTES, read_regular
from tasks.records.record import read_record
from tasks.workspace.audio import ClipStore, clip_store
from tasks.workspace.locks import disk_named, locked, remove_leftovers

SHOWN_ROWS, SHOWN_PLACES = 5, 5
NO_VOICE = (
    "which count as one voice; a verdict needs several: --column speaker=COLUMN, or "
    "--speaker NAME for the files of one, names them"
)


@dataclass(frozen=True)
class ImportRequest:
    """The files of an import, or folders, the rows that they become, and how they are read."""

    root: Path
    files: tuple[Path, ...]
    kind: Target
    defaults: RowDefaults = field(default_factory=RowDefaults)
    choices: Choices = field(default_factory=Choices)
    dry_run: bool = False


@dataclass(frozen=True)
class Imported:
    """The result of an import: its record, the first rows, rows without a speaker, and their cycle."""

    record: ImportedRows
    first: tuple[dict[str, Any], ...]
    unnamed: int
    number: int | None
    dry_run: bool

    @property
    def sentence(self) -> str:
        """Return a sentence with the numbers of utterances used and refused."""
        one = self.record
        counts = (
            f"{_count(one.rows_in, 'utterance')}: {one.rows_used} used, {one.rows_refused} refused"
        )
        if not one.rows_added:
            return f"{counts}; no row is new, and {one.target} was not changed"
        had = f" to the {one.rows_before} there are" if one.rows_before else ""
        terms = f" of {_count(len(one.terms), 'term')}" if one.terms else ""
        verb = "would be added" if self.dry_run else "added"
        rows = f"{_count(one.rows_added, 'row')}{terms}, on {_count(one.clips, 'clip')}"
        return f"{counts}; {rows}, {verb} to {one.target}{had}"

    @property
    def counts(self) -> dict[str, Any]:
        """Counts of the utterances used and refused, without their words."""
        names = {"target", "rows_in", "rows_used", "rows_refused", "rows_added", "clips"}
        return self.record.model_dump(mode="json", include=names)

    @property
    def fields(self) -> dict[str, Any]:
        """The record as JSON has it, and the fields that it has no value for."""
        fields = self.record.model_dump(mode="json")
        return fields | {"dry_run": self.dry_run, "first_rows": list(self.first)}

    @property
    def text(self) -> str:
        """Return a line for each fact."""
        one = self.record
        lines = [self.sentence]
        lines += [
            f"{item.path}: {item.format}, {item.chosen}" for item in one.inputs if item.chosen
        ]
        lines += [f"recordings, {count} of {kind}" for kind, count in one.audio.items()]
        for refused in one.refused:
            more = len(refused.where) - SHOWN_PLACES
            places = ", ".join(refused.where[:SHOWN_PLACES]) + (
                f", {more} more" if more > 0 else ""
            )
            lines.append(f"refused, {_count(refused.rows, 'time')}: {refused.reason} ({places})")
        if self.unnamed:
            lines.append(f"without a speaker: {_count(self.unnamed, 'row')}, {NO_VOICE}")
        if self.dry_run:
            lines += ["", *json_lines(self.first).splitlines(), "Nothing was written."]
        return "\n".join(lines)


def _count(number: int, unit: str) -> str:
    """Count something in words.

    >>> _count(1, "row"), _count(2, "row")
    ('1 row', '2 rows')
    """
    return f"{number} {unit}{'' if number == 1 else 's'}"


def import_recordings(request: ImportRequest) -> Imported:
    """Add rows and clips to a workspace; raise InvalidInput with every fault before anything is written.

    Raises DiskFull or DiskFailed where the disk takes no more; what was made is kept.
    """
    with disk_named("import", request.root), at_stage("import"):
        return _import(request)


def _import(request: ImportRequest) -> Imported:
    if not request.root.is_dir():
        raise InvalidInput(
            [Fault(f"expected a folder; {request.root} does not exist", "--workspace")]
        )
    root = request.root.resolve()
    target = find_target(root, request.kind, request.choices.cycle)
    inputs = read_inputs(request.files, request.choices)
    terms = find_terms(root, inputs) if target.is_clinical else None
    if target.carried and (faults := carried_clip_faults(target.carried, target.path.parent)):
        raise InvalidInput(faults)
    plan = plan_clips(inputs, terms, request.defaults, request.choices)
    if not plan.clips and not target.before:
        raise InvalidInput(list(_nothing_of(plan)))
    if request.dry_run:
        return _add(request, root, target, inputs, plan, None)
    with ExitStack() as held:
        held.enter_context(locked(root, "import", wait=False))
        if target.number:
            held.enter_context(locked(root, f"cycle{target.number}", wait=False))
        now = read_regular(target.path, LINES_BYTES) if target.path.exists() else None
        if now != target.content:
            raise InputsChanged(f"{target.path} changed meanwhile: run the same command again")
        store = clip_store(root)
        remove_leftovers(root, store.folder)
        remove_leftovers(root, target.path.parent)
        return _add(request, root, target, inputs, plan, store)


def _nothing_of(plan: Plan) -> Iterator[Fault]:
    """Return why no utterance can be a row."""
    for reason, count in Counter(reason for _, reason in plan.refused).items():
        yield Fault(f"expected utterances that can be rows; {count} cannot: {reason}", "--as")


def _add(
    request: ImportRequest,
    root: Path,
    target: TargetFile,
    inputs: Inputs,
    plan: Plan,
    store: ClipStore | None,
) -> Imported:
    """Make the clips, and add the rows that are new; without a store nothing is written."""
    cuts = list({one.cut.identity: one.cut for one in plan.clips}.values())
    made = in_parallel(lambda cut: keep_clip(cut, store), cuts, "clips")
    facts = {cut.identity: one for cut, one in zip(cuts, made, strict=True)}

    rows, used, refused = new_rows(target, plan, facts)
    record = _record(root, target, inputs, plan, rows, used, refused)
    unnamed = sum(row.get("voice_id", NO_SPEAKER) == NO_SPEAKER for row in rows)
    first = tuple(rows[:SHOWN_ROWS])
    imported = Imported(record, first, unnamed, target.number, request.dry_run)
    if rows and store is not None:
        _write(root, target, used, store, record, rows)
        log().info("import: %s", imported.sentence)
    return imported


def _write(
    root: Path,
    target: TargetFile,
    used: Sequence[PlannedClip],
    store: ClipStore,
    record: ImportedRows,
    rows: Sequence[dict[str, Any]],
) -> None:
    """Put the clips into the cycle, then write the record, then the rows."""
    folder = target.path.parent
    if target.number is not None:
        (folder / "audio").mkdir(parents=True, exist_ok=True)
        carry_rows(target.carried, folder)
        for clip in used:
            link_atomic(store.clip(clip.cut.identity), folder / clip_name(target, clip))
    path = root / IMPORT_FILE
    before = read_record(path, ImportRecord)
    done = [one for one in before.imports if not _was_begun(one, record)] if before else []
    write_record(path, ImportRecord(imports=(*done, record)))
    write_atomic(target.path, _content(target, rows))


def _was_begun(one: ImportedRows, record: ImportedRows) -> bool:
    """Whether an earlier import ended before it wrote its rows: the target is as it was before that."""
    return (one.target, one.replaces_sha256) == (record.target, record.replaces_sha256)


def _content(target: TargetFile, rows: Sequence[dict[str, Any]]) -> str:
    """Write the target as it was, or the rows that are carried over, with the new rows behind."""
    carried = read_regular(target.carried.path, LINES_BYTES) if target.carried else b""
    before = (target.content or carried).decode("utf-8")
    return before + ("\n" if before and not before.endswith("\n") else "") + json_lines(rows)


def _record(
    root: Path,
    target: TargetFile,
    inputs: Inputs,
    plan: Plan,
    rows: Sequence[dict[str, Any]],
    used: Sequence[PlannedClip],
    refused: Sequence[tuple[str, str]],
) -> ImportedRows:
    reasons: dict[str, list[str]] = {}
    for where, reason in refused:
        reasons.setdefault(reason, []).append(where)
    recordings = {one.cut.recording.path: one.cut.recording for one in used}
    read = {one.cut.recording.path: one.cut.recording for one in plan.clips}
    return ImportedRows(
        target=target.path.relative_to(root).as_posix(),
        kind=target.kind,
        inputs=tuple(one.record for one in inputs.transcripts),
        recordings={str(path): one.sha256 for path, one in sorted(recordings.items())},
        audio=dict(sorted(Counter(one.kind for one in read.values()).items())),
        rows_in=len(used) + len(refused),
        rows_used=len(used),
        rows_refused=len(refused),
        refused=tuple(
            RefusedUtterances(reason=reason, rows=len(places), where=tuple(places))
            for reason, places in reasons.items()
        ),
        rows_before=sum(len(one.rows) for one in target.before),
        rows_added=len(rows),
        clips=len({row["audio_filepath"] for row in rows}),
        terms=dict(Counter(row["term"] for row in rows if "term" in row)),
        replaces_sha256=target.sha256,
        manifest_sha256=text_sha256(_content(target, rows)),
    )
