"""What is read of an archive is what NeMo would read of it."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from tasks.nemo_jobs import archives
from tests.with_nemo import torch

CONFIG = b"decoder: {layers: 2}\ntrain_ds: {batch_size: 4}\n"


def stored(value: float) -> bytes:
    buffer = io.BytesIO()
    torch.save({"layer": torch.full((300, 700), value), "steps": torch.tensor(3)}, buffer)
    return buffer.getvalue()


def write(path: Path, *files: tuple[str, bytes], packed: bool = False) -> Path:
    """Write files, and a link that leads nowhere, as NeMo passes it over."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as target:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            target.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("latest")
        link.type, link.linkname = tarfile.SYMTYPE, "nowhere"
        target.addfile(link)
    path.write_bytes(gzip.compress(content.getvalue()) if packed else content.getvalue())
    return path


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["./model_weights.ckpt", "model_weights.ckpt"])
def test_weights_are_the_last_of_their_name_in_the_root(
    tmp_path: Path, name: str, packed: bool
) -> None:
    files = [("./model_config.yaml", CONFIG), (name, stored(1.0)), (name, stored(2.0))]
    files.append(("other/model_weights.ckpt", stored(3.0)))
    found = archives.weights(write(tmp_path / "a.nemo", *files, packed=packed))
    assert found["layer"].shape == (300, 700)
    assert found["layer"].unique().tolist() == [2.0]
    assert found["steps"] == 3


@pytest.mark.parametrize(
    ("config", "pieces", "alike"),
    [
        (CONFIG, b"pieces", True),
        (CONFIG.replace(b"4", b"8"), b"pieces", True),  # how it was trained
        (CONFIG.replace(b"2", b"3"), b"pieces", False),
        (CONFIG, b"other", False),
        (CONFIG + b"x: !!python/object/apply:pathlib.PosixPath [a]\n", b"pieces", False),
    ],
)
def test_two_archives_are_compared_by_all_that_a_decoding_reads(
    tmp_path: Path, config: bytes, pieces: bytes, alike: bool
) -> None:
    weights = ("model_weights.ckpt", stored(1.0))
    one = [("./model_config.yaml", CONFIG), ("./a_tokenizer.model", b"pieces"), weights]
    two = [weights, ("model_config.yaml", config), ("a_tokenizer.model", pieces)]
    paths = write(tmp_path / "one.nemo", *one), write(tmp_path / "two.nemo", *two, packed=True)
    assert archives.differ_in_weights_alone(*paths) is alike


def test_weights_are_written_where_they_go_in_an_archive(tmp_path: Path) -> None:
    """The archive is one to `tar`, and its weights are one to `unzip`, which has checksums."""
    model, state = tmp_path / "a.nemo", {"layer": torch.full((300, 700), 2.0)}
    (tmp_path / "model_config.yaml").write_bytes(CONFIG)
    with tarfile.open(model, "w:") as archive:
        archive.add(tmp_path / "model_config.yaml", "./model_config.yaml")
        archives.add_weights(archive, "./model_weights.ckpt", state)
        archive.add(tmp_path / "model_config.yaml", "./more.yaml")
    assert archives.weights(model)["layer"].equal(state["layer"])
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    subprocess.run(["tar", "-xf", model, "-C", unpacked], check=True)
    assert [(unpacked / f"{name}.yaml").read_bytes() for name in ("model_config", "more")] == [
        CONFIG
    ] * 2
    assert zipfile.ZipFile(unpacked / "model_weights.ckpt").testzip() is None
    assert torch.load(unpacked / "model_weights.ckpt")["layer"].equal(state["layer"])
