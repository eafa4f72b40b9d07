"""A request is checked whole before anything runs, and has one source of hypotheses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.baseline import check_request, score, score_request
from tasks.domain.errors import InvalidInput
from tasks.records.files import read_jsonl

TEXTS = [f"start metoprolol {number}" for number in range(5)]
ROWS = [{"text": text} for text in TEXTS]


@pytest.fixture
def manifest(flywheel: Callable[..., Path], workspace: Callable[..., Path]) -> Path:
    """Five rows with a baseline from elsewhere; base.nemo of this workspace misses all of them."""
    flywheel(rows=1)
    return workspace(ROWS, hypotheses=TEXTS) / "cycle1/manifest.jsonl"


def faults(*arguments: Path | None, endpoint: str | None = None) -> list[str]:
    with pytest.raises(InvalidInput) as raised:
        check_request(*arguments, endpoint=endpoint)  # type: ignore[arg-type]
    return [str(fault) for fault in raised.value.faults]


def test_every_fault_of_manifest_and_model_is_found_at_once(manifest: Path, tmp_path: Path) -> None:
    manifest.write_text(json.dumps({"audio_filepath": "audio/0.wav"}) + "\n")
    found = faults(manifest, tmp_path / "out", tmp_path / "no.nemo")
    assert len(found) > 2
    assert found[0].startswith("manifest.jsonl:1: ")
    assert found[-1].startswith("base: expected a .nemo file or a pretrained name; ")
    assert not (tmp_path / "out").exists()


def test_two_sources_are_refused(manifest: Path, tmp_path: Path) -> None:
    hypotheses = manifest.with_name("per_sample.json")
    assert faults(manifest, tmp_path, None, hypotheses, endpoint="riva:50051") == [
        "--model, --hypotheses, --endpoint: expected one of the three"
    ]


def test_an_endpoint_of_the_environment_is_no_second_source(
    manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASR_ENDPOINT", "riva:50051")
    hypotheses = manifest.with_name("per_sample.json")
    assert check_request(manifest, tmp_path, hypotheses=hypotheses).endpoint is None
    assert check_request(manifest, tmp_path).endpoint == "riva:50051"


def test_hypotheses_are_scored_without_the_clips_and_a_model_needs_them(
    manifest: Path, tmp_path: Path
) -> None:
    (manifest.parent / "audio/3.wav").unlink()
    hypotheses = manifest.with_name("per_sample.json")
    assert check_request(manifest, tmp_path, hypotheses=hypotheses).hypotheses == TEXTS
    (fault,) = faults(manifest, tmp_path, manifest.parents[1] / "base.nemo")
    assert fault.startswith("manifest.jsonl:4: audio_filepath: ")


@pytest.mark.usefixtures("prefect_server")
def test_a_model_is_decoded_and_leaves_its_hypotheses_and_no_work_folder(
    manifest: Path, fake_model: Callable[..., Path], tmp_path: Path
) -> None:
    model, out = fake_model(tmp_path / "other.nemo", misses=0.2), tmp_path / "out"
    headline = score_request(check_request(manifest, out, model))
    hypotheses = [row["hyp"] for row in read_jsonl(out / "per_sample.json")]
    assert ["something" in text for text in hypotheses] == [True, False, False, True, False]
    assert (headline["rows"], headline["ker"]) == (5, 0.4)
    assert {path.name for path in out.iterdir()} == {
        "leaderboard.md", "per_sample.json", "results.csv",
    }  # fmt: skip


def test_the_name_of_a_system_goes_into_every_row_that_is_written(
    manifest: Path, tmp_path: Path
) -> None:
    given, out = manifest.with_name("per_sample.json"), tmp_path / "out"
    score(check_request(manifest, out, hypotheses=given, system="whisper-1"))
    rows = read_jsonl(out / "per_sample.json")
    assert {row["system"] for row in rows} == {"whisper-1"}
    assert (out / "leaderboard.md").read_text().startswith("# whisper-1 on cycle1/manifest.jsonl\n")
    score(check_request(manifest, tmp_path / "again", hypotheses=out / "per_sample.json"))
    assert read_jsonl(tmp_path / "again/per_sample.json") == rows
    assert check_request(manifest, out, hypotheses=given).system == ""
    model = manifest.parents[1] / "base.nemo"
    assert check_request(manifest, out, model).system.startswith("base.nemo ")


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 61])
def test_what_cannot_name_a_system_is_refused(manifest: Path, tmp_path: Path, name: str) -> None:
    given = manifest.with_name("per_sample.json")
    with pytest.raises(
        InvalidInput, match=r"^--system: expected the name of an ASR system, such as "
    ):
        check_request(manifest, tmp_path / "out", hypotheses=given, system=name)
    assert not (tmp_path / "out").exists()
