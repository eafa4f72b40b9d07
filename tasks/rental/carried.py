"""The files that a cycle needs on another machine, those that come back, and earlier measurements."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from tasks.domain.errors import DamagedFile
from tasks.domain.manifest import ClinicalRow, GeneralRow
from tasks.records.record import read_record
from tasks.records.rented import FILE
from tasks.records.stages import TrainingRecord
from tasks.rental.cost import Sent, Trained
from tasks.workspace.comparison import anchor_system
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import kept_files
from tasks.workspace.manifests import Manifest

OF_CYCLE = ("boost.json", "vocabulary-*.txt", "stages.jsonl", "compute/*.json", "decoded/*.jsonl")
OF_RUN = (  # of a fine-tune, and of each fold in its folder
    *("adapted_model.nemo", "training_run_info.json", "split.json", "train.jsonl"),
    *("validation.jsonl", "arms.json", "arms/share-*.nemo", "decoded/*.jsonl"),
    *("tensorboard/***", "work/***"),
)
SETTINGS = ("flywheel.yaml", "vocabulary.txt", "champion.json", "ledger.jsonl")


def carried_files(cycle: Cycle) -> dict[str, list[Path]]:
    """Return the files that a cycle needs, under the words that a person knows them by.

    Of other cycles none, except the champion that is compared with and what the first base transcribed.
    What this cycle has done already goes along, so that it is not done again.
    """
    comparison, anchor = cycle.comparison, anchor_system(cycle) or cycle.comparison
    models = {path for path in (cycle.base.path, comparison.path, anchor.path) if path}
    lists = {one.decoding.vocabulary for one in (comparison, anchor)} - {""}
    phrases = [Path(name) for name in lists]
    manifests = {
        "clips of the benchmark": cycle.benchmark,
        "clips of general speech": cycle.general,
        "clips that are replayed": cycle.replay,
        "clips of acceptance.jsonl": cycle.acceptance,
    }
    settings = [cycle.root / name for name in SETTINGS]
    settings += [one.path for one in manifests.values() if one] + phrases
    kinds: dict[str, Iterable[Path]] = {
        **{kind: _clips(one) for kind, one in manifests.items()},
        "models": models,
        "manifests, settings and lists": settings,
        "transcripts of the first base": kept_files(cycle.root, anchor.identity),
    }
    files, seen = {}, set[Path]()
    for kind, paths in {**kinds, "files of stages that are done": _done(cycle)}.items():
        there = sorted({path for path in paths if path.is_file()} - seen)
        seen |= set(there)
        if there:
            files[kind] = there
    return files


def fetched_patterns(cycle: Cycle) -> list[str]:
    """Name what stages make that take a GPU, as patterns relative to the cycle's folder.

    Nothing else comes back: no input, no answer of a person, no gate and no verdict. Those are computed
    here again, from what was fetched.
    """
    run = Run(cycle).folder.relative_to(cycle.folder)
    folds = [f"{run}/{one.folder.name}" for one in cycle.folds]
    return [*OF_CYCLE, *(f"{folder}/{name}" for folder in (run, *folds) for name in OF_RUN)]


def sent(files: dict[str, list[Path]]) -> list[Sent]:
    """Count files and bytes, by kind."""
    return [
        Sent(kind, len(paths), sum(path.stat().st_size for path in paths))
        for kind, paths in files.items()
    ]


def _clips(manifest: Manifest[ClinicalRow] | Manifest[GeneralRow] | None) -> list[Path]:
    """Return the clips by the names that the manifest has for them, links included."""
    if manifest is None:
        return []
    folder = manifest.path.parent
    return [Path(os.path.normpath(folder / row.audio_filepath)) for row in manifest.rows]


def _done(cycle: Cycle) -> list[Path]:
    """Return the files of stages in the cycle's folder, without fine-tunes of other recipes."""
    models, own = cycle.folder / "models", Run(cycle).folder
    inputs = cycle.folder / "audio"
    return [
        path
        for path in cycle.folder.rglob("*")
        if path.name != FILE
        and not path.is_relative_to(inputs)
        and (path.is_relative_to(own) or not path.is_relative_to(models))
    ]


def fine_tunes_on_gpus(root: Path) -> list[Trained]:
    """Return the times of this workspace's fine-tunes on a GPU; a damaged record is left out."""
    found = []
    for path in sorted(root.glob("cycle*/models/**/training_run_info.json")):
        with suppress(DamagedFile):
            record = read_record(path, TrainingRecord)
            if record and record.hardware.accelerator == "gpu":
                used = record.hyperparameters
                epochs = (len(record.metrics_per_epoch) or used.epochs) * used.seeds
                found.append(Trained(record.rows.written, epochs, record.seconds))
    return found
