"""Clips are read as NeMo reads them, whichever process reads them."""

from __future__ import annotations

import importlib.util
import wave
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def clips() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "transcription", ROOT / "benchmarks/transcription.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write(path: Path, samples: list[int]) -> str:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, len(samples), "NONE", ""))
        file.writeframes(b"".join(one.to_bytes(2, "little", signed=True) for one in samples))
    return str(path)


def test_a_batch_is_padded_with_silence_to_its_longest_clip(
    clips: ModuleType, tmp_path: Path
) -> None:
    paths = [write(tmp_path / "a.wav", [-32768, 16384, 0]), write(tmp_path / "b.wav", [8192])]
    audio, sizes = clips.Batches(paths, 2)[0]
    assert audio.tolist() == [[-1.0, 0.5, 0.0], [0.25, 0.0, 0.0]]
    assert sizes.tolist() == [3, 1]


def test_every_clip_comes_once_and_in_order(clips: ModuleType, tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{number}.wav", [number]) for number in range(7)]
    batches = list(clips.loader(paths, 3, 0))
    assert [size for _, sizes in batches for size in sizes.tolist()] == [1] * 7
    read = [round(value * 32768) for audio, _ in batches for value in audio[:, 0].tolist()]
    assert read == list(range(7))
