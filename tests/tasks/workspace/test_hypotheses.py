"""Hypotheses from elsewhere are matched with rows, one to one."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import InvalidInput
from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.metrics import RowScore, Scores
from tasks.domain.verdict.comparison import ScoredHypotheses
from tasks.workspace.hypotheses import (
    Results,
    hypotheses_of_sets,
    match_hypotheses,
    read_hypotheses,
    sample_rows,
    write_results,
)
from tasks.workspace.manifests import read_manifest

Workspace = Callable[..., Path]


def test_hypotheses_must_match_the_rows_one_to_one(workspace: Workspace) -> None:
    root = workspace([{}, {}, {}])
    manifest = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    lines: list[dict[str, Any]] = [
        {"audio_filepath": "audio/0.wav", "hyp": ""},
        {"audio_filepath": "audio/0.wav", "hyp": "again"},
        {"audio_filepath": "audio/9.wav", "hyp": "unknown"},
        {"audio_filepath": "audio/1.wav", "hyp": "x", "ref": "another text"},
    ]
    path = root / "cycle1/per_sample.json"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(InvalidInput) as raised:
        match_hypotheses(path, manifest)
    assert tuple(map(str, raised.value.faults)) == (
        "per_sample.json:2: audio_filepath: expected one hypothesis a row; row 1 has one",
        "per_sample.json:3: audio_filepath: expected a row of manifest.jsonl; got 'audio/9.wav'",
        "per_sample.json:4: ref: expected the text of row 2",
        "per_sample.json: expected a hypothesis for audio/2.wav (manifest.jsonl:3)",
    )


def test_a_clip_of_several_rows_has_its_hypothesis_once_or_once_a_row(workspace: Workspace) -> None:
    text = "take metoprolol and aspirin"
    shared = {"audio_filepath": "audio/0.wav", "text": text, "id": "u1"}
    root = workspace([shared, shared | {"term": "aspirin"}, {}])
    manifest = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    path = root / "cycle1/per_sample.json"
    other = {"audio_filepath": "audio/2.wav", "hyp": "b"}
    for names in (["audio/0.wav"], ["audio/0.wav"] * 2, ["u1"], ["far/u1.wav"]):
        lines = [{"audio_filepath": name, "hyp": "a"} for name in names]
        path.write_text("".join(json.dumps(line) + "\n" for line in [*lines, other]))
        assert match_hypotheses(path, manifest) == ["a", "a", "b"]
    for again in ([{"hyp": "c"}], [{"hyp": "a"}] * 2):
        lines = [{"audio_filepath": "audio/0.wav", "hyp": "a"} | one for one in [{}, *again]]
        path.write_text("".join(json.dumps(line) + "\n" for line in [*lines, other]))
        with pytest.raises(InvalidInput, match="expected one hypothesis a row; row 1 has one"):
            match_hypotheses(path, manifest)


def test_predicted_text_of_a_manifest_reads_as_hypotheses(workspace: Workspace) -> None:
    root = workspace([{}])
    manifest = root / "cycle1/manifest.jsonl"
    row = json.loads(manifest.read_text()) | {"pred_text": "please start"}
    (root / "transcripts.jsonl").write_text(
        json.dumps(row | {"audio_filepath": "cycle1/audio/0.wav"})
    )
    rows = read_manifest(manifest, ClinicalRow)
    assert match_hypotheses(root / "transcripts.jsonl", rows) == ["please start"]


def test_a_json_array_reads_as_json_lines_do(workspace: Workspace) -> None:
    root = workspace([{}, {}])
    manifest = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    samples = [{"audio_filepath": f"audio/{n}.wav", "hyp": f"hyp {n}"} for n in (1, 0)]
    path = root / "cycle1/per_sample.json"
    path.write_text(json.dumps(samples, indent=2))
    assert match_hypotheses(path, manifest) == ["hyp 0", "hyp 1"]
    path.write_text(json.dumps([samples[0], 7]))
    with pytest.raises(InvalidInput, match=r"^per_sample.json:2: expected a JSON object; got int"):
        match_hypotheses(path, manifest)
    path.write_text(json.dumps(samples, indent=2)[:-1])
    with pytest.raises(InvalidInput, match=r"^per_sample.json: .* or in an array; got broken JSON"):
        match_hypotheses(path, manifest)
    path.write_text("[]")
    with pytest.raises(InvalidInput, match=r"^per_sample.json: expected one JSON object a line;"):
        match_hypotheses(path, manifest)


@pytest.mark.parametrize("array", [True, False])
def test_a_byte_order_mark_before_hypotheses_is_passed_over(
    workspace: Workspace, array: bool
) -> None:
    root = workspace([{}])
    manifest = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    sample = {"audio_filepath": "audio/0.wav", "hyp": "so"}
    path = root / "cycle1/per_sample.json"
    path.write_text(json.dumps([sample] if array else sample), encoding="utf-8-sig")
    assert match_hypotheses(path, manifest) == ["so"]


@pytest.mark.parametrize("field", ["hyp", "pred_text"])
def test_null_is_no_transcript_and_an_empty_text_is_one(workspace: Workspace, field: str) -> None:
    root = workspace([{}])
    manifest = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    path = root / "cycle1/per_sample.json"
    path.write_text(json.dumps({"audio_filepath": "audio/0.wav", field: None}))
    with pytest.raises(InvalidInput) as raised:
        match_hypotheses(path, manifest)
    assert str(raised.value).splitlines()[0] == (
        f"per_sample.json:1: {field}: expected a transcript, an empty text where nothing was "
        "recognized; got null"
    )
    path.write_text(json.dumps({"audio_filepath": "audio/0.wav", field: ""}))
    assert match_hypotheses(path, manifest) == [""]


def test_a_hypothesis_for_a_part_of_a_file_is_refused(workspace: Workspace) -> None:
    root = workspace([{}])
    manifest = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    path = root / "cycle1/per_sample.json"
    path.write_text(json.dumps({"audio_filepath": "audio/0.wav", "hyp": "so", "offset": 3.5}))
    with pytest.raises(
        InvalidInput, match=r"per_sample.json:1: offset: expected 0, null or no such"
    ):
        match_hypotheses(path, manifest)


def test_absolute_paths_match_here_and_from_another_host(
    workspace: Workspace, tmp_path: Path
) -> None:
    root = workspace([{}, {}, {}])
    manifest = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    names = [root / "cycle1/audio/0.wav", "/gpu/bench/cycle1/audio/1.wav", "w/cycle1/audio/2.wav"]
    samples = [{"audio_filepath": str(name), "hyp": str(name)[-5]} for name in names]
    (tmp_path / "transcripts.json").write_text(json.dumps(samples))
    assert match_hypotheses(tmp_path / "transcripts.json", manifest) == ["0", "1", "2"]


@pytest.mark.parametrize(
    "names",
    [("0.wav", "1.wav"), ("0", "1"), ("first", "17"), ("/gpu/a/audio/0.wav", "x/audio/1.wav")],
)
def test_a_row_is_named_by_path_file_name_or_id(
    workspace: Workspace, names: tuple[str, str]
) -> None:
    root = workspace([{"id": "first"}, {"id": 17}])
    manifest = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    path = root / "transcripts.csv"
    path.write_text(f"audio,hyp\n{names[1]},b\n{names[0]},a\n")
    assert match_hypotheses(path, manifest) == ["a", "b"]


def test_an_id_goes_before_the_file_name_of_another_row(workspace: Workspace) -> None:
    root = workspace([{"id": "1"}, {"id": "0"}])
    manifest = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    (root / "transcripts.trn").write_text("first (1)\nsecond (0)\n")
    assert match_hypotheses(root / "transcripts.trn", manifest) == ["first", "second"]


def test_a_row_without_a_word_in_a_ctm_is_empty_and_named(workspace: Workspace) -> None:
    root = workspace([{}, {}, {}])
    manifest = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    (root / "transcripts.ctm").write_text("1 A 0.0 0.5 so\n")
    found = read_hypotheses(root / "transcripts.ctm", manifest)
    assert found.texts == ["", "so", ""]
    assert found.note == (
        "transcripts.ctm: read as CTM; without a word in it, so with an empty transcript: audio/0.wav, "
        "audio/2.wav"
    )
    (root / "transcripts.ctm").write_text("9 A 0.0 0.5 so\n")
    with pytest.raises(
        InvalidInput, match=r"transcripts.ctm:1: id: expected a row of manifest.jsonl"
    ):
        read_hypotheses(root / "transcripts.ctm", manifest)


def test_a_path_that_two_rows_match_is_not_guessed_at(workspace: Workspace) -> None:
    root = workspace([{"audio_filepath": "a/0.wav"}, {"audio_filepath": "b/a/0.wav"}])
    manifest = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    path = root / "cycle1/b/per_sample.json"
    samples = [{"audio_filepath": name, "hyp": ""} for name in ("/x/b/a/0.wav", "a/0.wav")]
    path.write_text(json.dumps(samples))
    with pytest.raises(InvalidInput) as raised:
        match_hypotheses(path, manifest)
    assert tuple(map(str, raised.value.faults)) == (
        "per_sample.json:1: audio_filepath: expected one row of manifest.jsonl; got '/x/b/a/0.wav'; "
        "rows 1 and 2 match",
        "per_sample.json:2: audio_filepath: expected one row of manifest.jsonl; got 'a/0.wav'; "
        "rows 1 and 2 match",
    )


def test_hypotheses_of_another_benchmark_are_one_sentence_a_kind(workspace: Workspace) -> None:
    root = workspace([{} for _ in range(5)])
    manifest = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    path = root / "cycle1/per_sample.json"
    path.write_text(json.dumps([{"audio_filepath": f"{n}.mp3", "hyp": ""} for n in range(5)]))
    with pytest.raises(InvalidInput) as raised:
        match_hypotheses(path, manifest)
    assert str(raised.value).splitlines() == [
        "per_sample.json: 5 rows: audio_filepath: expected a row of manifest.jsonl; got '0.mp3', "
        "first on line 1",
        "per_sample.json: 5 rows: expected a hypothesis for audio/0.wav (manifest.jsonl:1), the "
        "first of them",
    ]


def test_rows_are_written_under_the_names_of_per_sample(row: Callable[..., ClinicalRow]) -> None:
    (line,) = sample_rows([row()], ["please stop"])
    assert list(line) == [
        "audio_filepath", "ref", "hyp", "term", "entity_category", "ipa_source", "voice_id",
        "noise_level", "context_type",
    ]  # fmt: skip
    assert (line["ref"], line["hyp"]) == ("please start metoprolol today", "please stop")


def test_the_system_that_the_rows_name_is_read_and_a_second_one_refused(
    workspace: Callable[..., Path],
) -> None:
    root = workspace([{}, {"text": "metoprolol it is"}], hypotheses=["a", "b"])
    path = root / "cycle1/per_sample.json"
    manifest = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    first, second = (json.loads(line) for line in path.read_text().splitlines())
    named = {"system": "whisper-1"}
    for rows, system in (
        ([first, second], ""),
        ([first | {"system": ""}, second | named], "whisper-1"),
    ):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        assert read_hypotheses(path, manifest).system == system
    path.write_text(
        "\n".join(map(json.dumps, [first | named, second | {"system": "nova-2"}])) + "\n"
    )
    with pytest.raises(InvalidInput) as raised:
        read_hypotheses(path, manifest)
    assert [str(fault) for fault in raised.value.faults] == [
        "per_sample.json:2: system: expected the transcripts of one system; got 'whisper-1' and 'nova-2'"
    ]


def test_one_file_may_have_rows_of_several_manifests_and_not_all_of_them(
    workspace: Workspace, tmp_path: Path
) -> None:
    root = workspace([{}, {}])
    other = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    row = json.loads((root / "cycle1/manifest.jsonl").read_text().splitlines()[0])
    (root / "acceptance.jsonl").write_text(json.dumps(row | {"audio_filepath": "clips/a.wav"}))
    sets = [other, read_manifest(root / "acceptance.jsonl", ClinicalRow, audio=False)]
    path = tmp_path / "served.csv"
    path.write_text("file,hypothesis\na.wav,yes\naudio/1.wav,two\n")
    assert hypotheses_of_sets(path, sets) == [{1: "two"}, {0: "yes"}]
    path.write_text("file,hypothesis\na.wav,yes\na.wav,no secret\nb.wav,secret\n")
    with pytest.raises(InvalidInput) as refused:
        hypotheses_of_sets(path, sets)
    assert tuple(map(str, refused.value.faults)) == (
        "served.csv:3: file: expected one hypothesis a row",
        "served.csv:4: file: expected one row of manifest.jsonl or acceptance.jsonl",
    )


def test_a_clip_of_several_rows_of_a_set_has_its_hypothesis_once_or_once_a_row(
    workspace: Workspace, tmp_path: Path
) -> None:
    root = workspace([{}, {"audio_filepath": "audio/0.wav", "term": "today"}])
    sets = [read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)]
    path = tmp_path / "served.csv"
    for times in (1, 2):
        path.write_text("file,hypothesis\n" + "audio/0.wav,yes\n" * times)
        assert hypotheses_of_sets(path, sets) == [{0: "yes", 1: "yes"}]
    path.write_text("file,hypothesis\n" + "audio/0.wav,yes\n" * 3)
    with pytest.raises(InvalidInput, match="expected one hypothesis a row"):
        hypotheses_of_sets(path, sets)


def test_a_row_that_a_ctm_has_no_word_of_is_silent_in_a_set_that_it_has_words_of(
    workspace: Workspace, tmp_path: Path
) -> None:
    root = workspace([{}, {}])
    sets = [read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)]
    (tmp_path / "a.ctm").write_text("1 A 0.0 0.2 yes\n")
    assert hypotheses_of_sets(tmp_path / "a.ctm", sets) == [{0: "", 1: "yes"}]
    with pytest.raises(InvalidInput, match=r"expected hypotheses; .*none\.ctm does not exist"):
        hypotheses_of_sets(tmp_path / "none.ctm", sets)


def test_results_read_back_a_line_a_row_whatever_the_text_holds(
    tmp_path: Path, row: Callable[..., ClinicalRow], score: Callable[[int], RowScore]
) -> None:
    text = 'start metoprolol, "now"\N{LINE SEPARATOR}\nplease'
    rows, scores = [row(text=text), row()], Scores.of([score(1), score(0)])
    results = Results("A title", rows, ScoredHypotheses.alike(["x\ry", "z"], scores))
    write_results(tmp_path, "board.md", results, [{"split": "train"}, {"split": "validation"}])
    with (tmp_path / "results.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [line["ref"] for line in lines] == [text, rows[1].text]
    assert [line["hyp"] for line in lines] == ["x\ry", "z"]
    assert [line["split"] for line in lines] == ["train", "validation"]
    assert [(line["ker"], line["ser"]) for line in lines] == [("1", "1"), ("0", "0")]
    assert (tmp_path / "board.md").read_text().startswith("# A title\n")
