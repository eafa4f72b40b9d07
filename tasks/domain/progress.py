"""The stages of a cycle, and how far one is: what jobs report, and terminal, log and Prefect show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

STOOD = "it stood already"
Stage = Literal["gate", "split", "boost", "sft", "transcribe", "score", "decide"]


@dataclass(frozen=True)
class Progress:
    """So much of a stage's present work is done; `total` is None while it is not known.

    Work that is not counted has no unit.
    """

    stage: str = ""
    done: float = 0
    total: float | None = None
    unit: str = ""
    seconds_left: float | None = None
    note: str = ""

    @property
    def percent(self) -> float:
        """The share that is done, in percent; 0 while the total is not known."""
        return min(100.0, 100 * self.done / self.total) if self.total else 0.0

    @property
    def finished(self) -> bool:
        return self.total is not None and self.done >= self.total

    @property
    def text(self) -> str:
        """Say it in a line.

        >>> Progress("sft", 17, 34, "steps", 102, "epoch 1 of 2").text
        'sft: 17 of 34 steps, 1:42 left, epoch 1 of 2'
        >>> Progress("gate").text
        'gate'
        """
        count = f"{self.done:g} of {self.total:g} {self.unit}" if self.total and self.unit else ""
        left = "" if self.seconds_left is None else f"{clock(self.seconds_left)} left"
        parts = ", ".join(part for part in (count, left, self.note) if part)
        return f"{self.stage}: {parts}" if parts else self.stage


def clock(seconds: float) -> str:
    """Write a duration as minutes and seconds, or hours, minutes and seconds.

    >>> clock(102), clock(3_700)
    ('1:42', '1:01:40')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def in_words(*parts: str) -> str:
    """Say what a stage did in one phrase; what is nothing is left out.

    >>> in_words(counted(253, "rows train"), counted(0, "folds"), STOOD)
    '253 rows train, it stood already'
    """
    return ", ".join(filter(None, parts))


def counted(number: int | None, what: str) -> str:
    """Count something, in no words where there is none."""
    return f"{number} {what}" if number else ""
