"""score-baseline's request: one source of hypotheses, every fault at once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.baseline import check_request
from tasks.domain.errors import InvalidInput

Workspace = Callable[..., Path]


def test_hypotheses_are_checked_without_any_audio(workspace: Workspace, tmp_path: Path) -> None:
    cycle = workspace([{}, {}], heard=["one", "two"]) / "cycle1"
    shutil.rmtree(cycle / "audio")
    request = check_request(
        cycle / "manifest.jsonl", tmp_path, hypotheses=cycle / "per_sample.json"
    )
    assert request.hypotheses == ["one", "two"]


def test_where_nothing_is_named_the_endpoint_of_the_environment_is_asked(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASR_ENDPOINT", "riva:50051")
    manifest = workspace([{}]) / "cycle1/manifest.jsonl"
    assert check_request(manifest, tmp_path).endpoint == "riva:50051"


@pytest.mark.parametrize("named", [{}, {"model": Path("a.nemo"), "endpoint": "riva:1"}])
def test_none_and_two_sources_are_refused(
    workspace: Workspace, tmp_path: Path, named: dict[str, Path | str]
) -> None:
    manifest = workspace([{}]) / "cycle1/manifest.jsonl"
    with pytest.raises(InvalidInput, match="expected one of the three"):
        check_request(manifest, tmp_path, **named)  # type: ignore[arg-type]


def test_faults_of_the_manifest_and_of_the_source_are_listed_together(
    workspace: Workspace, tmp_path: Path
) -> None:
    manifest = workspace([{"term": "aspirin"}]) / "cycle1/manifest.jsonl"
    with pytest.raises(InvalidInput) as refused:
        check_request(manifest, tmp_path, endpoint="riva")
    assert [fault.field or fault.file for fault in refused.value.faults] == ["term", "--endpoint"]


def test_hypotheses_of_other_rows_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    cycle = workspace([{}, {}], heard=["one", "two"]) / "cycle1"
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"audio_filepath": "audio/7.wav", "hyp": "one"}) + "\n")
    with pytest.raises(InvalidInput):
        check_request(cycle / "manifest.jsonl", tmp_path, hypotheses=other)
