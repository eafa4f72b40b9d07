"""Read the figures a NeMo run logged, from its TensorBoard event file."""

from __future__ import annotations

from pathlib import Path

EPOCH_FIGURES = ("val_wer", "val_loss")


def metrics_per_epoch(log_dir: Path) -> list[dict[str, float]]:
    """Give train_loss (mean over the epoch's logged steps), val_wer and val_loss of each epoch.

    A figure that the run did not log, or has not yet written, is absent.
    """
    if not log_dir.is_dir():
        return []
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(log_dir), size_guidance={"scalars": 0})
    events.Reload()
    tags = set(events.Tags()["scalars"])
    figures = {tag: events.Scalars(tag) for tag in EPOCH_FIGURES if tag in tags}
    losses = events.Scalars("train_loss") if "train_loss" in tags else []
    epochs: list[dict[str, float]] = []
    last_step = -1
    for index, point in enumerate(figures.get("val_wer", [])):
        epoch = {tag: of[index].value for tag, of in figures.items() if index < len(of)}
        inside = [loss.value for loss in losses if last_step < loss.step <= point.step]
        if inside:
            epoch["train_loss"] = sum(inside) / len(inside)
        last_step = point.step
        epochs.append({name: round(value, 5) for name, value in epoch.items()})
    return epochs
