"""Read single files out of a `.nemo` archive, as data: nothing named in them is built or loaded."""

from __future__ import annotations

import tarfile
import zlib
from gzip import GzipFile
from pathlib import Path
from typing import Any

import yaml

from tasks.records.reading import read_yaml

CONFIG = "model_config.yaml"
MAX_CONFIG_BYTES, MAX_TOKENIZER_BYTES = 2_000_000, 50_000_000
GZIP = b"\x1f\x8b"


class NotAModel(ValueError):
    """A file that is no `.nemo` archive; says why."""


def nemo_config(path: Path) -> dict[str, Any]:
    """Read model_config.yaml out of a .nemo archive.

    Raises NotAModel when there is none to read, and when a plain archive, as NeMo writes it, is cut
    short; the rest of a compressed one is not read.
    """
    content = nemo_file(path, CONFIG, MAX_CONFIG_BYTES)
    if content is None:
        raise NotAModel(f"it holds no {CONFIG}")
    try:
        config = read_yaml(content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotAModel(f"its {CONFIG}: {' '.join(str(error).split())}") from None
    if not isinstance(config, dict):
        raise NotAModel(f"its {CONFIG} is no mapping")
    for key in ("encoder", "loss"):
        if not isinstance(config.get(key) or {}, dict):
            raise NotAModel(f"the {key} of its {CONFIG} is no mapping")
    return config


def nemo_file(path: Path, name: str, limit: int = MAX_TOKENIZER_BYTES) -> bytes | None:
    """Read the file of this name out of a .nemo archive; None where the archive has none.

    Raises NotAModel for what is no archive, and for a file of more than `limit` bytes.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == GZIP  # other packings are not tried: NeMo writes none
        with tarfile.open(path, "r:gz" if packed else "r:") as archive:
            members = archive if isinstance(archive.fileobj, GzipFile) else archive.getmembers()
            for member in members:
                if Path(member.name).name == name:
                    return _content(archive, member, name, limit)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise NotAModel(str(error) or "it ends too early") from None
    return None


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, name: str, limit: int) -> bytes:
    file = archive.extractfile(member) if member.size <= limit else None
    if file is None:
        raise NotAModel(f"its {name} is no file of a reasonable size")
    return file.read()
