"""The stage compare reads what is named, answers, and writes its page and record where asked."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.compare import check_request, compare
from tasks.domain.errors import InvalidInput
from tasks.domain.policy import Policy

Workspace = Callable[..., Path]


@pytest.fixture
def rows(workspace: Workspace, tmp_path: Path) -> tuple[Path, Path, Path]:
    """A manifest of 48 rows without audio, what one system made of them, and one that misses every term."""
    fields = [
        {"text": f"start drug{n:02} today", "term": f"drug{n:02}", "voice_id": f"v{n % 6}"}
        for n in range(48)
    ]
    manifest = workspace(fields) / "cycle1/manifest.jsonl"
    for clip in manifest.parent.glob("audio/*.wav"):
        clip.unlink()
    names = [f"{n}.wav" for n in range(48)]
    for name, term in (("right", "drug"), ("wrong", "dr")):
        lines = [
            f"{file},{one['text'].replace('drug', term)}"
            for file, one in zip(names, fields, strict=True)
        ]
        (tmp_path / f"{name}.csv").write_text("\n".join(["file,hyp", *lines]) + "\n")
    return manifest, tmp_path / "right.csv", tmp_path / "wrong.csv"


def test_files_are_compared_without_audio_and_nothing_is_written_unless_asked(
    rows: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*"))
    found = compare(check_request(rows[0], rows[1:]))
    assert found.text.startswith("# right is better: it misses 0 of 48 drug words, wrong 48.\n")
    assert "right.csv: transcripts read from column 'hyp', rows by 'file'." in found.text
    assert found.record["source"] == "cycle1/manifest.jsonl"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_receives_the_page_and_the_record(
    rows: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    found = compare(check_request(rows[0], rows[1:], out=tmp_path / "out"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "compare.html", "compare.json",
    ]  # fmt: skip
    written = json.loads((tmp_path / "out/compare.json").read_text())
    assert written["answer"] == found.record["answer"]
    assert found.record["out"] == str(tmp_path / "out")


def test_the_policy_names_which_rows_decide(rows: tuple[Path, Path, Path]) -> None:
    found = compare(check_request(rows[0], rows[1:], policy=Policy(priority_categories=("lab",))))
    assert found.record["judged"]["categories"] == []
    assert "of 48 clinical words" in found.text


def test_what_is_named_must_be_files_or_cycles(rows: tuple[Path, Path, Path]) -> None:
    manifest, a, b = rows
    root = manifest.parents[1]
    for wrong in (
        {}, {"manifest": manifest, "systems": [a]}, {"workspace": root, "cycles": [1, 1]},
        {"manifest": manifest, "systems": [a, b], "workspace": root},
    ):  # fmt: skip
        with pytest.raises(InvalidInput, match=r"^compare: expected --manifest and two files"):
            check_request(**wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=r"expected a folder; .*nowhere does not exist"):
        check_request(workspace=root / "nowhere", cycles=[1, 2])


def test_the_record_has_the_names_that_programs_read(rows: tuple[Path, Path, Path]) -> None:
    found = json.loads(json.dumps(compare(check_request(rows[0], rows[1:])).record))
    first, (pair,) = found["systems"][0], found["pairs"]
    assert {"name", "rows", "terms", "ker", "ker_ci95", "ker_canonical", "wer_canonical"} <= set(
        first
    )
    assert (first["name"], first["rows"], first["terms"], first["all"]["rows"]) == (
        "right",
        48,
        48,
        48,
    )
    assert set(first["categories"]) == {"drug"}
    assert {"a", "b", "drop", "drop_ci95", "p_terms", "p_voices", "better", "guards"} <= set(pair)
    assert (pair["a"], pair["b"], pair["better"]) == ("right", "wrong", "a")
    guard = pair["guards"][0]
    assert (guard["name"], guard["system"], guard["in_place_of"]) == (
        "clinical_wer",
        "right",
        "wrong",
    )
    assert {"base", "candidate", "limit", "upper", "state", "passed"} <= set(guard)
