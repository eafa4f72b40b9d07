"""Read `.nemo` archives: tar files, packed or not, of a configuration, weights and a tokenizer."""

from __future__ import annotations

import io
import tarfile
from gzip import GzipFile
from pathlib import Path
from typing import Any

import yaml

CONFIG, WEIGHTS = "model_config.yaml", "model_weights.ckpt"
TRAINING = ("train_ds", "validation_ds", "test_ds", "optim", "nemo_version")


def weights(path: Path, device: Any = "cpu") -> dict[str, Any]:
    """The state dictionary of a `.nemo` archive, on a device, read where it lies in the archive."""
    import torch

    with opened(path) as archive:
        member = next((one for one in archive if Path(one.name).name == WEIGHTS), None)
        if member is None:
            raise ValueError(f"{path} holds no {WEIGHTS}")
        packed = isinstance(archive.fileobj, GzipFile)  # to seek in it would unpack it again
        content: Any = _unpacked(archive, member) if packed else _Part(path, member)
        with content:
            loaded: dict[str, Any] = torch.load(content, device, weights_only=True)
            return loaded


def _unpacked(archive: tarfile.TarFile, member: tarfile.TarInfo) -> io.BytesIO:
    content = archive.extractfile(member)
    assert content is not None
    return io.BytesIO(content.read())


class _Part(io.RawIOBase):
    """A file in an archive that is not packed; unlike tarfile's, it reads without a copy in between."""

    def __init__(self, path: Path, member: tarfile.TarInfo) -> None:
        self._file = path.open("rb", buffering=0)
        self._start, self._size, self._at = member.offset_data, member.size, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._start + self._at)
        read = self._file.readinto(memoryview(buffer)[: max(0, self._size - self._at)])
        self._at += read
        return read

    def close(self) -> None:
        self._file.close()
        super().close()


def differ_in_weights_alone(one: Path, other: Path) -> bool:
    """Whether two archives hold the same model before and after a training, to a decoding."""
    return _besides_weights(one) == _besides_weights(other)


def _besides_weights(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with opened(path) as archive:
        for member in archive:
            name, content = Path(member.name).name, archive.extractfile(member)
            if name != WEIGHTS and content is not None:
                found[name] = content.read()
    config = yaml.load(found[CONFIG], getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    found[CONFIG] = {key: value for key, value in config.items() if key not in TRAINING}
    return found


def opened(path: Path) -> tarfile.TarFile:
    """Open an archive, packed or not."""
    try:
        return tarfile.open(path, "r:")
    except tarfile.ReadError:
        return tarfile.open(path, "r:gz")
