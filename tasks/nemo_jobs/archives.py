"""Read and write `.nemo` archives: tar files, packed or not, of a configuration, weights and a tokenizer."""

from __future__ import annotations

import io
import tarfile
import time
from gzip import GzipFile
from pathlib import Path
from typing import Any

CONFIG, WEIGHTS = "model_config.yaml", "model_weights.ckpt"
TRAINING = ("train_ds", "validation_ds", "test_ds", "optim", "nemo_version")


def weights(path: Path, device: Any = "cpu") -> dict[str, Any]:
    """The state dictionary of a `.nemo` archive, on a device, read where it lies in the archive."""
    import torch

    with opened(path) as archive:
        members = [member for member in archive if is_weights(member)]
        file = archive.extractfile(members[-1]) if members else None
        if file is None:
            raise ValueError(f"{path} holds no {WEIGHTS}")
        if isinstance(archive.fileobj, GzipFile):
            content: Any = io.BytesIO(file.read())  # to seek in it would unpack it again
        else:
            content = io.BufferedReader(_Part(path, members[-1]))
        with content:
            loaded: dict[str, Any] = torch.load(content, map_location=device)
            return loaded


def is_weights(member: tarfile.TarInfo) -> bool:
    """Whether a file of an archive holds its weights."""
    return Path(member.name) == Path(WEIGHTS)


def add_weights(archive: tarfile.TarFile, name: str, state: Any) -> None:
    """Write a state dictionary into an archive that is being written, with no copy of it beside."""
    import torch

    file: Any = archive.fileobj
    member = tarfile.TarInfo(name)
    file.write(bytes(tarfile.BLOCKSIZE))  # for the header, when the size is known
    torch.save(state, file)
    member.size = file.tell() - archive.offset - tarfile.BLOCKSIZE
    member.mtime = int(time.time())
    file.write(bytes(-member.size % tarfile.BLOCKSIZE))
    end = file.tell()
    file.seek(archive.offset)
    file.write(member.tobuf(tarfile.GNU_FORMAT))  # one block, whatever the size
    file.seek(end)
    archive.offset = end


class _Part(io.RawIOBase):
    """A file in an archive that is not packed. Unlike tarfile's, it reads without a copy in between."""

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
    import yaml

    try:
        return _besides_weights(one) == _besides_weights(other)
    except yaml.YAMLError:  # OmegaConf reads more than YAML does
        return False


def _besides_weights(path: Path) -> dict[str, Any]:
    import yaml

    found: dict[str, Any] = {}
    with opened(path) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None and not is_weights(member):
                found[str(Path(member.name))] = content.read()
    config = yaml.load(found[CONFIG], getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    found[CONFIG] = {key: value for key, value in config.items() if key not in TRAINING}
    return found


def opened(path: Path) -> tarfile.TarFile:
    """Open an archive, packed or not."""
    try:
        return tarfile.open(path, "r:")
    except tarfile.ReadError:
        return tarfile.open(path, "r:gz")
