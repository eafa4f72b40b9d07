"""The manifests of a split stand as they were written, or they are made anew."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks import split
from tasks.workspace.files import read_json, read_jsonl
from tasks.workspace.inputs import open_cycle
from tasks.workspace.paths import Cycle, Run

Workspace = Callable[..., Path]
split_rows: Callable[[Cycle], split.SplitSummary] = inspect.unwrap(split.split_rows)
ROWS = [{"text": f"start metoprolol {number}"} for number in range(10)]


def contents(run: Run) -> list[bytes]:
    return [path.read_bytes() for path in (run.train, run.validation, run.split)]


def names(manifest: Path) -> list[str]:
    return [Path(row["audio_filepath"]).name for row in read_jsonl(manifest)]


def with_replay(root: Path, tone: Callable[..., None], clips: int, ratio: float) -> Cycle:
    lines = []
    for number in range(clips):
        tone(root / f"general{number}.wav", seconds=0.3)
        fields = {"audio_filepath": f"general{number}.wav", "text": f"speech {number}"}
        lines.append(json.dumps(fields) + "\n")
    (root / "replay.jsonl").write_text("".join(lines))
    policy = f"replay: {{manifest: replay.jsonl, ratio: {ratio}}}\n"
    (root / "flywheel.yaml").write_text(policy)
    return open_cycle(root, 1)


def test_a_split_that_stands_is_left_as_it_is(workspace: Workspace) -> None:
    cycle = open_cycle(workspace(ROWS), 1)
    assert split_rows(cycle) == split.SplitSummary(7, 1, 2, 0, folds=0)
    before = Run(cycle).split.stat()
    assert split_rows(cycle) == split.SplitSummary(7, 1, 2, 0, folds=0, reused=True)
    assert Run(cycle).split.stat() == before


@pytest.mark.parametrize("name", ["train", "validation", "split"])
@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: path.write_text("{")])
def test_a_file_of_the_split_that_was_edited_or_removed_is_made_anew(
    workspace: Workspace, name: str, change: Callable[[Path], Any]
) -> None:
    run = Run(open_cycle(workspace(ROWS), 1))
    split_rows(run.cycle)
    before = contents(run)
    change(getattr(run, name))
    split_rows(run.cycle)
    assert contents(run) == before


def test_a_row_moved_by_hand_into_train_never_trains(workspace: Workspace) -> None:
    """An edited train.jsonl is still JSON; its digest gives it away."""
    run = Run(open_cycle(workspace(ROWS), 1))
    split_rows(run.cycle)
    held_out = set(names(run.validation))
    run.train.write_bytes(run.train.read_bytes() + run.validation.read_bytes())
    split_rows(run.cycle)
    assert not held_out & set(names(run.train))


def test_every_fold_has_manifests_of_its_own_and_the_candidate_too(workspace: Workspace) -> None:
    cycle = open_cycle(workspace(ROWS, policy="folds: 3\n"), 1)
    assert split_rows(cycle) == split.SplitSummary(7, 1, 2, 0, folds=3)
    held_out = [[Path(name).name for name in read_json(f.split)["test"]] for f in cycle.folds]
    everything = [f"{number}.wav" for number in range(10)]
    assert sorted(name for test in held_out for name in test) == everything
    for fold, test in zip(cycle.folds, held_out, strict=True):
        assert names(fold.validation)
        assert sorted([*names(fold.train), *names(fold.validation), *test]) == everything
    assert [read_json(run.split)["fold"] for run in cycle.runs] == [1, 2, 3, None]
    before = [contents(run) for run in cycle.runs]
    cycle.folds[1].train.unlink()
    split_rows(cycle)
    assert [contents(run) for run in cycle.runs] == before


def test_a_replay_set_that_is_too_small_is_used_whole_and_says_so(
    workspace: Workspace, tone: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    cycle = with_replay(workspace(ROWS), tone, clips=3, ratio=1.0)
    assert split_rows(cycle) == split.SplitSummary(7, 1, 2, 3, folds=0)
    warning = "replay asks for 7 clips; its manifest has 3, all are used"
    assert read_json(Run(cycle).split)["warnings"] == [warning]
    replayed = {f"general{number}.wav" for number in range(3)}
    assert set(names(Run(cycle).train)[7:]) == replayed
    assert not replayed & set(names(Run(cycle).validation))
    assert warning in caplog.text


def test_clips_to_replay_are_drawn_once_each_by_seed(
    workspace: Workspace, tone: Callable[..., None]
) -> None:
    cycle = with_replay(workspace(ROWS), tone, clips=5, ratio=0.6)
    split_rows(cycle)
    train = Run(cycle).train
    drawn, before = names(train)[7:], train.read_bytes()
    assert len(drawn) == len(set(drawn)) == 4
    train.unlink()
    split_rows(cycle)
    assert train.read_bytes() == before
