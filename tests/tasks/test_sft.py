"""A fine-tune leaves a whole candidate and its record, or neither; with scripts of our own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks import sft, split
from tasks.domain.errors import DamagedFile, JobFailed, JobFault
from tasks.workspace.files import file_sha256, read_json
from tasks.workspace.inputs import open_cycle
from tasks.workspace.paths import Cycle, Run

fine_tune: Callable[[Cycle], sft.SftSummary] = inspect.unwrap(sft.fine_tune)
split_rows = inspect.unwrap(split.split_rows)
HEAD = """
import io, sys, tarfile
from pathlib import Path
given = dict(argument.lstrip("+").split("=", 1) for argument in sys.argv[1:])
batch = int(given["model.train_ds.batch_size"])
log_dir = Path(given["exp_manager.explicit_log_dir"].strip("'"))
with open(Path(__file__).with_name("batches"), "a") as journal:
    journal.write(f"{batch}\\n")
"""
MODEL = """
(log_dir / "checkpoints").mkdir(parents=True)
with tarfile.open(log_dir / "checkpoints/flywheel.nemo", "w") as archive:
    for name, content in (("model_config.yaml", b"decoder: {}"), ("weights", bytes(20_000))):
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
"""
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
OUT_OF_MEMORY = 'sys.exit("torch.OutOfMemoryError: CUDA out of memory.")\n'
CUT = 'path = log_dir / "checkpoints/flywheel.nemo"\npath.write_bytes(path.read_bytes()[:9_000])\n'


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Use a fine-tune script of this body; give the file that has the batch size of each run."""
    monkeypatch.setenv("FLYWHEEL_NEMO_SCRIPTS", str(tmp_path))
    monkeypatch.setenv("FLYWHEEL_ACCELERATOR", "cpu")

    def write(body: str) -> Path:
        (tmp_path / "speech_to_text_finetune.py").write_text(HEAD + body)
        (tmp_path / "batches").write_text("")
        return tmp_path / "batches"

    return write


@pytest.fixture
def run(workspace: Callable[..., Path], fake_model: Callable[..., Path]) -> Run:
    """The candidate's run of ten rows that are split; its batch size is 8."""
    root = workspace([{"text": f"start metoprolol {number}"} for number in range(10)])
    fake_model(root / "base.nemo", 0.8)
    (root / "flywheel.yaml").write_text("base: base.nemo\nsft: {batch_size: 8}\n")
    cycle = open_cycle(root, 1)
    split_rows(cycle)
    return Run(cycle)


def test_a_batch_too_large_for_the_gpu_is_halved_once_and_not_twice(
    run: Run, script: Callable[[str], Path]
) -> None:
    batches = script(OUT_OF_MEMORY)
    with pytest.raises(JobFailed, match="out of GPU memory") as raised:
        fine_tune(run.cycle)
    assert raised.value.fault is JobFault.GPU_MEMORY
    assert batches.read_text().split() == ["8", "4"]
    assert not run.training_info.exists()


def test_a_batch_of_one_row_cannot_be_halved(run: Run, script: Callable[[str], Path]) -> None:
    (run.cycle.root / "flywheel.yaml").write_text("base: base.nemo\nsft: {batch_size: 1}\n")
    cycle = open_cycle(run.cycle.root, 1)
    split_rows(cycle)
    batches = script(OUT_OF_MEMORY)
    with pytest.raises(JobFailed, match="out of GPU memory"):
        fine_tune(cycle)
    assert batches.read_text().split() == ["1"]


def test_a_model_cut_short_is_no_candidate_and_the_same_command_trains_from_the_start(
    run: Run, script: Callable[[str], Path]
) -> None:
    script(MODEL + CUT)
    with pytest.raises(JobFailed, match=r"left no whole model .*unexpected end of data") as raised:
        fine_tune(run.cycle)
    assert raised.value.retryable
    assert not run.candidate.exists()
    assert not (run.work / "run").exists()
    script(MODEL)
    assert fine_tune(run.cycle) == sft.SftSummary(run.name, rows=None, trained=1, reused=0)
    info = read_json(run.training_info)
    assert info is not None
    assert info["candidate_sha256"] == file_sha256(run.candidate)
    assert not run.work.exists()


@pytest.mark.parametrize(
    ("printed", "counted"),
    [
        ("Dataset loaded with 6 files\\n1 files were filtered", "6 and filtered 1"),
        ("Dataset loaded with 9 files", "9 and filtered 0"),
    ],
)
def test_rows_that_nemo_left_out_or_added_fail_the_fine_tune(
    run: Run, script: Callable[[str], Path], printed: str, counted: str
) -> None:
    script(f'print("{printed}")\n{MODEL}')
    sentence = f"^7 rows were written for training, NeMo loaded {counted}$"
    with pytest.raises(JobFailed, match=sentence) as raised:
        fine_tune(run.cycle)
    assert raised.value.fault is JobFault.ROWS_LOST
    assert not run.candidate.exists()


@pytest.mark.usefixtures("prefect_server")
def test_a_loss_that_became_nan_fails_the_fine_tune_and_is_not_tried_again(
    run: Run, script: Callable[[str], Path]
) -> None:
    batches = script(MODEL + NAN)
    with pytest.raises(JobFailed, match="the loss became NaN: use bf16-mixed or 32") as raised:
        sft.fine_tune(run.cycle)
    assert raised.value.fault is JobFault.NOT_A_NUMBER
    assert batches.read_text().split() == ["8"]
    assert not run.candidate.exists()


def test_rows_that_are_not_split_and_a_tdt_base_on_a_cpu_start_no_job(
    run: Run, script: Callable[[str], Path], fake_model: Callable[..., Any]
) -> None:
    batches = script(MODEL)
    run.split.unlink()
    with pytest.raises(
        DamagedFile, match="not split yet: run flywheel-cycle with stop_after split"
    ):
        fine_tune(run.cycle)
    fake_model(run.cycle.root / "base.nemo", 0.8, "joint: {}\nloss: {loss_name: tdt}\n")
    with pytest.raises(JobFailed, match="no CPU path: fine-tune it on a GPU") as raised:
        fine_tune(open_cycle(run.cycle.root, 1))
    assert raised.value.fault is JobFault.NO_GPU
    assert batches.read_text() == ""
