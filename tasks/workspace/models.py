"""The models of a cycle: found by name or file, described by the configuration in their archive."""

from __future__ import annotations

import tarfile
import zlib
from gzip import GzipFile
from pathlib import Path
from typing import Any

import yaml

from tasks.domain.bases import architecture_from_config, architecture_from_name
from tasks.domain.errors import DamagedFile, Fault, InvalidInput
from tasks.workspace.files import file_sha256
from tasks.workspace.paths import Model, Run
from tasks.workspace.reading import read_yaml
from tasks.workspace.records import Champion, TrainingRecord, read_record

MAX_CONFIG_BYTES = 2_000_000
GZIP = b"\x1f\x8b"


class NotAModel(ValueError):
    """A file that is no `.nemo` archive; says why."""


def find_base(root: Path, name: str) -> Model:
    """Describe the base by its name, or by the configuration inside its file; load nothing.

    Raises InvalidInput when the file is absent or no `.nemo` archive.
    """
    if not name.endswith(".nemo"):
        return Model(architecture_from_name(name), None, None)
    try:
        path = (root / Path(name).expanduser()).resolve()
        found = path.is_file()
    except (OSError, ValueError, RuntimeError) as error:  # NUL, surrogates, circles of links
        sentence = f"expected the path of a .nemo file; got {name!r} ({error})"
        raise InvalidInput([Fault(sentence, "base")]) from None
    if not found:
        sentence = f"expected a .nemo file or a pretrained name; {path} does not exist"
        raise InvalidInput([Fault(sentence, "base")])
    try:
        architecture = architecture_from_config(str(path), nemo_config(path))
    except NotAModel as error:
        sentence = f"expected a .nemo archive; {path} is none ({error})"
        raise InvalidInput([Fault(sentence, "base")]) from None
    return Model(architecture, path, file_sha256(path))  # many gigabytes are digested last


def _described(path: Path, sha256: str) -> Model:
    return Model(architecture_from_config(str(path), nemo_config(path)), path, sha256)


def unchanged(path: Path, sha256: str | None) -> bool:
    """Tell whether a model's file is still there and still the one of this digest."""
    return path.is_file() and file_sha256(path) == sha256


def nemo_config(path: Path) -> dict[str, Any]:
    """Read model_config.yaml out of a .nemo archive, as data: no class named in it is built.

    Raises NotAModel when there is none to read, and when a plain archive, as NeMo writes it, is cut
    short; the rest of a compressed one is not read.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == GZIP  # other packings are not tried: NeMo writes none
        with tarfile.open(path, "r:gz" if packed else "r:") as archive:
            members = archive if isinstance(archive.fileobj, GzipFile) else archive.getmembers()
            for member in members:
                if Path(member.name).name == "model_config.yaml":
                    return _config(archive, member)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise NotAModel(str(error) or "it ends too early") from None
    raise NotAModel("it holds no model_config.yaml")


def _config(archive: tarfile.TarFile, member: tarfile.TarInfo) -> dict[str, Any]:
    content = archive.extractfile(member) if member.size <= MAX_CONFIG_BYTES else None
    if content is None:
        raise NotAModel("its model_config.yaml is no file of a reasonable size")
    try:
        config = read_yaml(content.read())
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotAModel(f"its model_config.yaml: {' '.join(str(error).split())}") from None
    if not isinstance(config, dict):
        raise NotAModel("its model_config.yaml is no mapping")
    for key in ("encoder", "loss"):
        if not isinstance(config.get(key) or {}, dict):
            raise NotAModel(f"the {key} of its model_config.yaml is no mapping")
    return config


def champion_model(champion: Champion | None) -> Model | None:
    """Find the champion's model; raise InvalidInput when its file is gone or changed."""
    if champion is None:
        return None
    path = Path(champion.path)
    if not unchanged(path, champion.sha256):
        expected = f"expected {path} with sha256 {champion.sha256[:12]}…"
        raise InvalidInput([Fault(f"{expected}; it is not there", "champion.json")])
    return _described(path, champion.sha256)


def candidate_model(run: Run) -> Model:
    """Find the model that a fine-tune left; raise DamagedFile when its file is another now."""
    trained = read_record(run.training_info, TrainingRecord)
    sha256 = trained.candidate_sha256 if trained else None
    if sha256 is None or not unchanged(run.candidate, sha256):
        found = f"{run.candidate} is not the model that training left"
        raise DamagedFile(f"{found}: remove it and run again")
    return _described(run.candidate, sha256)
