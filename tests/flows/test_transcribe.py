"""The child flow that a GPU pool runs for one shard of a decoding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.transcribe import transcribe
from tasks.workspace.decoded import Decoding
from tasks.workspace.inputs import open_cycle
from tasks.workspace.paths import Run

pytestmark = pytest.mark.usefixtures("prefect_server")


def test_a_child_leaves_its_shard_where_the_parent_looks_for_it(
    flywheel: Callable[..., Path],
) -> None:
    root = flywheel()
    cycle = open_cycle(root, 1)
    decoding = Decoding(Run(cycle), cycle.comparison)
    states = [
        transcribe(root, side="comparison", shard=shard, shards=2, return_state=True)
        for shard in range(2)
    ]
    assert [state.name for state in states] == ["Decoded", "Decoded"]
    assert sum(state.result()["rows"] for state in states) == 100
    assert all(decoding.shard(shard, 2).is_file() for shard in range(2))
    again = transcribe(root, side="comparison", shard=0, shards=2)
    assert again["reused"]
