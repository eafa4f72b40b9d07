"""What a tracker is given of a cycle; tests/tasks/orchestration/test_tracking.py gives it to one."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from tasks.decide import decide_cycle
from tasks.orchestration.tracked import tracked
from tasks.records.files import write_record
from tasks.records.record import read_record
from tasks.records.stages import TrainingRecord
from tasks.workspace.cycle import Cycle, Run

ROWS = [{"term": f"drug{n}", "text": f"please start drug{n} today"} for n in range(12)]
REFERENCES = [str(row["text"]) for row in ROWS]


def test_a_cycle_that_has_not_ended_gives_nothing(trained: Callable[..., Cycle]) -> None:
    assert tracked(trained(ROWS)) is None


def test_figures_of_every_epoch_and_of_the_verdict_and_the_files_are_given(
    decoded: Callable[..., Cycle],
) -> None:
    cycle = decoded(ROWS, ["something else"] * 12, REFERENCES, held_out=8)
    run = Run(cycle)
    training = read_record(run.training_info, TrainingRecord)
    assert training is not None
    epochs = ({"val_wer": 0.5, "train_loss": 3.0}, {"val_wer": 0.4, "train_loss": 2.0})
    write_record(run.training_info, training.model_copy(update={"metrics_per_epoch": epochs}))
    run.tensorboard.mkdir()
    (run.tensorboard / "events.out.tfevents.1").write_bytes(b"figures")
    inspect.unwrap(decide_cycle)(cycle)
    found = tracked(cycle)
    assert found is not None
    assert found.model is None, "a grow verdict keeps nothing"
    assert {("val_wer", 0.5, 0), ("val_wer", 0.4, 1), ("train_loss", 2.0, 1)} <= set(found.points)
    assert {("test.ker_base", 1.0, 0), ("test.ker_candidate", 0.0, 0)} <= set(found.points)
    assert {path.name for path in found.files} == {
        "report.html", "decision.json", "training_run_info.json", "events.out.tfevents.1",
    }  # fmt: skip
    assert found.tags["outcome"] == "grow"
    assert found.tags["verdict"].startswith(
        "Not decided: of 8 test phrases with drug names the new "
    )
    assert "override" not in found.tags
