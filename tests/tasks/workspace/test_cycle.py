"""Identities and paths of a cycle and its runs."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.errors import InvalidInput
from tasks.domain.policy import Policy
from tasks.workspace.cycle import Run
from tasks.workspace.open import open_cycle

Workspace = Callable[..., Path]


def test_the_identity_is_content_not_time_or_path(
    workspace: Workspace, tone: Callable[..., None], tmp_path: Path
) -> None:
    root = workspace([{}])
    before = open_cycle(root, 1).inputs_sha256
    moved = root.rename(tmp_path / "elsewhere")
    assert open_cycle(moved, 1).inputs_sha256 == before
    tone(moved / "cycle1/audio/0.wav", seconds=1.01)
    assert open_cycle(moved, 1).inputs_sha256 != before


def test_a_fold_has_a_folder_and_a_name_of_its_own(workspace: Workspace) -> None:
    cycle = open_cycle(workspace([{"text": f"start metoprolol {n}"} for n in range(4)]), 1)
    fold = Run(cycle, 2)
    assert fold.folder.parent == Run(cycle).folder
    assert fold.name != Run(cycle).name
    assert re.fullmatch(r"smoke-[0-9a-f]{12}", Run(cycle).name)


def test_the_runs_of_a_cycle_are_its_folds_and_then_its_candidate(workspace: Workspace) -> None:
    rows = [{"text": f"start metoprolol {n}"} for n in range(4)]
    cycle = open_cycle(workspace(rows), 1, Policy(folds=2))
    assert [run.fold for run in cycle.runs] == [1, 2, None]


@pytest.mark.parametrize(
    ("policy", "same"),
    [
        ({"sft": {"epochs": 5}}, False),
        ({"split": {"seed": 1}}, False),
        ({"decide": {"keep_drop": 0.3}}, True),
        ({"sft": {"lr": 3e-4}}, True),  # the default, written out
    ],
)
def test_a_run_is_named_by_what_changes_the_fine_tune(
    workspace: Workspace, policy: dict[str, object], same: bool
) -> None:
    root = workspace([{}])
    usual = Run(open_cycle(root, 1, Policy())).name
    assert (Run(open_cycle(root, 1, Policy.model_validate(policy))).name == usual) is same


def test_rows_of_a_cycle_without_a_manifest_are_invalid_input(tmp_path: Path) -> None:
    (tmp_path / "cycle3").mkdir()
    cycle = open_cycle(tmp_path, 3)
    assert cycle.manifest_sha256 is None
    with pytest.raises(InvalidInput, match=r"manifest.jsonl: expected a manifest; .*cycle3"):
        print(cycle.rows)
