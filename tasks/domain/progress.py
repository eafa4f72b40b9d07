"""The stages of a cycle, and how far one is: what jobs report, and terminal, log and Prefect show."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

ALREADY_DONE = "finished before"
REUSED = "reused"
Stage = Literal["gate", "split", "boost", "sft", "transcribe", "score", "decide"]
Spans = Mapping[str, tuple[float, float]]
# Where each stage begins and ends on the bar of a whole cycle, in percent; a stage of no name of its
# own among the seven is part of the one that is named with it.
CYCLE_SPANS: Spans = {
    "gate": (0, 1), "transcribe-baseline": (1, 14), "split": (14, 15), "boost": (15, 28),
    "sft": (28, 66), "arms": (66, 76), "transcribe": (76, 92), "score": (92, 93),
    "transcribe-acceptance": (93, 96), "decide": (96, 97), "describe-arms": (97, 100),
}  # fmt: skip
PART_OF: Mapping[str, Stage] = {
    "transcribe-baseline": "gate",
    "arms": "sft",
    "transcribe-acceptance": "decide",
    "describe-arms": "decide",
}


@dataclass(frozen=True)
class StageSummary(ABC):
    """The result of a stage: a few figures, the words that are logged, and the work done before."""

    @property
    @abstractmethod
    def words(self) -> str: ...

    @property
    def reuse(self) -> str:
        return ""


def reused_of(reused: int, made: int) -> str:
    """Return the number of several that were done before, for the times of a stage; empty for none.

    >>> reused_of(2, 1), reused_of(3, 0), reused_of(0, 3)
    ('2 of 3 reused', 'reused', '')
    """
    if not reused:
        return ""
    return f"{reused} of {reused + made} {REUSED}" if made else REUSED


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
    of_all: float | None = None  # percent of the whole run that is done, where that has a bar
    place: str = ""  # of the stage in the run, such as `4 of 7`

    @property
    def percent(self) -> float:
        """The share of the run that is done, else of the stage, in percent; 0 while it is not known."""
        return self.of_stage if self.of_all is None else self.of_all

    @property
    def of_stage(self) -> float:
        return min(100.0, 100 * self.done / self.total) if self.total else 0.0

    @property
    def finished(self) -> bool:
        return self.total is not None and self.done >= self.total

    @property
    def text(self) -> str:
        """Return it as one line.

        >>> Progress("sft", 17, 34, "steps", 102, "epoch 1 of 2").text
        'sft: 17 of 34 steps, 1:42 left, epoch 1 of 2'
        >>> Progress("gate", place="1 of 7").text
        'gate (1 of 7)'
        """
        return f"{self.head}: {self.details}" if self.details else self.head

    @property
    def head(self) -> str:
        return f"{self.stage} ({self.place})" if self.place else self.stage

    @property
    def details(self) -> str:
        count = f"{self.done:g} of {self.total:g} {self.unit}" if self.total and self.unit else ""
        left = "" if self.seconds_left is None else f"{clock(self.seconds_left)} left"
        return ", ".join(part for part in (count, left, self.note) if part)


def together(seen: Sequence[Progress | None], at_a_time: int) -> Progress:
    """Add up like work that is done so many at a time; None is work that has reported nothing yet.

    It is taken to be as much as the others, and what is left of all to go as fast as the slowest now.

    >>> halfway = Progress("sft", 5, 10, "steps", seconds_left=20)
    >>> together([halfway, None], at_a_time=1).text
    'sft: 5 of 20 steps, 1:00 left, 2 fine-tunes'
    >>> together([halfway, halfway], at_a_time=2).seconds_left
    20.0
    """
    known = [one for one in seen if one is not None]
    last = known[-1]
    if not (last.total and last.unit):
        return last
    counted = [one for one in known if one.unit == last.unit and one.total]
    total = sum(one.total or 0 for one in counted) / len(counted) * len(seen)
    done = sum(one.done for one in counted)
    a_unit = [
        one.seconds_left / (one.total - one.done)
        for one in counted
        if one.seconds_left and one.total and one.total > one.done
    ]
    left = max(a_unit) * (total - done) / at_a_time if a_unit else None
    note = f"{len(seen)} fine-tunes{f', {last.note}' if last.note else ''}"
    return replace(last, done=done, total=total, seconds_left=left, note=note)


def on_the_bar(now: Progress, spans: Spans, before: float) -> Progress:
    """Place what a stage reports on the bar of its run, which never goes back from `before`.

    >>> on_the_bar(Progress("sft", 1, 2), CYCLE_SPANS, 30.0).percent
    47.0
    >>> on_the_bar(Progress("gate"), CYCLE_SPANS, 14.0).percent
    14.0
    """
    first, last = spans.get(now.stage, (before, before))
    percent = first + (last - first) * now.of_stage / 100 if now.of_all is None else now.of_all
    return replace(now, of_all=max(before, percent), place=_place(now.stage))


def _place(stage: str) -> str:
    """Name the place of a stage among those of a cycle; empty for any other.

    >>> _place("arms"), _place("build")
    ('4 of 7', '')
    """
    stages: tuple[str, ...] = get_args(Stage)
    stage = PART_OF.get(stage, stage)
    return f"{stages.index(stage) + 1} of {len(stages)}" if stage in stages else ""


def clock(seconds: float) -> str:
    """Write a duration as minutes and seconds, or hours, minutes and seconds.

    >>> clock(102), clock(3_700)
    ('1:42', '1:01:40')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def in_words(*parts: str) -> str:
    """Return the work of a stage in one phrase; zero counts are left out.

    >>> in_words(counted(253, "rows train"), counted(0, "folds"), ALREADY_DONE)
    '253 rows train, finished before'
    """
    return ", ".join(filter(None, parts))


def counted(number: int | None, what: str) -> str:
    """Count something, in no words where there is none."""
    return f"{number} {what}" if number else ""
