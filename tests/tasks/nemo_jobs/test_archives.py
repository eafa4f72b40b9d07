"""What is read of an archive is what NeMo would read of it."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from tasks.nemo_jobs import archives

torch = pytest.importorskip("torch", reason="no torch: pip install -e '.[nemo]'")
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
