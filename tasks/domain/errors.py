"""The errors of the flywheel: each is one sentence on what is wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import Enum
from typing import ClassVar

SHOWN_SINGLY = 3  # faults of one kind; where there are more, the first is shown for all
ALIKE = 0.75  # of 1: how near a word must be to be taken for another


class FlywheelError(Exception):
    """Something a person can act on; its text is one sentence, so it is shown without a traceback.

    `retryable`: nothing was wrong with the work itself: the same work, run again, may
    succeed.
    """

    retryable = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self}"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with the input, and where: a file or flag, its line, its field.

    `kind` is what faults have in common whose sentences differ, each naming what is in its own row.

    >>> str(Fault("expected a value; the field is missing", "manifest.jsonl", 17, "term"))
    'manifest.jsonl:17: term: expected a value; the field is missing'
    """

    sentence: str
    file: str = ""
    line: int | None = None
    field: str = ""
    kind: str = ""

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (where, self.field, self.sentence) if part)


def grouped(faults: Iterable[Fault]) -> list[str]:
    """Write faults as sentences, and many of one kind as one that counts them and shows the first.

    >>> grouped([Fault("got 'loud'", "m.jsonl", line, "noise_level") for line in range(3, 43)])
    ["m.jsonl: 40 rows: noise_level: got 'loud', first on line 3"]
    """
    groups: dict[tuple[str, str, str], list[Fault]] = {}
    for fault in faults:
        kind = fault.file, fault.field, fault.kind or fault.sentence
        groups.setdefault(kind, []).append(fault)
    return [
        sentence
        for group in groups.values()
        for sentence in (map(str, group) if len(group) <= SHOWN_SINGLY else [_counted(group)])
    ]


def _counted(group: Sequence[Fault]) -> str:
    """Write faults of one kind as one sentence."""
    first = group[0]
    which = "the first of them" if first.line is None else f"first on line {first.line}"
    parts = (first.file, f"{len(group)} rows", first.field, f"{first.sentence}, {which}")
    return ": ".join(part for part in parts if part)


def nearest(word: object, known: Iterable[str]) -> str | None:
    """Return the known word that another is most like, without regard to case; None where none is."""
    names = {name.lower(): name for name in known}
    near = get_close_matches(str(word).lower(), names, n=1, cutoff=ALIKE)
    return names[near[0]] if near else None


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Name the nearest known word as the end of a sentence; empty where none is near.

    >>> did_you_mean("Drugs", ["drug", "lab"])
    " (did you mean 'drug'?)"
    """
    near = nearest(word, known)
    return f" (did you mean {near!r}?)" if near else ""


class InvalidInput(FlywheelError):
    """Input that a person has to correct; carries every fault found.

    Where a form was filled in, `names_flags` is false, and `--stop-after` is the field `stop_after`.
    """

    names_flags: ClassVar[bool] = True

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(tuple(faults))
        self.faults = tuple(faults)

    def __str__(self) -> str:
        faults = self.faults if self.names_flags else map(_in_form, self.faults)
        return "\n".join(grouped(faults))


def _in_form(fault: Fault) -> Fault:
    """Return the fault with the name of the form's field in place of the flag.

    >>> str(_in_form(Fault("expected a folder", "--stop-after")))
    'stop_after: expected a folder'
    """
    flag = fault.file
    return replace(fault, file=flag.lstrip("-").replace("-", "_")) if flag[:2] == "--" else fault


class DamagedFile(FlywheelError):
    """A file of the workspace that is cut short, foreign, or of another version."""


class InputsChanged(FlywheelError):
    """An input of a cycle was changed while the cycle ran."""


class CycleBusy(FlywheelError):
    """Another process runs this cycle."""


class CapReached(FlywheelError):
    """The jobs of a cycle took or cost what its policy allows."""


class DiskFull(FlywheelError):
    """There is no room left for what a stage has to write."""


class DiskFailed(FlywheelError):
    """A file of the workspace that cannot be read or written: read-only, not permitted, in the way."""


class PoolFailed(FlywheelError):
    """Work that was handed to a work pool and did not come back done."""

    def __init__(self, sentence: str, *, retryable: bool = False) -> None:
        super().__init__(sentence)
        self.retryable = retryable


class ServerLost(FlywheelError):
    """Prefect's server went away before the work was done."""


class ServiceFailed(FlywheelError):
    """A speech service that refused, or could not be reached."""


class RentalFailed(FlywheelError):
    """A rented machine, or its provider, that did not do what it was asked."""


class JobFault(Enum):
    """Why a NeMo job failed, by its log and its exit code."""

    GPU_MEMORY = "out of GPU memory"
    HOST_MEMORY = "out of host memory"
    DISK_FULL = "the disk is full"
    KILLED = "it was killed"
    TIME_LIMIT = "it ran past its time limit"
    NO_GPU = "a TDT base trains on a GPU only"
    NOT_INSTALLED = "NeMo is not installed here: pip install 'clinical-asr-flywheel[nemo]'"
    NOT_CACHED = "the pretrained model is not cached and its hub cannot be reached"
    ENGINE = "the Docker engine"
    NOT_A_NUMBER = "the loss became NaN"
    ROWS_LOST = "NeMo returned different rows than requested"
    OTHER = "other"


class JobFailed(FlywheelError):
    """A NeMo job that did not end well."""

    def __init__(
        self, sentence: str, fault: JobFault = JobFault.OTHER, *, retryable: bool = False
    ) -> None:
        super().__init__(sentence)
        self.fault = fault
        self.retryable = retryable
