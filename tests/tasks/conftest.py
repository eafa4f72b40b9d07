"""Makers of cycles at a later stage: split, trained, decoded; no job is run for them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.policy import Policy
from tasks.domain.recipe import CPU, resolve_hyperparameters
from tasks.records.files import file_sha256, write_record
from tasks.records.stages import SplitRecord, TrainedRows, TrainingDigests, TrainingRecord
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import Decoding
from tasks.workspace.lineage import audio_ids
from tasks.workspace.models import candidate_system
from tasks.workspace.open import open_cycle
from tests.tasks.finetune_script import BEGINNING

TrainedCycle = Callable[..., Cycle]


@pytest.fixture
def trained(workspace: Callable[..., Path], fake_model: Callable[..., Path]) -> TrainedCycle:
    """Make a cycle whose candidate is complete; its last `held_out` rows are its test rows."""

    def make(rows: Sequence[dict[str, Any]], held_out: int = 1, policy: str = "") -> Cycle:
        root = workspace(list(rows), policy=f"base: base.nemo\n{policy}")
        fake_model(root / "base.nemo", 0.8)
        run = Run(open_cycle(root, 1))
        write_record(run.split, split_record(run.cycle, held_out))
        fake_model(run.candidate, 0.2)
        write_record(run.training_info, training_record(run, len(rows) - held_out))
        return run.cycle

    return make


@pytest.fixture
def decoded(trained: TrainedCycle) -> TrainedCycle:
    """Make a cycle of which comparison model and candidate transcribed the given hypotheses."""

    def make(
        rows: Sequence[dict[str, Any]],
        before: Sequence[str],
        after: Sequence[str],
        held_out: int = 1,
        policy: str = "",
    ) -> Cycle:
        cycle = trained(rows, held_out, policy)
        Decoding(Run(cycle), cycle.comparison).write(before)
        Decoding(Run(cycle), candidate_system(Run(cycle))).write(after)
        return cycle

    return make


@pytest.fixture
def finetune_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Use a fine-tune script of this body; return the file that has the batch size of each run."""
    monkeypatch.setenv("FLYWHEEL_NEMO_SCRIPTS", str(tmp_path))
    monkeypatch.setenv("FLYWHEEL_ACCELERATOR", "cpu")

    def write(body: str) -> Path:
        (tmp_path / "speech_to_text_finetune.py").write_text(BEGINNING + body)
        (tmp_path / "batches").write_text("")
        return tmp_path / "batches"

    return write


@pytest.fixture
def split_run(workspace: Callable[..., Path], fake_model: Callable[..., Path]) -> Run:
    """The candidate's run of ten rows that are split; its batch size is 8."""
    from tasks.split import split_rows  # it loads Prefect, which `make quick` does without

    root = workspace([{"text": f"start metoprolol {number}"} for number in range(10)])
    fake_model(root / "base.nemo", 0.8)
    (root / "flywheel.yaml").write_text("base: base.nemo\nsft: {batch_size: 8}\n")
    cycle = open_cycle(root, 1)
    inspect.unwrap(split_rows)(cycle)
    return Run(cycle)


def split_record(cycle: Cycle, held_out: int) -> SplitRecord:
    names, audio = tuple(row.audio_filepath for row in cycle.rows), tuple(audio_ids(cycle))
    return SplitRecord(
        test_share=0.2, validation_share=0.1, seed=42, group_by="text", fold=None,
        manifest_sha256=None, train_rows=len(names) - held_out, validation_rows=0,
        test_rows=held_out, replay_rows=0, warnings=(), train=names[:-held_out], validation=(),
        test=names[-held_out:], groups={}, trained_audio=audio[:-held_out], trained_sentences=(),
        test_audio=audio[-held_out:], train_sha256="", validation_sha256="",
    )  # fmt: skip


def training_record(run: Run, rows: int) -> TrainingRecord:
    hyperparameters, _ = resolve_hyperparameters(Policy().sft, rows, CPU)
    return TrainingRecord(
        base=run.cycle.base.record(), candidate_sha256=file_sha256(run.candidate),
        source_architecture="ctc", decoder="ctc", preset="smoke", hyperparameters=hyperparameters,
        overrides=(), image=None, warnings=(), hardware=CPU,
        rows=TrainedRows(train=rows, replay=0, validation=0, written=rows, loaded=rows, filtered=0),
        digests=TrainingDigests(manifest=None, audio=None, replay=None, policy=""),
        metrics_per_epoch=(), seconds=1.0, versions={},
    )  # fmt: skip
