"""Names of runs, tags and artifacts tell workspaces apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.policy import Policy
from tasks.orchestration.names import artifact_key, workspace_name, workspace_slug


def test_a_workspace_is_named_by_the_run_else_by_its_file_else_by_its_folder(
    workspace: Callable[..., Path],
) -> None:
    root = workspace([{}])
    assert workspace_name(root) == "w"
    root = workspace([{}], policy="name: Drugs\n")
    assert workspace_name(root) == "Drugs"
    assert workspace_name(root, Policy(name="Trial")) == "Trial"
    assert workspace_name(root, {"name": "Trial"}) == "Trial"
    assert workspace_name(root, {"base": "b.nemo"}) == "Drugs"


def test_a_policy_that_is_refused_leaves_the_name_of_the_folder(
    workspace: Callable[..., Path],
) -> None:
    assert workspace_name(workspace([{}], policy="nonsense: [\n")) == "w"


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
