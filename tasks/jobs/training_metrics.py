"""Read the figures a NeMo run logged, from its TensorBoard event file."""

from __future__ import annotations

from pathlib import Path

EPOCH_FIGURES = ("val_wer", "val_loss")


def metrics_per_epoch(log_dir: Path) -> list[dict[str, float]]:
    """Give train_loss (mean over the epoch's logged steps), val_wer and val_loss of each epoch.

    A figure that the run did not log is absent.
    """
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(log_dir), size_guidance={"scalars": 0})
    events.Reload()
    tags = set(events.Tags()["scalars"])
    validated = events.Scalars("val_wer") if "val_wer" in tags else []
    losses = events.Scalars("train_loss") if "train_loss" in tags else []
    epochs: list[dict[str, float]] = []
    last_step = -1
    for index, point in enumerate(validated):
        epoch = {tag: events.Scalars(tag)[index].value for tag in EPOCH_FIGURES if tag in tags}
        inside = [loss.value for loss in losses if last_step < loss.step <= point.step]
        if inside:
            epoch["train_loss"] = sum(inside) / len(inside)
        last_step = point.step
        epochs.append({name: round(value, 5) for name, value in epoch.items()})
    return epochs
