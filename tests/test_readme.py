"""The README: one screen, whose commands run as they are written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import sentencepiece
import yaml

from flows.cli import COMMANDS
from tasks.domain.policy import Policy
from tasks.records.files import read_json, read_jsonl
from tasks.workspace.archives import nemo_config, nemo_file
from tests.pages import ROOT, block, commands, page, run_line, section

README = page("README.md")
OWN_TERMS = section(README, "## Your own terms")
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


def test_the_readme_has_at_most_900_words() -> None:
    assert len(README.split()) <= 900


def test_the_table_of_the_readme_has_every_command() -> None:
    table = section(README, "## Commands")
    rows = re.findall(r"^\| (`.*?`) \|", table, re.M)
    named = [name for row in rows for name in re.findall(r"`([\w-]+)`", row)]
    assert sorted(named) == sorted(command.name for command in COMMANDS)


def test_the_path_from_terms_to_a_verdict_is_four_commands() -> None:
    assert [line.split()[0] for line in commands(OWN_TERMS)] == [
        "init",
        "build",
        "general",
        "cycle",
    ]
    assert Policy.model_validate(yaml.safe_load(block(OWN_TERMS, "yaml"))).arms.boosted


@pytest.mark.usefixtures("prefect_server")
def test_the_path_from_terms_trains_the_reference_base_on_no_unknown_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its commands are run as they are, with fewer general clips and up to the split: a fine-tune reads
    what that leaves.
    """
    root = tmp_path / "my-terms"
    (tmp_path / "reference").symlink_to(ROOT / "reference")
    monkeypatch.chdir(tmp_path)
    init, build, general, cycle = commands(OWN_TERMS)
    run_line(init)
    (root / "terms.csv").write_text(block(OWN_TERMS, "csv") + MORE_TERMS)
    (root / "flywheel.yaml").write_text(block(OWN_TERMS, "yaml"))
    run_line(build)
    run_line(f"{general} --guard 20 --replay 200")
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
