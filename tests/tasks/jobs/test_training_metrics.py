"""Figures per epoch are read out of a real event file."""

import math
from pathlib import Path

import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from tasks.jobs.training_metrics import metrics_per_epoch


def write_events(folder: Path, *points: tuple[int, str, float]) -> None:
    """Write scalars as Lightning's logger does: step, name, value."""
    writer = EventFileWriter(str(folder))
    for step, name, value in points:
        summary = Summary(value=[Summary.Value(tag=name, simple_value=value)])
        writer.add_event(Event(step=step, summary=summary))
    writer.close()


def test_the_loss_of_an_epoch_is_the_mean_of_its_steps(tmp_path: Path) -> None:
    write_events(
        tmp_path,
        (9, "train_loss", 4.0), (19, "train_loss", 2.0), (19, "val_wer", 0.5), (19, "val_loss", 3.0),
        (29, "train_loss", 1.0), (39, "val_wer", 0.25), (39, "val_loss", 2.0),
    )  # fmt: skip
    assert metrics_per_epoch(tmp_path) == [
        {"val_wer": 0.5, "val_loss": 3.0, "train_loss": 3.0},
        {"val_wer": 0.25, "val_loss": 2.0, "train_loss": 1.0},
    ]


def test_a_loss_that_is_not_a_number_stays_one(tmp_path: Path) -> None:
    write_events(tmp_path, (1, "train_loss", math.nan), (1, "val_wer", 1.0))
    (epoch,) = metrics_per_epoch(tmp_path)
    assert math.isnan(epoch["train_loss"])
    assert epoch["val_wer"] == pytest.approx(1.0)


def test_a_run_that_logged_nothing_has_no_epochs(tmp_path: Path) -> None:
    assert metrics_per_epoch(tmp_path) == []
    assert metrics_per_epoch(tmp_path / "none") == []


def test_a_figure_that_is_not_written_yet_is_absent(tmp_path: Path) -> None:
    write_events(tmp_path, (9, "val_wer", 0.5), (9, "val_loss", 3.0), (19, "val_wer", 0.25))
    assert metrics_per_epoch(tmp_path) == [{"val_wer": 0.5, "val_loss": 3.0}, {"val_wer": 0.25}]
