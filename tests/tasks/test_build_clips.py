"""Each row of a build has the clip that was made for it, whatever became of files that are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.build import build_benchmark
from tasks.domain.errors import InvalidInput
from tasks.records.files import file_sha256
from tasks.workspace.audio import clip_store
from tests.tasks.builds import TERMS, rows_of, started


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a workspace whose first cycle is built."""
    root = started(tmp_path / "w", TERMS)
    build_benchmark(root, 1)
    return root


def clips(root: Path, cycle: int = 1) -> dict[str, str]:
    """Return the digest of each clip of a cycle, by its path."""
    folder = root / f"cycle{cycle}"
    return {
        row["audio_filepath"]: file_sha256(folder / row["audio_filepath"])
        for row in rows_of(root, cycle)
    }


def edit(clip: Path) -> None:
    """Write over some samples where they are, as an audio editor does."""
    with clip.open("r+b") as file:
        file.seek(2_000)
        file.write(bytes(4_000))


def test_a_clip_that_was_edited_in_a_cycle_is_made_again_there_and_in_the_store(
    root: Path, tmp_path: Path
) -> None:
    right = clips(root)
    clip = root / "cycle1" / rows_of(root)[4]["audio_filepath"]
    edit(clip)
    record = build_benchmark(root, 1)
    assert (record.takes, record.reused) == (1, 8)
    assert clips(root) == right == record.clips
    other = started(tmp_path / "other", TERMS)
    (other / "clips").symlink_to(root / "clips")
    assert build_benchmark(other, 1).takes == 0
    assert clips(other) == right


def test_a_clip_of_the_store_that_was_cut_ends_no_build(root: Path) -> None:
    right = clips(root)
    for path in clip_store(root).folder.rglob("*.wav"):
        path.write_bytes(path.read_bytes()[:500])
    assert build_benchmark(root, 1).takes == 9
    assert clips(root) == right


def test_a_cycle_whose_clip_was_edited_is_not_carried_over(root: Path) -> None:
    right = clips(root)
    build_benchmark(root, 2)
    edit(root / "cycle2" / rows_of(root)[2]["audio_filepath"])
    with pytest.raises(InvalidInput) as refused:
        build_benchmark(root, 2)
    (fault,) = refused.value.faults
    assert (fault.file, fault.line) == ("cycle1/manifest.jsonl", 3)
    assert "was changed since: put it back, or build cycle1 again" in fault.sentence
    build_benchmark(root, 1)
    build_benchmark(root, 2)
    assert clips(root) == clips(root, 2) == right


def test_a_rebuilt_cycle_has_the_clips_of_the_cycle_before_as_they_are_now(root: Path) -> None:
    """The earlier cycle is of another's making: the names of two clips were swapped, and its rows follow."""
    folder = root / "cycle1"
    first, second = (row["audio_filepath"] for row in rows_of(root)[:2])
    (folder / "build.json").unlink()
    build_benchmark(root, 2)
    before = clips(root, 2)
    (folder / first).rename(folder / "audio/third.wav")
    (folder / second).rename(folder / first)
    (folder / "audio/third.wav").rename(folder / second)
    text = (folder / "manifest.jsonl").read_text().replace(first, "1").replace(second, first)
    (folder / "manifest.jsonl").write_text(text.replace('"1"', f'"{second}"'))
    build_benchmark(root, 2)
    assert clips(root, 2) == clips(root) != before
    assert rows_of(root, 2) == rows_of(root)
