"""A new workspace: settings that can be read, defaults that are the defaults, terms that can be built."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tasks.benchmark.terms import read_terms
from tasks.domain.errors import InvalidInput
from tasks.domain.policy import Policy
from tasks.init import starter_files, write_starter
from tasks.workspace.open import read_policy

NOT_DEFAULT = {"replay"}  # a workspace has replay clips once they are made


def test_the_settings_of_a_new_workspace_are_the_defaults(tmp_path: Path) -> None:
    write_starter(tmp_path / "new")
    assert read_policy(tmp_path / "new/flywheel.yaml") == Policy()


def test_every_line_that_is_commented_out_is_valid_and_shows_defaults() -> None:
    text = starter_files()["flywheel.yaml"]
    settings = re.sub(r"^# (?=[a-z]+: (?:\{.*\}|off)$)", "", text, flags=re.M)
    fields = yaml.safe_load(settings)
    assert len(fields) == 9
    default = Policy().model_dump()
    given = Policy.model_validate(fields).model_dump()
    assert {name for name in default if given[name] != default[name]} == NOT_DEFAULT


def test_the_first_line_names_a_schema_that_lies_beside_the_settings() -> None:
    files = starter_files()
    first = files["flywheel.yaml"].splitlines()[0]
    name = first.removeprefix("# yaml-language-server: $schema=")
    assert set(json.loads(files[name])["properties"]) == set(Policy.model_fields)


def test_the_list_of_terms_can_be_read() -> None:
    terms, faults = read_terms(starter_files()["terms.csv"], "terms.csv")
    assert [(one.term, one.entity_category) for one in terms] == [
        ("sacubitril", "drug"), ("thoracentesis", "procedure"),
    ]  # fmt: skip
    assert faults == []


def test_a_file_that_exists_is_kept(tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_text("mine")
    assert write_starter(tmp_path) == {
        tmp_path / "flywheel.yaml": True,
        tmp_path / "flywheel.schema.json": True,
        tmp_path / "terms.csv": False,
    }
    assert (tmp_path / "terms.csv").read_text() == "mine"
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert not any(write_starter(tmp_path).values())
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_name_that_is_taken_by_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        InvalidInput, match=r"^--workspace: expected a folder, or the name of a new"
    ):
        write_starter(tmp_path / "file")
