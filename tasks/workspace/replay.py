"""Which clips of general speech a fine-tune replays, and which are left to compare arms on."""

from __future__ import annotations

import numpy as np

from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.splits import split_of

ARM_CLIPS = 400  # 368 without harm show a rise below one in a hundred


def drawn_replay(cycle: Cycle, trained: int) -> list[int]:
    """Draw the positions of the replay clips to mix with so many clinical rows, by seed."""
    if cycle.replay is None:
        return []
    count = len(cycle.replay.rows)
    rng = np.random.default_rng(cycle.policy.split.seed)
    drawn = rng.choice(count, size=min(wanted_replay(cycle, trained), count), replace=False)
    return [int(position) for position in drawn]


def wanted_replay(cycle: Cycle, trained: int) -> int:
    """How many clips the policy asks for; its manifest may have fewer."""
    return round(cycle.policy.replay.ratio * trained) if cycle.policy.replay else 0


def untrained_replay(run: Run) -> list[int]:
    """The positions of replay clips that this fine-tune is not trained on, `ARM_CLIPS` at most."""
    if run.cycle.replay is None:
        return []
    drawn = set(drawn_replay(run.cycle, split_of(run).train_rows))
    rng = np.random.default_rng(run.cycle.policy.split.seed)
    shuffled = rng.permutation(len(run.cycle.replay.rows))
    return [int(position) for position in shuffled if position not in drawn][:ARM_CLIPS]
