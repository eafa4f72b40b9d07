"""Files are read out of a `.nemo` archive as data, and what is no archive is one sentence."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.workspace.archives import NotAModel, nemo_config, nemo_file

Maker = Callable[..., Path]


def archive(path: Path, config: bytes, name: str = "model_config.yaml") -> Path:
    with tarfile.open(path, "w") as file:
        member = tarfile.TarInfo(name)
        member.size = len(config)
        file.addfile(member, io.BytesIO(config))
    return path


def test_a_compressed_archive_is_read_too(tmp_path: Path, fake_model: Maker) -> None:
    plain = fake_model(tmp_path / "a.nemo", 0.5)
    (tmp_path / "b.nemo").write_bytes(gzip.compress(plain.read_bytes()))
    assert nemo_config(tmp_path / "b.nemo")["misses"] == 0.5


@pytest.mark.parametrize(
    "config", [b"- a list", b"", b"a: [", b"\xff\xfe", b"x: &a [*a, *a]\ny: " + b"[" * 5_000]
)
def test_a_configuration_that_is_none_is_one_sentence(tmp_path: Path, config: bytes) -> None:
    with pytest.raises(NotAModel, match=r"^its model_config.yaml"):
        nemo_config(archive(tmp_path / "odd.nemo", config))


def test_an_archive_that_is_cut_in_its_weights_is_no_model(
    tmp_path: Path, fake_model: Maker
) -> None:
    path = fake_model(tmp_path / "cut.nemo", 0.5)
    path.write_bytes(path.read_bytes()[:9_000])
    with pytest.raises(NotAModel, match="unexpected end of data"):
        nemo_config(path)


def test_a_file_of_an_archive_is_found_in_any_folder_of_it_and_an_absent_one_is_none(
    tmp_path: Path,
) -> None:
    path = archive(tmp_path / "a.nemo", b"pieces", "./inner/vocab.txt")
    assert nemo_file(path, "vocab.txt") == b"pieces"
    assert nemo_file(path, "tokenizer.model") is None


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.nemo", b"pieces", "vocab.txt")
    with pytest.raises(NotAModel, match=r"its vocab.txt is no file of a reasonable size"):
        nemo_file(path, "vocab.txt", limit=5)
