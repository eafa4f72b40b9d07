"""score-baseline as a flow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.baseline import BaselineFlags, run, score_baseline
from tasks.domain.errors import InvalidInput

pytestmark = pytest.mark.usefixtures("prefect_server")
HEARD = ["please start metoprolol today", "please start metro today"]


def test_the_state_carries_the_headline_rates(
    workspace: Callable[..., Path], tmp_path: Path
) -> None:
    cycle = workspace([{}, {}], heard=HEARD) / "cycle1"
    state = score_baseline(
        cycle / "manifest.jsonl",
        tmp_path / "out",
        hypotheses=cycle / "per_sample.json",
        return_state=True,
    )
    assert (state.name, state.message) == ("Scored", str(tmp_path / "out"))
    headline = state.result()
    assert (headline["rows"], headline["ker"]) == (2, 0.5)


def test_the_command_shows_the_leaderboard_and_refuses_before_a_flow_is_run(
    workspace: Callable[..., Path], tmp_path: Path
) -> None:
    cycle = workspace([{}, {}], heard=HEARD) / "cycle1"
    flags = {"manifest": cycle / "manifest.jsonl", "out": tmp_path / "out"}
    shown = run(BaselineFlags(**flags, hypotheses=cycle / "per_sample.json"))
    assert shown.startswith("# manifest.jsonl\n\n## Headline")
    with pytest.raises(InvalidInput):
        run(BaselineFlags(**flags | {"out": tmp_path / "never"}))
    assert not (tmp_path / "never").exists()
