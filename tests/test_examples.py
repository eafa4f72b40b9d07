"""The commands of the documents run as they are written, on small data and without NeMo."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.cli import main
from tests import corpora
from tests.conftest import on_fakes, write_fake_model, write_tone
from tests.pages import block, commands, page, run_line, section, shell_lines, write_general
from tests.test_readme import MORE_TERMS, OWN_TERMS, README

EXAMPLES = page("docs/examples.md")
ASSISTANTS = page("docs/agents.md")


def lines_of(folder: Path) -> list[dict[str, Any]]:
    """Read the ledger of a workspace."""
    return [json.loads(line) for line in (folder / "ledger.jsonl").read_text().splitlines()]


def in_form(text: str) -> str:
    """Return a text without its figures and line breaks."""
    return re.sub(r"\d+", "N", " ".join(text.split()))


@pytest.mark.usefixtures("prefect_server")
def test_the_commands_of_the_short_answers_run_in_their_order(
    flywheel: Callable[..., Path],
    riva: tuple[Any, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = flywheel(policy="approval: required\n").rename(tmp_path / "my-flywheel")
    manifest = root / "cycle1/manifest.jsonl"
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    lines = [json.dumps({"audio_filepath": row["audio_filepath"], "hyp": ""}) for row in rows]
    (tmp_path / "H").write_text("\n".join(lines) + "\n")
    names = {"M": str(manifest), "localhost:50051": riva[1]}
    names |= {"S": "my-flywheel/cycle2/offline_hyps.jsonl"}
    monkeypatch.chdir(tmp_path)
    for command in commands(page("docs/how-to.md")):
        run_line(shlex.join(names.get(word, word) for word in shlex.split(command)))
    assert [line["outcome"] for line in lines_of(root)] == ["keep", "approved", "served"]
    assert (tmp_path / "my-model/MODEL_CARD.md").exists()


@pytest.mark.usefixtures("prefect_server")
def test_a_gpu_host_and_a_laptop_lead_from_terms_to_a_model_that_is_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of both paths, in this order; a fake model is the base, and is no better at first."""
    monkeypatch.chdir(tmp_path)
    on_fakes(monkeypatch)
    root = tmp_path / "my-terms"
    run_line("init my-terms")
    (root / "terms.csv").write_text(block(OWN_TERMS, "csv") + MORE_TERMS)
    policy = yaml.safe_load(block(OWN_TERMS, "yaml")) | {"base": "base.nemo"}
    policy |= {
        "arms": {},
        "boost": "off",
        "decide": {"open_guard": "keep"},
    }  # so few terms show little
    policy |= {"gate": {"unheard_above": 2.0}}
    policy["sft"]["base_share"] = 0.0  # averages are made where torch is
    (root / "flywheel.yaml").write_text(yaml.safe_dump(policy))
    write_fake_model(root / "base.nemo", 0.9)
    write_general(root)
    monkeypatch.setenv("FAKE_MISSES", "0.9")
    for line in shell_lines(section(EXAMPLES, "## One GPU host")):
        if line.startswith(".venv"):
            run_line(line.removeprefix(".venv/bin/flywheel "))
    assert lines_of(root)[-1]["outcome"] == "grow"
    monkeypatch.setenv("FAKE_MISSES", "0.0")
    for line in commands(section(EXAMPLES, "## A laptop")):
        run_line(line)
    assert lines_of(root)[-1]["outcome"] == "keep"
    assert (tmp_path / "my-model/MODEL_CARD.md").exists()


def test_vendors_are_compared_by_their_transcripts(
    workspace: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    texts = [f"start drug{n:02} today" for n in range(24)]
    rows = [
        {"text": text, "term": text.split()[1], "voice_id": f"v{n % 6}"}
        for n, text in enumerate(texts)
    ]
    folder = workspace(rows) / "cycle1"
    shutil.move(folder / "manifest.jsonl", "rows.jsonl")
    shutil.move(folder / "audio", "audio")
    vendor_a = "".join(f"{n}.wav,{text}\n" for n, text in enumerate(texts))
    Path("vendor-a.csv").write_text(f"file,hypothesis\n{vendor_a}")
    Path("vendor-b.trn").write_text("".join(f"start it today ({n})\n" for n in range(24)))
    for line in commands(section(EXAMPLES, "## Vendors compared")):
        run_line(line)
    assert (tmp_path / "scored-a/leaderboard.md").exists()
    record = json.loads((tmp_path / "compared/compare.json").read_text())
    assert record["pairs"][0]["better"] == "a"


@pytest.mark.usefixtures("prefect_server")
def test_a_corpus_is_imported_and_its_gate_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    on_fakes(monkeypatch)
    corpora.kaldi(tmp_path)
    subtitles, _ = corpora.srt(tmp_path)
    subtitles.rename("talk.srt")
    corpora.write_terms(tmp_path / "my-corpus")
    (tmp_path / "my-corpus/flywheel.yaml").write_text("base: base.nemo\n")
    write_fake_model(tmp_path / "my-corpus/base.nemo", 0.5)
    for line in commands(section(EXAMPLES, "## A corpus imported")):
        run_line(line)
    gate = json.loads((tmp_path / "my-corpus/cycle1/gate.json").read_text())
    assert (gate["route"], gate["rows"]) == ("build", 3)


@pytest.mark.usefixtures("prefect_server")
def test_the_commands_for_assistants_print_json_with_the_keys_of_their_table(
    flywheel: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = flywheel().rename(tmp_path / "my-flywheel")
    monkeypatch.chdir(tmp_path)
    (root / "terms.csv").write_text("term,entity_category\ntimolol,drug\n")
    Path("corrections.csv").write_text("heard,meant\nwar farin,warfarin\n")
    write_tone(tmp_path / "visit.wav")
    Path("visits.csv").write_text("file,transcript\nvisit.wav,take timolol at night\n")
    table = section(ASSISTANTS, "## JSON")
    shown, *lines = commands(ASSISTANTS)
    assert main([shown]) == 0
    for line in lines:
        capsys.readouterr()
        assert main(shlex.split(line)) == 0, line
        record = json.loads(capsys.readouterr().out)
        first, _, verify = (
            table.split(f"\n| `{line.split()[0]}` | ")[1].split("\n")[0].partition(";")
        )
        keys = re.findall(
            r"`(\w+)`", verify if "--verify" in line else re.sub(r"\(.*?\)", "", first)
        )
        for part in record if isinstance(record, list) else [record]:
            assert set(keys) <= set(part), line


def test_the_codes_for_assistants_are_those_of_the_commands() -> None:
    from flows.commands.cycle import EXIT_CODES
    from tasks.orchestration.command import FAILED, INTERRUPTED, INVALID

    codes = section(ASSISTANTS, "## Exit codes")
    named = re.findall(r"^\| ([\d, ]+) \|", codes, re.M)
    assert sorted(int(code) for row in named for code in row.split(",")) == sorted(
        {*EXIT_CODES.values(), FAILED, INVALID, INTERRUPTED, 143}
    )
    assert f"| {EXIT_CODES['grow']}, {EXIT_CODES['reject']}, {EXIT_CODES['gate']} | " in codes


@pytest.mark.usefixtures("prefect_server")
def test_the_commands_of_the_second_cycle_run_in_their_order_and_the_first_prints_what_the_readme_shows(
    flywheel: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    flywheel(policy="gate: {ker_above: 0.15}\n").rename(tmp_path / "my-flywheel")
    monkeypatch.chdir(tmp_path)
    run_line("cycle my-flywheel 1")
    title, sentence = (in_form(part) for part in block(README, "").split("\n\n")[:2])
    printed = in_form(capsys.readouterr().out)
    assert title in printed
    assert sentence.split(";")[0] in printed
    new_row = json.loads(Path("my-flywheel/cycle1/manifest.jsonl").read_text().splitlines()[0])
    Path("new/audio").mkdir(parents=True)
    shutil.copy("my-flywheel/cycle1/audio/0.wav", "new/audio/100.wav")
    new_row |= {"audio_filepath": "audio/100.wav", "text": f"a new sentence of {new_row['term']}"}
    Path("new/manifest.jsonl").write_text(json.dumps(new_row) + "\n")
    for line in shell_lines(page("docs/second-cycle.md")):
        if line.startswith(".venv"):
            run_line(line.removeprefix(".venv/bin/flywheel "))
        else:
            subprocess.run(line, shell=True, check=True)
    lines = lines_of(Path("my-flywheel"))
    assert [(line["cycle"], line["outcome"]) for line in lines] == [
        (1, "keep"), (2, "grow"), (1, "rollback"), (0, "rollback"),
    ]  # fmt: skip
    assert Path("my-flywheel/cycle2/baseline_results.csv").exists()
    assert Path("my-flywheel/cycle3/growth_plan.csv").exists()
