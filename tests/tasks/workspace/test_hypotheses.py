"""Hypotheses from elsewhere are matched with rows, one to one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import InvalidInput
from tasks.domain.manifest import ClinicalRow
from tasks.workspace.hypotheses import match_hypotheses, sample_rows
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


def test_predicted_text_of_a_manifest_reads_as_hypotheses(workspace: Workspace) -> None:
    root = workspace([{}])
    manifest = root / "cycle1/manifest.jsonl"
    row = json.loads(manifest.read_text()) | {"pred_text": "please start"}
    (root / "heard.jsonl").write_text(json.dumps(row | {"audio_filepath": "cycle1/audio/0.wav"}))
    rows = read_manifest(manifest, ClinicalRow)
    assert match_hypotheses(root / "heard.jsonl", rows) == ["please start"]


def test_rows_are_written_under_the_names_of_per_sample(row: Callable[..., ClinicalRow]) -> None:
    (line,) = sample_rows([row()], ["please stop"])
    assert list(line) == [
        "audio_filepath", "ref", "hyp", "term", "entity_category", "ipa_source", "voice_id",
        "noise_level", "context_type",
    ]  # fmt: skip
    assert (line["ref"], line["hyp"]) == ("please start metoprolol today", "please stop")
