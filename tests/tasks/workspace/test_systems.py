"""The systems to compare are read from files, or from the folders of two cycles."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import InvalidInput
from tasks.domain.policy import Policy
from tasks.workspace.systems import NOT_GIVEN, read_systems, systems_of_cycles

Workspace = Callable[..., Path]
ROWS: list[dict[str, Any]] = [{"text": f"start metoprolol number {n}"} for n in range(4)]


def write_lines(path: Path, lines: Sequence[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def text_rows(folder: Path) -> Path:
    lines = [
        {"id": f"u{n}", "text": "so warfarin", "term": "warfarin", "entity_category": "drug"}
        for n in range(3)
    ]
    return write_lines(folder / "rows.jsonl", lines)


def test_texts_alone_suffice_and_an_id_names_a_row(tmp_path: Path) -> None:
    manifest = text_rows(tmp_path)
    a = write_lines(tmp_path / "a.jsonl", [{"id": f"u{n}", "hyp": f"{n}"} for n in range(3)])
    (tmp_path / "b.csv").write_text("id;hypothesis\nu2;c\nu0;a\nu1;b\n")
    given = read_systems(manifest, [a, tmp_path / "b.csv"])
    assert given.texts == {"a": ["0", "1", "2"], "b": ["a", "b", "c"]}
    assert (given.rows[0].audio_filepath, given.rows[0].voice_id) == ("u0", NOT_GIVEN)
    assert given.notes == (
        "a.jsonl: transcripts read from 'hyp', rows by 'id'.",
        "b.csv: transcripts read from column 'hypothesis', rows by 'id'.",
    )


def test_faults_of_every_file_are_found_at_once(tmp_path: Path) -> None:
    manifest = text_rows(tmp_path)
    lines = [{"id": f"u{n}", "hyp": ""} for n in range(2)]
    files = [write_lines(tmp_path / name, lines) for name in ("a.jsonl", "b.jsonl")]
    with pytest.raises(InvalidInput) as raised:
        read_systems(manifest, [*files, files[0]])
    assert str(raised.value).splitlines() == [
        "systems: expected each file once",
        "a.jsonl: expected a hypothesis for u2 (rows.jsonl:3)",
        "b.jsonl: expected a hypothesis for u2 (rows.jsonl:3)",
    ]


def test_files_of_one_name_are_distinguished_by_their_folders(tmp_path: Path) -> None:
    lines = [{"id": f"u{n}", "hyp": ""} for n in range(3)]
    files = [write_lines(tmp_path / name / "hyps.jsonl", lines) for name in ("one", "two")]
    given = read_systems(text_rows(tmp_path), files)
    assert list(given.texts) == ["one/hyps.jsonl", "two/hyps.jsonl"]


def test_a_file_that_names_its_system_is_shown_by_that_name(
    tmp_path: Path, workspace: Workspace
) -> None:
    lines = [{"id": f"u{n}", "hyp": "", "system": "b"} for n in range(3)]
    named = write_lines(tmp_path / "a.jsonl", lines)
    other = write_lines(tmp_path / "b.jsonl", [{"id": f"u{n}", "hyp": ""} for n in range(3)])
    given = read_systems(text_rows(tmp_path), [named, other])
    assert list(given.texts) == ["b", str(other)]
    root = workspace(ROWS, hypotheses=["a", "b", "c", "d"])
    path = root / "cycle1/per_sample.json"
    write_lines(
        path, [json.loads(line) | {"system": "whisper-1"} for line in path.read_text().splitlines()]
    )
    offline(root, 2, dict.fromkeys(range(4), ("new", "test")))
    assert list(systems_of_cycles(root, [1, 2], Policy()).texts) == [
        "cycle 1, whisper-1",
        "cycle 2",
    ]


def offline(root: Path, cycle: int, hypotheses: dict[int, tuple[str, str]]) -> None:
    """Write what the candidate of the cycle before transcribed: by row, with its side of the split."""
    lines = [
        {"audio_filepath": f"audio/{n}.wav", "hyp": hyp, "split": side}
        for n, (hyp, side) in hypotheses.items()
    ]
    write_lines(root / f"cycle{cycle}/offline_hyps.jsonl", lines)


def test_a_cycle_and_its_candidate_are_compared_on_rows_that_trained_nothing(
    workspace: Workspace,
) -> None:
    root = workspace(ROWS, hypotheses=["a", "b", "c", "d"])
    sides = ("train", "test", "validation", "test")
    offline(root, 2, {n: (f"new {n}", side) for n, side in enumerate(sides)})
    given = systems_of_cycles(root, [1, 2], Policy())
    assert given.texts == {"cycle 1": ["b", "d"], "cycle 2": ["new 1", "new 3"]}
    assert given.notes == (
        "Read from cycle1/per_sample.json, cycle2/offline_hyps.jsonl.",
        "2 of 4 rows are left out: a candidate was trained on them.",
    )


def test_cycles_without_a_clip_in_common_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    root = workspace(ROWS, hypotheses=["a", "b", "c", "d"])
    offline(root, 2, dict.fromkeys(range(4), ("", "train")))
    with pytest.raises(InvalidInput, match=r"in common; all of them were trained on"):
        systems_of_cycles(root, [1, 2], Policy())
    with pytest.raises(InvalidInput, match=r"cycle: expected transcripts in .*cycle3; it has none"):
        systems_of_cycles(root, [1, 3], Policy())
    later = root / "cycle3"
    later.mkdir()
    row = json.loads((root / "cycle1/manifest.jsonl").read_text().splitlines()[0])
    write_lines(later / "manifest.jsonl", [row])
    write_lines(later / "per_sample.json", [{"audio_filepath": "audio/0.wav", "hyp": ""}])
    with pytest.raises(InvalidInput, match=r"in common; they have none"):
        systems_of_cycles(root, [1, 3], Policy())
