"""Stage split: divide the rows, leave the manifests that NeMo trains and validates on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from tasks.domain.errors import DamagedFile, Fault, InvalidInput
from tasks.domain.jobs import AudioRow
from tasks.domain.progress import ALREADY_DONE, REUSED, StageSummary, counted, in_words
from tasks.domain.split import Side, Split, fold_splits, group_ids
from tasks.logs import log
from tasks.orchestration.stage import stage
from tasks.records.files import file_sha256, write_atomic, write_record
from tasks.records.spelled import spell_rows, spellable, spelling_record, spelling_sentences
from tasks.records.stages import SplitRecord
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.lineage import audio_ids, planned_split, sentence_id
from tasks.workspace.splits import drawn_replay, read_split, sealed, wanted_replay

NOTHING_TO_TRAIN = (
    "expected a row for training that the base can write; it can write none: write them in its "
    "alphabet, or choose another base"
)


@dataclass(frozen=True)
class SplitSummary(StageSummary):
    """Rows on each side of the split, and the folds that have one of their own."""

    train_rows: int
    validation_rows: int
    test_rows: int
    replay_rows: int
    folds: int
    refused: int = 0
    reused: bool = False

    @property
    def words(self) -> str:
        return in_words(
            counted(self.train_rows, "rows train"),
            counted(self.validation_rows, "validate"),
            counted(self.test_rows, "test"),
            counted(self.replay_rows, "clips are replayed"),
            counted(self.folds, "folds"),
            counted(self.refused, "cannot be written by the base"),
            ALREADY_DONE if self.reused else "",
        )

    @property
    def reuse(self) -> str:
        return REUSED if self.reused else ""


@stage("split")
def split_rows(cycle: Cycle) -> SplitSummary:
    """Write train.jsonl, validation.jsonl and, last, split.json; reuse them when they are current.

    With folds each gets the same files in a folder of its own.
    """
    records = [_current_split(run) for run in cycle.runs]
    is_current = all(records)
    if not is_current:
        records = _write_splits(cycle)
    done = records[-1]
    assert done is not None
    for warning in done.warnings:
        log().warning("split: %s", warning)
    for name, sentence in spelling_sentences(done.spelling).items():
        log().info("split: %s: %s", name, sentence)
    return SplitSummary(
        done.train_rows,
        done.validation_rows,
        done.test_rows,
        done.replay_rows,
        len(cycle.folds),
        sum(len(one.refused) for one in done.spelling.sets),
        reused=is_current,
    )


def _current_split(run: Run) -> SplitRecord | None:
    """Return the split of a run, None unless its manifests are those that were written with it."""
    try:
        record = read_split(run.split)
    except DamagedFile as error:
        log().warning("split: %s; it is made again now", error)
        return None
    if record is None:
        return None
    written = {run.train: record.train_sha256, run.validation: record.validation_sha256}
    intact = all(path.is_file() and file_sha256(path) == sha for path, sha in written.items())
    return record if intact else None


def _write_splits(cycle: Cycle) -> list[SplitRecord | None]:
    """Divide the rows for every run, and write what NeMo reads; in the order of the runs."""
    policy, rows = cycle.policy, cycle.rows
    folds = fold_splits(rows, policy.split, policy.folds) if policy.folds else []
    splits = [*folds, planned_split(cycle)]
    return [_write_split(run, split) for run, split in zip(cycle.runs, splits, strict=True)]


def _write_split(run: Run, split: Split) -> SplitRecord:
    cycle, rows, audio_rows = run.cycle, run.cycle.rows, run.cycle.require_benchmark.audio_rows
    used = spellable(split.train, audio_rows, cycle.alphabet)
    if not used:
        raise InvalidInput([Fault(NOTHING_TO_TRAIN, "manifest.jsonl")])
    drawn, warnings = _replay(cycle, len(used))
    validated_on, why = _validation(cycle, split, used)
    trained = spell_rows([audio_rows[position] for position in split.train], cycle.alphabet)
    replayed = spell_rows(drawn, cycle.alphabet)
    validated = spell_rows([audio_rows[position] for position in validated_on], cycle.alphabet)
    train, validation = trained.manifest + replayed.manifest, validated.manifest
    write_atomic(run.train, train)
    write_atomic(run.validation, validation)
    policy, groups, audio = (
        cycle.policy.split,
        group_ids(rows, cycle.policy.split),
        audio_ids(cycle),
    )
    sides: dict[Side, tuple[int, ...]] = {
        "train": split.train,
        "validation": split.validation,
        "test": split.test,
    }
    paths = {
        side: tuple(rows[position].audio_filepath for position in positions)
        for side, positions in sides.items()
    }
    looked_at = sorted({*used, *spellable(validated_on, audio_rows, cycle.alphabet)})
    record = SplitRecord(
        test_share=policy.test_share,
        validation_share=policy.validation_share,
        seed=policy.seed,
        group_by=policy.group_by,
        fold=run.fold,
        manifest_sha256=cycle.manifest_sha256,
        train_rows=len(used),
        validation_rows=len(spellable(split.validation, audio_rows, cycle.alphabet)),
        test_rows=len(split.test),
        replay_rows=len(replayed.rows),
        warnings=(*split.warnings, *warnings, *why),
        spelling=spelling_record(cycle.alphabet.words, trained, replayed, validated),
        train=paths["train"],
        validation=paths["validation"],
        test=paths["test"],
        groups={groups[p]: side for side, positions in sides.items() for p in positions},
        trained_audio=tuple(audio[p] for p in looked_at),
        trained_sentences=tuple(sorted({sentence_id(rows[p].text) for p in looked_at})),
        test_audio=tuple(audio[p] for p in split.test),
        train_sha256=hashlib.sha256(train).hexdigest(),
        validation_sha256=hashlib.sha256(validation).hexdigest(),
    )
    record = sealed(record)
    write_record(run.split, record)
    return record


def _validation(
    cycle: Cycle, split: Split, trained: tuple[int, ...]
) -> tuple[tuple[int, ...], list[str]]:
    """Return the rows that NeMo validates on, with a warning where they are not rows of their own."""
    audio_rows = cycle.require_benchmark.audio_rows
    if spellable(split.validation, audio_rows, cycle.alphabet):
        return split.validation, []
    if split.validation:
        return trained, ["the base can write no validation row: NeMo validates on trained rows"]
    if cycle.policy.decide.rule == "published" and spellable(
        split.test, audio_rows, cycle.alphabet
    ):
        return split.test, ["NeMo validates on the test rows, as published"]
    return trained, ["no row can be spared for validation: NeMo validates on trained rows"]


def _replay(cycle: Cycle, trained: int) -> tuple[list[AudioRow], list[str]]:
    """Draw the general clips to mix in, by seed, with a warning when the set is too small."""
    if cycle.replay is None or cycle.policy.replay is None:
        return [], []
    pool = cycle.replay.audio_rows
    wanted = wanted_replay(cycle, trained)
    warnings = []
    if wanted > len(pool):
        warnings = [f"replay asks for {wanted} clips; its manifest has {len(pool)}, all are used"]
    return [pool[position] for position in drawn_replay(cycle, trained)], warnings
