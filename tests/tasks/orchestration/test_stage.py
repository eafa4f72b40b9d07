"""What every stage does alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.jobs import JobFailed
from tasks.orchestration.stage import stage
from tasks.workspace.inputs import open_cycle
from tasks.workspace.paths import Cycle


def test_a_full_disk_is_one_sentence(workspace: Callable[..., Path]) -> None:
    @stage("split")
    def fill(cycle: Cycle) -> dict[str, Any]:
        return {"written": Path("/dev/full").write_text("rows", encoding="utf-8")}

    cycle = open_cycle(workspace([{}]), 1)
    with pytest.raises(JobFailed, match=f"^split: the disk of {cycle.root} is full$"):
        fill.fn(cycle)
