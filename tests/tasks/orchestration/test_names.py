"""Names of runs, tags and artifacts tell workspaces apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.policy import Policy
from tasks.orchestration.names import (
    artifact_key,
    child_name,
    cycle_tags,
    sweep_tags,
    workspace_name,
    workspace_slug,
)
from tasks.workspace.open import open_cycle


def written(root: Path, policy: str = "") -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / "flywheel.yaml").write_text(policy)
    return root


def test_a_workspace_is_named_by_the_run_else_by_its_file_else_by_its_folder(
    tmp_path: Path,
) -> None:
    root = written(tmp_path / "team07/w")
    assert workspace_name(root) == "w"
    written(root, "name: Drugs\n")
    assert workspace_name(root) == "Drugs"
    assert workspace_name(root, Policy(name="Trial")) == "Trial"
    assert workspace_name(root, {"name": "Trial"}) == "Trial"
    assert workspace_name(root, {"base": "b.nemo"}) == "Drugs"


def test_workspaces_of_one_name_have_that_of_the_folder_above_too(tmp_path: Path) -> None:
    roots = [written(tmp_path / team / "drugs") for team in ("team07", "team08")]
    (tmp_path / "team09/drugs").mkdir(parents=True)
    assert [workspace_name(root) for root in roots] == ["team07/drugs", "team08/drugs"]
    written(roots[0], "name: Drugs\n")
    assert workspace_name(roots[0]) == "Drugs"


def test_a_child_is_named_and_tagged_by_what_it_works_on(workspace: Callable[..., Path]) -> None:
    cycle = open_cycle(workspace([{}], policy="name: drugs\n"), 1)
    named = child_name("transcribe", cycle, "test 55 rows greedy")
    assert named == "transcribe drugs-cycle-1 test 55 rows greedy"
    tags = ["workspace:drugs", "cycle:1"]
    assert cycle_tags(cycle.root, 1, cycle.policy) == tags
    assert sweep_tags([cycle.root, cycle.root]) == tags[:1]


def test_a_policy_that_is_refused_leaves_the_name_of_the_folder(
    workspace: Callable[..., Path],
) -> None:
    root = workspace([{}], policy="nonsense: [\n")
    assert workspace_name(root).endswith("w")


def test_two_folders_of_one_name_share_no_key(tmp_path: Path) -> None:
    keys = {artifact_key(tmp_path / one / "drugs", "drugs", "cycle-1-gate") for one in "ab"}
    assert len(keys) == 2


@pytest.mark.parametrize("name", ["Drug names, 2026!", "药物", "a" * 100, "--"])
def test_a_key_is_lower_case_letters_digits_and_dashes(tmp_path: Path, name: str) -> None:
    slug = workspace_slug(tmp_path, name)
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not slug.startswith("-")


def test_a_name_changes_no_identity() -> None:
    assert Policy(name="Drugs").sha256 == Policy().sha256
