"""What the documents promise: commands run, the tree is the tree, every name exists."""

from __future__ import annotations

import importlib
import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.orchestration.command import Flags, run_command
from tasks.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [
    path
    for pattern in ("*.md", ".github/*.md", "docs/*.md", "deployments/*.md", "reference/*.md")
    for path in sorted(ROOT.glob(pattern))
]
COMMANDS = re.findall(r"^    \.venv/bin/python -m (flows\..*)$", README, re.M)
FOLDERS = "flows|tasks|docs|reference|benchmarks|deployments|tests"


def block(language: str, after: str) -> str:
    """The first fenced block of a language after a heading of the README."""
    found = re.search(rf"^```{language}\n(.*?)^```$", README.split(after)[1], re.M | re.S)
    assert found
    return found[1]


@pytest.mark.usefixtures("prefect_server")
def test_the_commands_of_the_readme_run_as_they_stand(
    flywheel: Callable[..., Path],
    riva: tuple[Any, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.move(flywheel(), tmp_path / "my-flywheel")
    manifest = tmp_path / "my-flywheel/cycle1/manifest.jsonl"
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    lines = [json.dumps({"audio_filepath": row["audio_filepath"], "hyp": ""}) for row in rows]
    (tmp_path / "H").write_text("\n".join(lines) + "\n")
    names = {"M": str(manifest), "localhost:50051": riva[1]}
    monkeypatch.chdir(tmp_path)
    assert len(COMMANDS) == 5
    for command in COMMANDS:
        module, *given = shlex.split(command)
        loaded = importlib.import_module(module)
        (flags,) = [
            value
            for value in vars(loaded).values()
            if isinstance(value, type) and issubclass(value, Flags) and value is not Flags
        ]
        monkeypatch.setattr("sys.argv", [module, *(names.get(word, word) for word in given)])
        assert run_command(flags, loaded.run) == 0, capsys.readouterr().err
    assert "rollback" in capsys.readouterr().out


def test_the_row_and_the_policy_of_the_readme_are_valid() -> None:
    ClinicalRow.model_validate_json(block("json", "## Your own benchmark"))
    policy = Policy.model_validate(yaml.safe_load(block("yaml", "## Your own benchmark")))
    assert policy.sft.preset == "production"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_policy_and_row_of_a_document_is_valid(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for policy in re.findall(r"^```yaml\n(.*?)^```$", text, re.M | re.S):
        Policy.model_validate(yaml.safe_load(policy))
    for row in re.findall(r"^```json\n(.*?)^```$", text, re.M | re.S):
        ClinicalRow.model_validate_json(row)


def test_the_tree_of_the_readme_is_the_tree() -> None:
    tree = block("", "## The tree")
    named = set(re.findall(r"[\w.]+\.py\b|\b\w+/", tree))
    modules = [*ROOT.glob("flows/*.py"), *ROOT.glob("tasks/*.py")]
    there = {path.name for path in modules} - {"__init__.py"}
    packages = {f"{path.parent.name}/" for path in ROOT.glob("tasks/**/*.py")}
    top = {f"{name}/" for name in FOLDERS.split("|")}
    assert named == there | packages | top


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_and_link_of_a_document_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    quoted = re.findall(rf"`((?:{FOLDERS})/[\w./-]*\w)`", text)
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
    made = {"deployments/.env"}  # by make up, and never committed
    lost = [name for name in quoted if name not in made and not (ROOT / name).exists()]
    lost += [link for link in links if not (path.parent / link).exists()]
    assert not lost


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_variable_and_make_target_of_a_document_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    read = {f"FLYWHEEL_{name.upper()}" for name in Settings.model_fields}
    for source in (*ROOT.glob("tasks/**/*.py"), *ROOT.glob("deployments/**/*")):
        if source.is_file() and source.suffix != ".md":
            read |= set(re.findall(r"FLYWHEEL_\w+", source.read_text(encoding="utf-8")))
    if path.name != "CHANGELOG.md":  # it names what is gone
        assert set(re.findall(r"FLYWHEEL_\w*[A-Z]\b", text)) <= read
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"(?:^    |`)make (\w+)", text, re.M)) <= targets
