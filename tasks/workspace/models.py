"""The models of a cycle: found by name or file, described by the configuration in their archive."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import yaml

from tasks.domain.bases import architecture_from_config, architecture_from_name
from tasks.domain.jobs import JobFailed
from tasks.domain.manifest import InvalidInput
from tasks.workspace.paths import Cycle, Model, file_sha256, read_json


def find_base(root: Path, name: str) -> tuple[Model, list[str]]:
    """Describe the base by its name, or by the configuration inside its file; load nothing."""
    if not name.endswith(".nemo"):
        return Model(architecture_from_name(name), None, None), []
    path = (root / Path(name).expanduser()).resolve()
    absent = Model(architecture_from_name(name), path, None)
    if not path.is_file():
        return absent, [f"base: expected a .nemo file or a pretrained name; {path} does not exist"]
    try:
        return _described(path, file_sha256(path)), []
    except (tarfile.TarError, KeyError, yaml.YAMLError) as error:
        return absent, [f"base: expected a .nemo archive; {path} is none ({error})"]


def _described(path: Path, sha256: str) -> Model:
    return Model(architecture_from_config(str(path), nemo_config(path)), path, sha256)


def unchanged(path: Path, sha256: str | None) -> bool:
    """Whether a model's file is still there and still the one of this digest."""
    return path.is_file() and file_sha256(path) == sha256


def nemo_config(path: Path) -> dict[str, Any]:
    """Read model_config.yaml out of a .nemo archive, as data: no class named in it is built."""
    with tarfile.open(path) as archive:
        for member in archive:
            if Path(member.name).name == "model_config.yaml":
                content = archive.extractfile(member)
                if content is not None:
                    return dict(yaml.safe_load(content))
    raise KeyError("it holds no model_config.yaml")


def champion_model(champion: dict[str, Any] | None) -> Model | None:
    """The champion of a ledger entry; raise InvalidInput when its file is gone or changed."""
    if champion is None:
        return None
    path = Path(champion["path"])
    if not unchanged(path, champion["sha256"]):
        expected = f"{path} with sha256 {champion['sha256'][:12]}…"
        raise InvalidInput([f"champion.json: expected {expected}; it is not there"])
    return _described(path, champion["sha256"])


def candidate_model(cycle: Cycle) -> Model:
    """The fine-tuned model; raise JobFailed when its file is not the one that training left."""
    path, trained = cycle.candidate, read_json(cycle.training_info) or {}
    sha256 = trained.get("candidate_sha256")
    if not unchanged(path, sha256):
        raise JobFailed(f"{path} is not the model that training left: remove it and run again")
    return _described(path, str(sha256))
