"""What the documents promise: every link leads somewhere, every command, key and name exists."""

from __future__ import annotations

import inspect
import re
import shlex
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from flows.cli import COMMANDS, TABLE
from tasks.domain.errors import InvalidInput
from tasks.domain.manifest import Category, ClinicalRow, GeneralRow, ScoredRow
from tasks.domain.policy import Policy
from tasks.orchestration.flags import parse_flags
from tasks.settings import Settings
from tests.pages import DOCUMENTS, ROOT, anchors, block, commands, page, section

FOLDERS = "flows|tasks|docs|reference|benchmarks|deployments|tests"
EVERY = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


@EVERY
def test_every_path_link_and_anchor_of_a_document_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    quoted = re.findall(rf"`((?:{FOLDERS})/[\w./-]*\w)`", text)
    made = {"deployments/.env"}  # by make up, and never committed
    lost = [name for name in quoted if name not in made and not (ROOT / name).exists()]
    for target, anchor in re.findall(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)", text):
        to = path.parent / target if target else path
        if not to.exists() or (anchor and anchor not in anchors(to.read_text(encoding="utf-8"))):
            lost.append(f"{target}#{anchor}")
    assert not lost


@EVERY
def test_every_policy_and_row_of_a_document_is_valid(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for policy in re.findall(r"^```yaml\n(.*?)^```$", text, re.M | re.S):
        Policy.model_validate(yaml.safe_load(policy))
    for row in re.findall(r"^```json\n(.*?)^```$", text, re.M | re.S):
        ClinicalRow.model_validate_json(row)


@EVERY
def test_every_command_of_a_document_has_the_flags_that_it_is_written_with(path: Path) -> None:
    for line in commands(path.read_text(encoding="utf-8")):
        name, *words = shlex.split(line.split("  #")[0])
        if name.startswith("--") or "…" in line:
            continue
        try:
            parse_flags(TABLE[name].flags(), words, f"flywheel {name}")
        except InvalidInput as error:
            pytest.fail(f"{line}: {error}")


@EVERY
def test_every_deployment_of_a_document_exists_and_takes_the_parameters_it_is_run_with(
    path: Path,
) -> None:
    known = {}
    for one in yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]:
        module, _, function = one["entrypoint"].rpartition(".")
        run: Any = getattr(import_module(module), function)
        known[f"{run.name}/{one['name']}"] = set(inspect.signature(run.fn).parameters)
    text = path.read_text(encoding="utf-8")
    pattern = r"prefect (?:--no-prompt )?deployment (?:run|schedule ls|schedule resume) ([^\n`|]+)"
    for line in re.findall(pattern, text):
        name, *words = shlex.split(line)
        given = {value.split("=")[0] for flag, value in pairwise(words) if flag == "-p"}
        assert given <= known[name], line


@EVERY
def test_every_variable_and_make_target_of_a_document_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    read = {f"FLYWHEEL_{name.upper()}" for name in Settings.model_fields}
    for source in (*ROOT.glob("tasks/**/*.py"), *ROOT.glob("deployments/**/*")):
        if source.is_file() and source.suffix not in (".md", ".pyc"):
            read |= set(re.findall(r"FLYWHEEL_\w+", source.read_text(encoding="utf-8")))
    if path.name != "CHANGELOG.md":  # it names what is gone
        assert set(re.findall(r"FLYWHEEL_\w*[A-Z]\b", text)) <= read
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"(?:^    (?:\w+=\S+ )*|`)make (\w+)", text, re.M)) <= targets


def test_the_index_names_every_page_and_every_short_answer() -> None:
    index = page("docs/README.md")
    pages = {path.name for path in ROOT.glob("docs/*.md")} - {"README.md", "how-to.md"}
    assert pages <= set(re.findall(r"\]\(([\w-]+\.md)", index))
    answers = re.findall(r"^## .*$", page("docs/how-to.md"), re.M)
    assert anchors("\n".join(answers)) == set(re.findall(r"\(how-to\.md#([\w-]+)\)", index))


def test_a_short_answer_has_at_most_ten_lines() -> None:
    text = page("docs/how-to.md")
    for heading in re.findall(r"^## .*$", text, re.M):
        lines = [line for line in section(text, heading).splitlines() if line.strip()]
        assert len(lines) <= 10, heading


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("## A row of the benchmark", ClinicalRow),
        ("## A row of general speech", GeneralRow),
        ("## Transcripts of a system", ScoredRow),
    ],
)
def test_the_fields_of_the_manifests_are_those_of_the_models(
    heading: str, model: type[BaseModel]
) -> None:
    text = page("docs/manifest.md")
    named = re.findall(r"^\| `(\w+)` \| (yes|no) \|", section(text, heading), re.M)
    fields = {name: field.is_required() for name, field in model.model_fields.items()}
    assert {name: required == "yes" for name, required in named} == fields
    categories = ", ".join(get_args(Category)[:-1])
    assert f"| {categories} or {get_args(Category)[-1]} |" in text


def test_the_tree_of_the_contributors_is_the_tree() -> None:
    tree = block(section(page(".github/CONTRIBUTING.md"), "## The tree"), "")
    named = set(re.findall(r"[\w.]+\.py\b|\b\w+/", tree))
    modules = [*ROOT.glob("flows/*.py"), *ROOT.glob("tasks/*.py")]
    there = {path.name for path in modules} - {"__init__.py"}
    packages = {
        f"{path.parent.name}/" for top in ("flows", "tasks") for path in ROOT.glob(f"{top}/**/*.py")
    }
    top = {f"{name}/" for name in FOLDERS.split("|")}
    assert named == there | packages | top


def test_every_command_of_the_assistants_page_that_gives_json_has_its_keys_there() -> None:
    named = set(re.findall(r"^\| `([\w-]+)` \|", section(page("docs/agents.md"), "## JSON"), re.M))
    assert named == {command.name for command in COMMANDS} - {"completion", "record"}


def test_every_test_that_the_page_of_faults_names_exists() -> None:
    named = re.findall(r"`(tests/\S+\.py)`: ([\w, ]+)", page("docs/faults.md"))
    assert len(named) > 20
    for path, names in named:
        written = (ROOT / path).read_text(encoding="utf-8")
        for name in names.split(", "):
            assert f"def test_{name.strip()}(" in written, f"{path}: {name}"
