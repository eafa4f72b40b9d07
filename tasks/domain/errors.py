"""The errors of the flywheel: each says in one sentence what is wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class FlywheelError(Exception):
    """Something a person can act on; its text is one sentence, so it is shown without a traceback.

    `retryable` says that nothing was wrong with the work itself: the same work, run again, may
    succeed.
    """

    retryable = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self}"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with the input, and where: a file or flag, its line, its field.

    >>> str(Fault("expected a value; the field is missing", "manifest.jsonl", 17, "term"))
    'manifest.jsonl:17: term: expected a value; the field is missing'
    """

    sentence: str
    file: str = ""
    line: int | None = None
    field: str = ""

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (where, self.field, self.sentence) if part)


class InvalidInput(FlywheelError):
    """Input that a person has to mend; carries every fault found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(tuple(faults))
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join(map(str, self.faults))


class DamagedFile(FlywheelError):
    """A file of the workspace that is cut short, foreign, or of another version."""


class InputsChanged(FlywheelError):
    """What a person gave to a cycle was changed while the cycle ran."""


class CycleBusy(FlywheelError):
    """Another process runs this cycle."""


class DiskFull(FlywheelError):
    """There is no room left for what a stage has to write."""


class PoolFailed(FlywheelError):
    """Work that was handed to a work pool and did not come back done."""

    def __init__(self, sentence: str, *, retryable: bool = False) -> None:
        super().__init__(sentence)
        self.retryable = retryable


class ServiceFailed(FlywheelError):
    """A speech service that refused, or could not be reached."""


class JobFault(Enum):
    """Why a NeMo job failed, as far as its log and its exit tell."""

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
    ROWS_LOST = "other rows came out than went in"
    OTHER = "other"


class JobFailed(FlywheelError):
    """A NeMo job that did not end well."""

    def __init__(
        self, sentence: str, fault: JobFault = JobFault.OTHER, *, retryable: bool = False
    ) -> None:
        super().__init__(sentence)
        self.fault = fault
        self.retryable = retryable
