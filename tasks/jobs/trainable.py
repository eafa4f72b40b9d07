"""Whether this host can train what a cycle asks for, said before anything is decoded."""

from __future__ import annotations

from tasks.domain.errors import JobFailed, JobFault
from tasks.domain.progress import Stage
from tasks.jobs.runner import local_hardware
from tasks.settings import Settings
from tasks.workspace.cycle import Cycle

BEFORE_TRAINING: tuple[Stage, ...] = ("gate", "split", "boost")


def check_trainable(cycle: Cycle, pool: str | None, stop_after: Stage | None) -> None:
    """Raise JobFailed where the fine-tune of this cycle is due here and its base cannot be trained.

    A pool trains elsewhere, `boost: stop` may need no training, and a fine-tune that stands none.
    """
    not_here = pool is not None or stop_after in BEFORE_TRAINING or cycle.policy.boost == "stop"
    if not_here or all(run.candidate.exists() and run.training_info.exists() for run in cycle.runs):
        return
    base = cycle.base.architecture
    if base.untrainable_on("cpu") is None:  # the host is not asked for a GPU then
        return
    refusal = base.untrainable_on(local_hardware(Settings()).accelerator)
    if refusal:
        sentence = f"{refusal}; --stop-after boost shows what it gives without training"
        raise JobFailed(sentence, JobFault.NO_GPU)
