"""The command: it imports, reports what became of every utterance, and lists what is wrong."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from flows.cli import main
from flows.cycle import flywheel_cycle
from tests.corpora import (
    CORPORA,
    TERMS,
    kaldi,
    nemo,
    spreadsheet,
    stm,
    write_recording,
    write_terms,
)
from tests.flows.test_commands import contents

flywheel_import = import_module("flows.import").flywheel_import


def test_an_import_is_reported_with_columns_reasons_and_the_next_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, (path,) = write_terms(tmp_path / "w"), spreadsheet(tmp_path / "in")
    assert main(["import", str(root), str(path), "--as", "benchmark"]) == 0
    shown = capsys.readouterr().out
    assert "4 utterances: 3 used, 1 refused; 4 rows of 4 terms, on 3 clips, added to" in shown
    assert (
        "audio = Datei (guessed), text = Transcript (guessed), speaker = Speaker (guessed)" in shown
    )
    assert "4 empty rows passed over" in shown
    assert "recordings, 3 of 44100 Hz, 2 channels, WAV PCM_24" in shown
    assert "refused, 1 time: it names no term of the list (rows.csv:4)" in shown
    assert "flywheel" in shown.splitlines()[-1]
    assert shown.splitlines()[-1].endswith(" 1")


def test_with_json_stdout_is_the_record_of_the_import(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, (path,) = write_terms(tmp_path / "w"), nemo(tmp_path / "in")
    flags = ["--as", "replay", "--json", "--dry-run", "--speaker", "ana", "--source", "synthetic"]
    assert main(["import", str(root), str(path), *flags]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["rows_in"], record["rows_used"], record["dry_run"]) == (4, 4, True)
    assert record["first_rows"][0]["source"] == "synthetic"
    assert not (root / "import.json").exists()


@pytest.mark.usefixtures("prefect_server")
def test_each_format_is_a_benchmark_whose_gate_runs_on_hypotheses_without_a_model(
    tmp_path: Path,
) -> None:
    for name, corpus in CORPORA.items():
        root, files = write_terms(tmp_path / name), corpus(tmp_path / "in" / name)
        assert main(["import", str(root), *map(str, files), "--as", "benchmark"]) == 0
        manifest = root / "cycle1/manifest.jsonl"
        clips = {json.loads(line)["audio_filepath"] for line in manifest.open()}
        lines = [json.dumps({"audio_filepath": clip, "hyp": "nothing"}) for clip in sorted(clips)]
        (root / "cycle1/per_sample.json").write_text("\n".join(lines) + "\n")
        assert main(["cycle", str(root), "1", "--stop-after", "gate"]) == 0
        gate = json.loads((root / "cycle1/gate.json").read_text())
        rows = len(manifest.read_text().splitlines())
        assert (gate["rows"], gate["priority_ker"]) == (rows, 1.0), name


def jsonl(*lines: str) -> Callable[[Path], list[str]]:
    return lambda folder: _written(folder, "rows.jsonl", "".join(f"{line}\n" for line in lines))


def file(name: str, content: str) -> Callable[[Path], list[str]]:
    return lambda folder: _written(folder, name, content)


def _written(folder: Path, name: str, content: str) -> list[str]:
    write_recording(folder / "a.wav")
    (folder / "cut.wav").write_bytes((folder / "a.wav").read_bytes()[:9_000])
    (folder / "text.wav").write_text("no audio")
    (folder / name).write_text(content)
    return [str(folder / name)]


def damaged_kaldi(name: str, content: str) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        (data,) = kaldi(folder)
        (data / name).write_text(content)
        return [str(data)]

    return make


BROKEN: dict[str, tuple[Callable[[Path], list[str]], str]] = {
    "no such file": (lambda folder: [str(folder / "no.csv")], "no.csv: expected a NeMo manifest"),
    "unknown format": (file("a.docx", "x"), "a.docx: expected a NeMo manifest"),
    "broken JSON": (jsonl('{"audio": "a.wav", "text": "aspirin"}', "{"), "rows.jsonl:2: expected a JSON"),
    "empty manifest": (jsonl(), "rows.jsonl: expected one JSON object a line; the file is empty"),
    "no audio key": (jsonl('{"text": "aspirin"}'), "expected a column with the paths of recordings"),
    "no text key": (jsonl('{"audio": "a.wav"}'), "expected a column with transcripts"),
    "lost recording": (jsonl('{"audio": "b.wav", "text": "aspirin"}'), "rows.jsonl:1: expected a recording"),
    "no recording": (jsonl('{"audio": "text.wav", "text": "aspirin"}'), "rows.jsonl:1: expected a recording"),
    "cut recording": (jsonl('{"audio": "cut.wav", "text": "aspirin"}'), "rows.jsonl:1: expected all samples"),
    "too long a part": (
        jsonl('{"audio": "a.wav", "text": "aspirin", "offset": 1, "duration": 3}'),
        "rows.jsonl:1: expected a part of its recording; got 1 to 4 s, and a.wav has 2.00 s",
    ),
    "no noise level": (
        jsonl('{"audio": "a.wav", "text": "aspirin", "noise_level": "loud"}'),
        "rows.jsonl:1: noise_level: expected clean or snr_<number>db; got 'loud'",
    ),
    "no such category": (
        jsonl('{"audio": "a.wav", "text": "x", "term": "x", "entity_category": "pill"}'),
        "rows.jsonl:1: entity_category: expected one of drug",
    ),
    "no term": (
        jsonl('{"audio": "a.wav", "text": "hello"}'),
        "--as: expected utterances that can be rows; 1 cannot: it names no term of the list",
    ),
    "head alone": (file("a.csv", "audio,text\n"), "a.csv: expected rows below the columns audio, text"),
    "empty table": (file("a.csv", ""), "a.csv"),
    "too many cells": (file("a.csv", "audio,text\na.wav,x,y\n"), "a.csv:2: expected a value for each column"),
    "no time": (file("a.stm", "a 1 s 0 x aspirin\n"), "a.stm:1: end: expected seconds"),
    "no channel": (file("a.stm", "a 2 s 0 1 aspirin\n"), "a.stm:1: expected a channel of its recording"),
    "broken words": (file("a.ctm", "a 1 0.5\n"), "a.ctm:1: expected recording, channel, begin, duration"),
    "no name": (file("a.trn", "aspirin\n"), "a.trn:1: expected words and (the name of their recording)"),
    "broken grid": (file("a.TextGrid", "hello"), "a.TextGrid: expected a TextGrid"),
    "broken cue": (file("a.srt", "1\n00:00:0x --> 1\nhi\n"), "a.srt:2: expected times"),
    "no head": (file("a.vtt", "00:01.000 --> 00:02.000\nhi\n"), "a.vtt:1: expected WEBVTT"),
    "a command": (damaged_kaldi("wav.scp", "one cat a |\n"), "test/wav.scp:1: expected the path of a file"),
    "no segment": (damaged_kaldi("segments", "u0 one 0 1\n"), "test/text:2: u1: expected its part"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_input_is_a_sentence_exit_code_2_and_nothing_written(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make, sentence = BROKEN[name]
    root = write_terms(tmp_path / "w")
    (tmp_path / "in").mkdir()
    files = make(tmp_path / "in")
    assert main(["import", str(root), *files, "--as", "benchmark"]) == 2
    shown = capsys.readouterr().err
    assert "; nothing was written:" in shown
    assert sentence in shown
    assert contents(root) == {str(root / "terms.csv"): TERMS.encode()}
    assert [path.name for path in root.iterdir()] == ["terms.csv"]


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ("--as benchmarks", "--as: expected 'benchmark'"),
        ("--as benchmark --cycle 0", "--cycle: "),
        ("--as general --cycle 2", "--cycle: expected --as benchmark; got general"),
        ("--as benchmark --column txt=x", "--column: expected one of audio, text"),
        ("--as benchmark --source real", "--source: expected 'recorded' or 'synthetic'"),
        ("", "--as"),
    ],
)
def test_a_wrong_flag_is_a_sentence_too(
    tmp_path: Path, flags: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root, (path,) = write_terms(tmp_path / "w"), nemo(tmp_path / "in")
    try:
        code = main(["import", str(root), str(path), *shlex.split(flags)])
    except SystemExit as ended:
        code = int(str(ended.code))
    assert code == 2
    assert sentence in capsys.readouterr().err
    assert [one.name for one in root.iterdir()] == ["terms.csv"]


@pytest.mark.usefixtures("prefect_server")
@pytest.mark.parametrize(
    "policy", ["folds: 4\n", "decide: {rule: published}\nsplit: {group_by: row}\n"]
)
def test_a_cycle_on_rows_that_share_clips_decides_on_every_row(
    flywheel: Callable[..., Path], policy: str
) -> None:
    root = flywheel(policy=policy)
    manifest = root / "cycle1/manifest.jsonl"
    rows = [json.loads(line) for line in manifest.open()]
    for one, other in zip(rows[::2], rows[1::2], strict=True):
        other["term"] = f"other{other['term']}"
        text = f"{one['text']} and {other['term']}"
        other |= {"audio_filepath": one["audio_filepath"]}
        one["text"] = other["text"] = text
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    flywheel_cycle(root, 1)
    decision = json.loads((root / "cycle2/decision.json").read_text())
    assert decision["scopes"]["all"]["rows"] == 100
    hypotheses = [json.loads(line) for line in (root / "cycle2/offline_hyps.jsonl").open()]
    assert [one["term"] for one in hypotheses] == [row["term"] for row in rows]
    by_clip = {(one["audio_filepath"], one["hyp"], one["split"]) for one in hypotheses}
    assert len(by_clip) == 50, "a clip has one transcript, and one side of the split"


@pytest.mark.usefixtures("prefect_server")
def test_the_flow_gives_counts_and_no_word_of_what_is_spoken(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    state = flywheel_import(
        tmp_path / "w", tuple(stm(tmp_path / "in")), "general", return_state=True
    )
    assert (state.name, state.result()["rows_added"]) == ("Completed", 4)
    assert "metoprolol" not in f"{state.message} {state.result()}"
