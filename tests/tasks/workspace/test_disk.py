"""What a disk refuses is one sentence with the file, and a network's error stays what it is."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tasks.build import build_benchmark
from tasks.domain.errors import DiskFailed, DiskFull
from tasks.records.files import write_atomic
from tasks.workspace.disk import disk_named
from tests.tasks.builds import TERMS, rows_of, started


@contextmanager
def room_for_files_of(size: int) -> Iterator[None]:
    """Let no file of this process be longer, as a quota does."""
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


def test_a_full_disk_names_who_wrote_and_where(tmp_path: Path) -> None:
    with (
        pytest.raises(DiskFull, match=f"^build: the disk of {tmp_path} is full$"),
        disk_named("build", tmp_path),
    ):
        Path("/dev/full").write_text("rows", encoding="utf-8")


def test_a_build_on_a_full_disk_is_one_sentence_and_goes_on_where_there_is_room(
    tmp_path: Path,
) -> None:
    root = started(tmp_path / "w", TERMS)
    sentence = f"^build: the disk of {root} is full$"
    with room_for_files_of(20_000), pytest.raises(DiskFull, match=sentence):
        build_benchmark(root, 1)
    assert not (root / "cycle1/manifest.jsonl").exists()
    build_benchmark(root, 1)
    assert len(rows_of(root)) == 9
    assert not list(root.rglob("*.partial"))


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO])
def test_a_disk_that_cannot_be_written_is_named(tmp_path: Path, code: int) -> None:
    path = tmp_path / "manifest.jsonl"
    reason = os.strerror(code)
    with (
        pytest.raises(DiskFailed, match=f"^audition: {path}: {reason}$"),
        disk_named("audition", tmp_path),
    ):
        raise OSError(code, reason, str(path))
    with (
        pytest.raises(DiskFailed, match=f"^audition: {tmp_path}: {reason}$"),
        disk_named("audition", tmp_path),
    ):
        raise OSError(code, reason)


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "manifest.jsonl").mkdir()
    with pytest.raises(DiskFailed, match="Is a directory"), disk_named("build", tmp_path):
        write_atomic(tmp_path / "manifest.jsonl", "rows")


def test_an_error_of_a_network_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(ConnectionRefusedError), disk_named("build", tmp_path):
        raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
