"""Weights are averaged with those of the base, and all else of the archive stays as it is."""

from __future__ import annotations

import gzip
import importlib.util
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.with_nemo import run_with_nemo, torch

SCRIPT = Path(__file__).parents[3] / "tasks/nemo_jobs/average.py"


@pytest.fixture
def average(monkeypatch: pytest.MonkeyPatch) -> object:
    """The script, which is run by path."""
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    spec = importlib.util.spec_from_file_location("average", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def archive(path: Path, state: dict[str, Any], *, packed: bool = False) -> Path:
    """Write a `.nemo` with these weights, a configuration and a tokenizer."""
    buffer, content = io.BytesIO(), io.BytesIO()
    torch.save(state, buffer)
    files = {"./model_config.yaml": b"decoder: {}", "./model_weights.ckpt": buffer.getvalue()}
    with tarfile.open(fileobj=content, mode="w") as target:
        for name, data in (files | {"./tokenizer.model": b"pieces"}).items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            target.addfile(member, io.BytesIO(data))
    path.write_bytes(gzip.compress(content.getvalue()) if packed else content.getvalue())
    return path


def state(value: float, steps: int) -> dict[str, Any]:
    return {"layer": torch.full((2, 3), value).half(), "steps": torch.tensor(steps)}


@pytest.mark.parametrize("packed", [False, True])
def test_floating_point_weights_are_averaged_and_all_else_is_the_fine_tunes(
    average: object, tmp_path: Path, packed: bool
) -> None:
    tuned = archive(tmp_path / "it's ${tuned}.nemo", state(1.0, 30), packed=packed)
    base = archive(tmp_path / "base.nemo", state(3.0, 10))
    output = tmp_path / "averaged.nemo"
    given = [
        f"model='{str(tuned).replace(chr(39), chr(92) + chr(39)).replace('${', chr(92) + '${')}'"
    ]
    given += [f"base='{base}'", "share='0.25'", f"output='{output}'"]
    run_with_nemo(SCRIPT, *given)
    found = average.weights(output)  # type: ignore[attr-defined]
    assert found["layer"].dtype == torch.float16
    assert found["layer"].tolist() == [[1.5] * 3] * 2
    assert found["steps"] == 30
    with tarfile.open(output, "r:") as written:
        names = ["./model_config.yaml", "./model_weights.ckpt", "./tokenizer.model"]
        assert written.getnames() == names
        assert written.extractfile(names[2]).read() == b"pieces"  # type: ignore[union-attr]


@pytest.mark.parametrize(("layer", "shape"), [("layer", (3,)), ("another", (2, 3))])
def test_models_of_other_layers_are_refused(
    average: object, layer: str, shape: tuple[int, ...]
) -> None:
    tuned, other = {"layer": torch.zeros(2, 3)}, {layer: torch.zeros(shape)}
    with pytest.raises(ValueError, match="differ in their layers, such as layer"):
        average.average([(tuned, 0.5), (other, 0.5)])  # type: ignore[attr-defined]


def test_several_fine_tunes_are_averaged_alike_in_the_type_of_the_first(
    average: object, tmp_path: Path
) -> None:
    values = {"one": 1.0, "other": 2.0, "third": 6.0}
    paths = [archive(tmp_path / f"{name}.nemo", state(values[name], 30)) for name in values]
    output = tmp_path / "mean.nemo"
    given = [f"model{number}='{path}'" for number, path in enumerate(paths, start=1)]
    run_with_nemo(SCRIPT, *given, f"output='{output}'")
    found = average.weights(output)  # type: ignore[attr-defined]
    assert found["layer"].dtype == torch.float16
    assert found["layer"].tolist() == [[3.0] * 3] * 2
    assert found["steps"] == 30


def test_an_archive_without_weights_is_named(average: object, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "empty.nemo", "w"):
        pass
    with pytest.raises(ValueError, match=r"empty\.nemo holds no model_weights\.ckpt"):
        average.weights(tmp_path / "empty.nemo")  # type: ignore[attr-defined]
