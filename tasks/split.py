"""Stage split: divide the rows, leave the manifests that NeMo trains and validates on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tasks.domain.manifest import ClinicalRow
from tasks.domain.split import Split, fold_splits
from tasks.domain.split import split_rows as divide
from tasks.orchestration.stage import log, stage
from tasks.workspace.inputs import clinical_rows, general_rows, nemo_row
from tasks.workspace.paths import Cycle, digest, folds_of, read_json, write_json, write_jsonl


@stage("split")
def split_rows(cycle: Cycle) -> dict[str, Any]:
    """Write train.jsonl, validation.jsonl and, last, split.json; reuse them when they stand.

    With folds each gets the same files in a folder of its own.
    """
    done = read_json(cycle.run_folder / "split.json")
    folds = folds_of(cycle)
    if done is None or any(not (fold.run_folder / "split.json").exists() for fold in folds):
        rows = clinical_rows(cycle)
        parts = fold_splits(rows, cycle.policy.split, len(folds)) if folds else []
        for fold, part in zip(folds, parts, strict=True):
            _write(fold, rows, part)
        done = _write(cycle, rows, divide(rows, cycle.policy.split))
    for warning in done["warnings"]:
        log().warning("split: %s", warning)
    counted = {key: done[key] for key in ("train_rows", "validation_rows", "replay_rows")}
    return counted | ({"folds": len(folds)} if folds else {})


def _write(cycle: Cycle, rows: Sequence[ClinicalRow], split: Split) -> dict[str, Any]:
    replayed, short = _replay(cycle, len(split.train))
    trained = [nemo_row(cycle.manifest, rows[position]) for position in split.train]
    validated = [nemo_row(cycle.manifest, rows[position]) for position in split.validation]
    write_jsonl(cycle.run_folder / "train.jsonl", trained + replayed)
    write_jsonl(cycle.run_folder / "validation.jsonl", validated)
    record = {
        **cycle.policy.split.model_dump(mode="json"),
        "fold": cycle.fold,
        "manifest_sha256": cycle.manifest_sha256,
        "train_rows": len(trained),
        "validation_rows": len(validated),
        "replay_rows": len(replayed),
        "warnings": [*split.warnings, *short],
        "train": [rows[position].audio_filepath for position in split.train],
        "validation": [rows[position].audio_filepath for position in split.validation],
        "train_sha256": digest(*(row["audio_filepath"] for row in trained + replayed)),
    }
    write_json(cycle.run_folder / "split.json", record)
    return record


def _replay(cycle: Cycle, trained: int) -> tuple[list[dict[str, Any]], list[str]]:
    """Draw the general clips to mix in, by seed; say so when the set is too small."""
    if cycle.replay is None or cycle.policy.replay is None:
        return [], []
    pool = general_rows(cycle.replay)
    wanted = round(cycle.policy.replay.ratio * trained)
    warnings = []
    if wanted > len(pool):
        warnings = [f"replay asks for {wanted} clips; its manifest has {len(pool)}, all are used"]
    rng = np.random.default_rng(cycle.policy.split.seed)
    chosen = rng.choice(len(pool), size=min(wanted, len(pool)), replace=False)
    return [nemo_row(cycle.replay, pool[position]) for position in chosen], warnings
