"""The manifests of a split stand as they were written, or they are made again."""

from __future__ import annotations

import inspect
import json
import string
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks import split
from tasks.domain.errors import InvalidInput
from tasks.domain.spoken.numerals import SMALL
from tasks.records.files import read_json, read_jsonl
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.open import open_cycle
from tests.conftest import LETTERS_BASE

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


def test_a_split_that_is_unchanged_is_left_as_it_is(workspace: Workspace) -> None:
    cycle = open_cycle(workspace(ROWS), 1)
    assert split_rows(cycle) == split.SplitSummary(7, 1, 2, 0, folds=0)
    before = Run(cycle).split.stat()
    assert split_rows(cycle) == split.SplitSummary(7, 1, 2, 0, folds=0, reused=True)
    assert Run(cycle).split.stat() == before


@pytest.mark.parametrize("name", ["train", "validation", "split"])
@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: path.write_text("{")])
def test_a_file_of_the_split_that_was_edited_or_removed_is_made_again(
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


def test_a_replay_set_that_is_too_small_is_used_whole_and_reports_it(
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


def of_letters(root: Path, fake_model: Callable[..., Path], policy: str = "") -> Cycle:
    """Open a cycle whose base writes small letters alone."""
    fake_model(root / "base.nemo", 0.8, LETTERS_BASE)
    (root / "flywheel.yaml").write_text(f"base: base.nemo\n{policy}")
    return open_cycle(root, 1)


def texts(manifest: Path) -> list[str]:
    return [row["text"] for row in read_jsonl(manifest)]


WRITTEN = [{"text": f"Start {number} mg of metoprolol."} for number in range(10)]


def test_training_validation_and_replay_text_is_written_in_the_alphabet_of_the_base(
    workspace: Workspace,
    fake_model: Callable[..., Path],
    tone: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    root = workspace(WRITTEN)
    with_replay(root, tone, clips=5, ratio=0.6)
    before = (root / "cycle1/manifest.jsonl").read_bytes(), (root / "replay.jsonl").read_bytes()
    caplog.set_level("INFO")
    run = Run(of_letters(root, fake_model, "replay: {manifest: replay.jsonl, ratio: 0.6}\n"))
    assert split_rows(run.cycle) == split.SplitSummary(7, 1, 2, 4, folds=0)
    assert len(texts(run.train)) == 11
    for text in [*texts(run.train), *texts(run.validation)]:
        assert set(text) <= set(string.ascii_lowercase + " "), text
    numbers = [text.split()[1] for text in texts(run.train)[:7]]
    assert set(numbers) < set(SMALL[:10])
    spelling = read_json(run.split)["spelling"]
    assert spelling["alphabet"] == "26 characters; no capitals, digits, punctuation, accents"
    assert [spelling[name]["rewritten"] for name in ("train", "replay", "validation")] == [7, 4, 1]
    assert spelling["train"]["by_kind"] == {"case": 7, "punctuation": 7, "numbers": 7}
    assert "training: 7 of 7 rows are trained in the alphabet of the base" in caplog.text
    assert "metoprolol" not in caplog.text
    after = (root / "cycle1/manifest.jsonl").read_bytes(), (root / "replay.jsonl").read_bytes()
    assert after == before, "what was given is never changed"


def test_a_row_that_the_base_cannot_write_is_left_out_and_named_and_keeps_its_side(
    workspace: Workspace, fake_model: Callable[..., Path]
) -> None:
    odd = [
        {"text": f"{row['text']} 中" if n in (0, 3) else row["text"]} for n, row in enumerate(ROWS)
    ]
    run = Run(of_letters(workspace(odd), fake_model))
    split_rows(run.cycle)
    record = read_json(run.split)
    refused = [
        row for name in ("train", "validation") for row in record["spelling"][name]["refused"]
    ]
    sides = {row: side for side in ("train", "validation", "test") for row in record[side]}
    expected = {row for row in ("audio/0.wav", "audio/3.wav") if sides[row] != "test"}
    assert expected
    assert {f"audio/{Path(row['audio_filepath']).name}" for row in refused} == expected
    assert {row["reason"] for row in refused} == {"the base cannot write '中'"}
    assert record["train_rows"] == len(texts(run.train))
    assert record["train_rows"] + len(record["spelling"]["train"]["refused"]) == len(
        record["train"]
    )
    trained = set(names(run.train)) | set(names(run.validation))
    assert not trained & {Path(row).name for row in expected}
    assert len(record["trained_audio"]) == len(trained)


def test_a_base_that_can_write_every_row_trains_on_it_as_it_was_given(
    workspace: Workspace, fake_model: Callable[..., Path]
) -> None:
    root = workspace(WRITTEN)
    known = json.dumps([*string.ascii_letters, *string.digits, "."])
    fake_model(root / "base.nemo", 0.8, f"decoder: {{vocabulary: {known}}}\n")
    (root / "flywheel.yaml").write_text("base: base.nemo\n")
    run = Run(open_cycle(root, 1))
    split_rows(run.cycle)
    assert set(texts(run.train)) < {row["text"] for row in WRITTEN}
    assert read_json(run.split)["spelling"]["train"]["rewritten"] == 0
    assert run.cycle.respelled_sha256 is None


def test_another_alphabet_is_another_run_and_the_same_one_goes_on(
    workspace: Workspace, fake_model: Callable[..., Path]
) -> None:
    cycle = of_letters(workspace(WRITTEN), fake_model)
    split_rows(cycle)
    again = open_cycle(cycle.root, 1)
    assert Run(again).folder == Run(cycle).folder
    assert split_rows(again).reused
    unread = replace(cycle, base=replace(cycle.base, path=None))
    assert Run(unread).folder != Run(cycle).folder, "its text would be another"


def test_rows_that_the_base_cannot_write_at_all_are_refused_in_a_sentence(
    workspace: Workspace, fake_model: Callable[..., Path]
) -> None:
    root = workspace([{"text": f"{row['text']} 中"} for row in ROWS])
    with pytest.raises(InvalidInput, match="expected a row for training that the base can write"):
        split_rows(of_letters(root, fake_model))
