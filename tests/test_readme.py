"""What the documents promise: commands run, the tree is the tree, every name exists."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import sentencepiece
import yaml
from pydantic import BaseModel

from flows.cli import main
from tasks.domain.manifest import Category, ClinicalRow, GeneralRow, ScoredRow
from tasks.domain.policy import Policy
from tasks.records.files import read_json, read_jsonl
from tasks.settings import Settings
from tasks.workspace.archives import nemo_config, nemo_file
from tests.conftest import write_tone

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [
    path
    for pattern in ("*.md", ".github/*.md", "docs/*.md", "deployments/*.md", "reference/*.md")
    for path in sorted(ROOT.glob(pattern))
]
PROGRAM = ".venv/bin/flywheel "
COMMANDS = re.findall(r"^    \.venv/bin/flywheel (.*)$", README, re.M)
MORE_TERMS = "".join(
    f"{term},{category}\n"
    for category, terms in {
        "drug": (
            "5-fluorouracil",
            "co-amoxiclav",
            "Metoprolol",
            "warfarin",
            "beta-blocker",
            "vitamin B12",
        ),
        "condition": ("Crohn's disease", "COVID-19", "type 2 diabetes"),
        "lab": ("HbA1c", "INR"),
    }.items()
    for term in terms
)
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
    shutil.move(flywheel(policy="approval: required\n"), tmp_path / "my-flywheel")
    manifest = tmp_path / "my-flywheel/cycle1/manifest.jsonl"
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    lines = [json.dumps({"audio_filepath": row["audio_filepath"], "hyp": ""}) for row in rows]
    (tmp_path / "H").write_text("\n".join(lines) + "\n")
    (tmp_path / "C").write_text("heard,meant\nwar farin,warfarin\n")
    names = {"M": str(manifest), "localhost:50051": riva[1]}
    names |= {"S": "my-flywheel/cycle2/offline_hyps.jsonl", "C": str(tmp_path / "C")}
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-flywheel/terms.csv").write_text("term,entity_category\ntimolol,drug\n")
    write_terms(tmp_path / "my-terms", tmp_path / "my-flywheel/base.nemo")
    write_tone(tmp_path / "visit.wav")
    (tmp_path / "visits.csv").write_text("file,transcript\nvisit.wav,take timolol at night\n")
    assert len(COMMANDS) == 21
    for command in COMMANDS:
        run_line(shlex.join(names.get(word, word) for word in shlex.split(command)))
    assert "rollback" in capsys.readouterr().out


def write_terms(root: Path, base: Path) -> None:
    """Write the workspace that the README begins with terms, with another base and a guard set."""
    after = "## From your own terms"
    root.mkdir()
    (root / "terms.csv").write_text(block("csv", after))
    policy = yaml.safe_load(block("yaml", after))
    (root / "flywheel.yaml").write_text(yaml.safe_dump(policy | {"base": str(base)}))
    for name in ("general", "replay"):
        clips = [f"{name}/{name}{number}.wav" for number in range(20)]
        for clip in clips:
            write_tone(root / clip)
        rows = [
            {"audio_filepath": clip, "duration": 1.0, "text": f"hello {clip}", "voice_id": "a"}
            for clip in clips
        ]
        (root / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.usefixtures("prefect_server")
def test_the_path_from_terms_trains_the_reference_base_on_no_unknown_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its commands are run as they are, with fewer general clips and up to the split: a fine-tune reads
    what that leaves.
    """
    after = "## From your own terms"
    root = tmp_path / "my-terms"
    root.mkdir()
    (tmp_path / "reference").symlink_to(ROOT / "reference")
    (root / "terms.csv").write_text(block("csv", after) + MORE_TERMS)
    (root / "flywheel.yaml").write_text(block("yaml", after))
    monkeypatch.chdir(tmp_path)
    section = README.split(after)[1].split("\n## ")[0]
    *before, general, cycle = re.findall(r"^    \.venv/bin/flywheel (.*)$", section, re.M)
    for command in (*before, f"{general} --guard 20 --replay 200"):
        run_line(command)
    given = [json.loads(line) for line in (root / "cycle1/manifest.jsonl").open()]
    hypotheses = [{"audio_filepath": row["audio_filepath"], "hyp": ""} for row in given]
    lines = "".join(json.dumps(line) + "\n" for line in hypotheses)
    (root / "cycle1/per_sample.json").write_text(lines)  # else the base is decoded, by NeMo
    run_line(f"{cycle} --stop-after split")

    base = ROOT / "reference/base-ctc.nemo"
    name = nemo_config(base)["tokenizer"]["model_path"].removeprefix("nemo:")
    processor = sentencepiece.SentencePieceProcessor(model_proto=nemo_file(base, name))
    (train,) = root.glob("cycle1/models/*/train.jsonl")
    trained, validated = (
        read_jsonl(train.with_name(f"{one}.jsonl")) for one in ("train", "validation")
    )
    record = read_json(train.with_name("split.json"))
    assert record is not None
    assert len(trained) == record["train_rows"] + record["replay_rows"] > 200
    assert len(validated) == record["validation_rows"] > 0
    for rows, unknown in ((given, len(given)), (trained, 0), (validated, 0)):
        encoded = [processor.encode(row["text"]) for row in rows]
        assert sum(processor.unk_id() in pieces for pieces in encoded) == unknown
    gate = read_json(root / "cycle1/gate.json")
    assert gate is not None
    assert (gate["spelling"]["rewritten"], gate["spelling"]["terms"]) == (len(given), [])


@pytest.mark.usefixtures("prefect_server")
def test_the_commands_of_the_second_cycle_run_in_their_order(
    flywheel: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    flywheel(policy="gate: {ker_above: 0.15}\n").rename(tmp_path / "my-flywheel")
    monkeypatch.chdir(tmp_path)
    run_line("cycle my-flywheel 1")
    new_row = json.loads(Path("my-flywheel/cycle1/manifest.jsonl").read_text().splitlines()[0])
    Path("new/audio").mkdir(parents=True)
    shutil.copy("my-flywheel/cycle1/audio/0.wav", "new/audio/100.wav")
    new_row |= {"audio_filepath": "audio/100.wav", "text": f"a new sentence of {new_row['term']}"}
    Path("new/manifest.jsonl").write_text(json.dumps(new_row) + "\n")
    page = (ROOT / "docs/second-cycle.md").read_text(encoding="utf-8")
    for line in re.findall(r"^    (\S.*)$", page, re.M):
        if line.startswith(PROGRAM):
            run_line(line.removeprefix(PROGRAM))
        else:
            subprocess.run(line, shell=True, check=True)
    lines = [json.loads(line) for line in Path("my-flywheel/ledger.jsonl").read_text().splitlines()]
    assert [(line["cycle"], line["outcome"]) for line in lines] == [
        (1, "keep"), (2, "grow"), (1, "rollback"), (0, "rollback"),
    ]  # fmt: skip
    assert Path("my-flywheel/cycle2/baseline_results.csv").exists()
    assert Path("my-flywheel/cycle3/growth_plan.csv").exists()


def run_line(line: str) -> None:
    """Run a command with its flags; it has to exit with 0."""
    assert main(shlex.split(line)) == 0


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


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("## A row of the benchmark", ClinicalRow),
        ("## A row of general speech", GeneralRow),
        ("## What a system heard", ScoredRow),
    ],
)
def test_the_fields_of_the_manifests_are_those_of_the_models(
    heading: str, model: type[BaseModel]
) -> None:
    page = (ROOT / "docs/manifest.md").read_text(encoding="utf-8")
    section = page.split(heading)[1].split("\n## ")[0]
    named = re.findall(r"^\| `(\w+)` \| (yes|no) \|", section, re.M)
    fields = {name: field.is_required() for name, field in model.model_fields.items()}
    assert {name: required == "yes" for name, required in named} == fields
    categories = ", ".join(get_args(Category)[:-1])
    assert f"| {categories} or {get_args(Category)[-1]} |" in page


def test_the_tree_of_the_readme_is_the_tree() -> None:
    tree = block("", "## The tree")
    named = set(re.findall(r"[\w.]+\.py\b|\b\w+/", tree))
    modules = [*ROOT.glob("flows/*.py"), *ROOT.glob("tasks/*.py")]
    there = {path.name for path in modules} - {"__init__.py"}
    packages = {
        f"{path.parent.name}/" for top in ("flows", "tasks") for path in ROOT.glob(f"{top}/**/*.py")
    }
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


def test_every_test_that_the_page_of_faults_names_exists() -> None:
    page = (ROOT / "docs/faults.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/\S+\.py)`: ([\w, ]+)", page)
    assert len(named) > 20
    for path, names in named:
        written = (ROOT / path).read_text(encoding="utf-8")
        for name in names.split(", "):
            assert f"def test_{name.strip()}(" in written, f"{path}: {name}"
