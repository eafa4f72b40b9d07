"""Clips that a fine-tune replays are never those that its systems are compared on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.errors import DamagedFile
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.open import open_cycle
from tasks.workspace.replay import drawn_replay, untrained_replay

POLICY = "replay: {manifest: replay.jsonl, ratio: 1.0}\n"
ROWS = [{"text": f"start metoprolol {number}"} for number in range(5)]


@pytest.fixture
def cycle(trained: Callable[..., Cycle], tone: Callable[..., None], tmp_path: Path) -> Cycle:
    """Four rows to train on, and ten clips to replay."""
    root = tmp_path / "w"
    clips = []
    for number in range(10):
        tone(root / f"replay/{number}.wav", seconds=0.5)
        clips.append({"audio_filepath": f"replay/{number}.wav", "text": f"clip {number}"})
    (root / "replay.jsonl").write_text("".join(json.dumps(clip) + "\n" for clip in clips))
    return trained(ROWS, policy=POLICY)


def test_what_is_left_is_what_was_not_drawn(cycle: Cycle) -> None:
    drawn, left = drawn_replay(cycle, 4), untrained_replay(Run(cycle))
    assert len(drawn) == 4
    assert sorted([*drawn, *left]) == list(range(10))
    assert drawn == drawn_replay(cycle, 4)


def test_a_set_that_is_used_up_leaves_nothing(cycle: Cycle) -> None:
    assert sorted(drawn_replay(cycle, 100)) == list(range(10))


def test_without_replay_there_is_nothing(workspace: Callable[..., Path]) -> None:
    cycle = open_cycle(workspace([{}]), 1)
    assert drawn_replay(cycle, 4) == []
    assert untrained_replay(Run(cycle)) == []


def test_rows_that_are_not_split_leave_it_unknown(cycle: Cycle) -> None:
    Run(cycle).split.unlink()
    with pytest.raises(DamagedFile, match="run the cycle again from split"):
        untrained_replay(Run(cycle))
