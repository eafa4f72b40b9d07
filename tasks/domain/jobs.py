"""What a NeMo job prints, read: rows loaded, progress, and the sentence for its failure."""

from __future__ import annotations

import re
from collections.abc import Sequence

LOADED = re.compile(r"Dataset loaded with (\d+) files")
FILTERED = re.compile(r"(\d+) files were filtered")
SPOKEN = re.compile(r"\b(reference|predicted|hypothesis)\s*:", re.I)
EPOCH = re.compile(r"Epoch (\d+):\s+100%")
FAILURES = (
    (re.compile(r"CUDA out of memory|CUDA error: out of memory", re.I), "out of GPU memory"),
    (re.compile(r"No space left on device"), "the disk is full"),
    (re.compile(r"TDT is not yet implemented for non CUDA"), "a TDT base trains on a GPU only"),
    (re.compile(r"No module named '?(nemo|torch|lightning|hydra)"),
     "NeMo is not installed here: pip install 'clinical-asr-flywheel[nemo]'"),
    (re.compile(r"LocalEntryNotFound|OfflineMode|ConnectionError|Max retries exceeded"),
     "the pretrained model is not cached and its hub cannot be reached"),
)  # fmt: skip


class JobFailed(RuntimeError):
    """A NeMo job that did not finish; `out_of_memory` says that a smaller batch may."""

    def __init__(self, message: str, *, out_of_memory: bool = False) -> None:
        super().__init__(message)
        self.out_of_memory = out_of_memory


def rows_loaded(lines: Sequence[str]) -> tuple[int | None, int]:
    """Read how many training rows NeMo loaded and how many it filtered; the train set is first."""
    loaded = next((int(m[1]) for line in lines if (m := LOADED.search(line))), None)
    filtered = next((int(m[1]) for line in lines if (m := FILTERED.search(line))), 0)
    return loaded, filtered


def failure(script: str, code: int, lines: Sequence[str], log: str) -> JobFailed:
    """Turn an exit code and the last lines into one sentence."""
    text = "\n".join(lines)
    cause = next((sentence for pattern, sentence in FAILURES if pattern.search(text)), None)
    if cause is None and code < 0:
        cause = f"it was killed by signal {-code}"
        cause += " (out of host memory?)" if code == -9 else ""
    if cause is None:
        errors = [line for line in lines if re.match(r"\s*[\w.]*(Error|Exception)\b", line)]
        cause = (errors or list(lines) or ["no output"])[-1].strip()[:300]
    return JobFailed(
        f"{script} ended with exit code {code}: {cause}. Its log: {log}",
        out_of_memory="GPU memory" in cause,
    )
