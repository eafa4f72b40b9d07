"""A fine-tune leaves a whole candidate and its record, or neither; with scripts of our own."""

from __future__ import annotations

import inspect
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks import sft
from tasks.domain.errors import DamagedFile, JobFailed, JobFault
from tasks.records.files import file_sha256, read_json, read_jsonl
from tasks.split import split_rows
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.open import open_cycle
from tests.conftest import LETTERS_BASE
from tests.tasks.finetune_script import MODEL, MODEL_OF_SEED, seed_models
from tests.with_nemo import torch

fine_tune: Callable[[Cycle], sft.SftSummary] = inspect.unwrap(sft.fine_tune)
NAN = """
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter
writer = EventFileWriter(str(log_dir))
for tag, value in (("val_loss", float("nan")), ("val_wer", 1.0)):
    figure = Summary.Value(tag=tag, simple_value=value)
    writer.add_event(Event(step=1, summary=Summary(value=[figure])))
writer.close()
"""
CUT = 'path = log_dir / "checkpoints/flywheel.nemo"\npath.write_bytes(path.read_bytes()[:9_000])\n'


def test_a_model_cut_short_is_no_candidate_and_the_same_command_trains_from_the_start(
    split_run: Run, finetune_script: Callable[[str], Path]
) -> None:
    finetune_script(MODEL + CUT)
    with pytest.raises(JobFailed, match=r"left no whole model .*unexpected end of data") as raised:
        fine_tune(split_run.cycle)
    assert raised.value.retryable
    assert not split_run.candidate.exists()
    assert not (split_run.work / "run").exists()
    finetune_script(MODEL)
    assert fine_tune(split_run.cycle) == sft.SftSummary(
        split_run.name, rows=None, trained=1, reused=0
    )
    info = read_json(split_run.training_info)
    assert info is not None
    assert info["candidate_sha256"] == file_sha256(split_run.candidate)
    assert not split_run.work.exists()


@pytest.mark.usefixtures("prefect_server")
def test_a_loss_that_became_nan_fails_the_fine_tune_and_is_not_tried_again(
    split_run: Run, finetune_script: Callable[[str], Path]
) -> None:
    batches = finetune_script(MODEL + NAN)
    with pytest.raises(JobFailed, match="the loss became NaN: use bf16-mixed or 32") as raised:
        sft.fine_tune(split_run.cycle)
    assert raised.value.fault is JobFault.NOT_A_NUMBER
    assert batches.read_text().split() == ["8"]
    assert not split_run.candidate.exists()


def test_rows_that_are_not_split_and_a_tdt_base_on_a_cpu_start_no_job(
    split_run: Run, finetune_script: Callable[[str], Path], fake_model: Callable[..., Any]
) -> None:
    batches = finetune_script(MODEL)
    split_run.split.unlink()
    with pytest.raises(
        DamagedFile, match="not split yet: run flywheel-cycle with stop_after split"
    ):
        fine_tune(split_run.cycle)
    fake_model(split_run.cycle.root / "base.nemo", 0.8, "joint: {}\nloss: {loss_name: tdt}\n")
    with pytest.raises(JobFailed, match="no CPU path: fine-tune it on a GPU") as raised:
        fine_tune(open_cycle(split_run.cycle.root, 1))
    assert raised.value.fault is JobFault.NO_GPU
    assert batches.read_text() == ""


def test_the_record_counts_the_rows_that_were_rewritten_and_those_left_out(
    workspace: Callable[..., Path],
    fake_model: Callable[..., Path],
    finetune_script: Callable[[str], Path],
) -> None:
    rows = [{"text": f"Start metoprolol {number}"} for number in range(9)]
    root = workspace([*rows, *({"text": f"metoprolol 中{number}"} for number in range(9))])
    fake_model(root / "base.nemo", 0.8, LETTERS_BASE)
    (root / "flywheel.yaml").write_text("base: base.nemo\nsft: {batch_size: 8}\n")
    run = Run(open_cycle(root, 1))
    inspect.unwrap(split_rows)(run.cycle)
    finetune_script(MODEL)
    fine_tune(run.cycle)
    info, division = read_json(run.training_info), read_json(run.split)
    assert info is not None
    assert division is not None
    counts, spelling = info["rows"], info["spelling"]
    assert spelling == division["spelling"]
    assert counts["train"] == counts["written"] == len(read_jsonl(run.train))
    assert counts["rewritten"] == counts["train"] + counts["validation"]
    assert counts["refused"] > 0
    sides = len(division["train"]) + len(division["validation"])
    assert counts["train"] + counts["validation"] + counts["refused"] == sides


@pytest.fixture
def three_seeds(split_run: Run) -> Run:
    """The candidate's run of ten rows that are split, whose fine-tune is the average of three."""
    root = split_run.cycle.root
    (root / "flywheel.yaml").write_text("base: base.nemo\nsft: {batch_size: 8, seeds: 3}\n")
    run = Run(open_cycle(root, 1))
    inspect.unwrap(split_rows)(run.cycle)
    return run


def test_the_fine_tune_of_three_seeds_is_the_average_of_theirs(
    three_seeds: Run, finetune_script: Callable[[str], Path], tmp_path: Path
) -> None:
    seed_models(tmp_path, {42: 1.0, 43: 2.0, 44: 6.0})
    batches = finetune_script(MODEL_OF_SEED)
    assert fine_tune(three_seeds.cycle).trained == 1
    assert weights_of(three_seeds.candidate)["layer"].tolist() == [3.0, 3.0]
    assert batches.read_text().split() == ["8", "8", "8"]
    info = read_json(three_seeds.training_info)
    assert info is not None
    assert [one["seed"] for one in info["seeds"]] == [42, 43, 44]
    assert [info["hyperparameters"][name] for name in ("seed", "seeds")] == [42, 3]
    assert info["candidate_sha256"] == file_sha256(three_seeds.candidate)
    assert not three_seeds.work.exists()


@pytest.mark.parametrize("preset", ["smoke", "production"])
def test_seeds_that_are_finished_are_not_trained_again_when_one_failed(
    three_seeds: Run, finetune_script: Callable[[str], Path], tmp_path: Path, preset: str
) -> None:
    root = three_seeds.cycle.root
    policy = f"base: base.nemo\nsft: {{batch_size: 8, seeds: 3, preset: {preset}}}\n"
    (root / "flywheel.yaml").write_text(policy)
    run = Run(open_cycle(root, 1))
    inspect.unwrap(split_rows)(run.cycle)
    seed_models(tmp_path, {42: 1.0, 43: 2.0, 44: 6.0})
    finetune_script("if seed == 43: sys.exit('Bus error')\n" + MODEL_OF_SEED)
    with pytest.raises(JobFailed, match="Bus error"):
        fine_tune(run.cycle)
    assert not run.candidate.exists()
    seed_models(tmp_path, {43: 2.0})
    batches = finetune_script(MODEL_OF_SEED)
    fine_tune(run.cycle)
    assert batches.read_text().split() == ["8"]
    assert weights_of(run.candidate)["layer"].tolist() == [3.0, 3.0]


def weights_of(model: Path) -> dict[str, Any]:
    """Read the weights of an archive."""
    with tarfile.open(model) as archive:
        stored = archive.extractfile("model_weights.ckpt")
        assert stored is not None
        weights: dict[str, Any] = torch.load(io.BytesIO(stored.read()))
    return weights
