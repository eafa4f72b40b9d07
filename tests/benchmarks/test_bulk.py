"""Batches of clips are filled and read as they are."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def bulk(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("bulk")


def write(path: Path, samples: list[int]) -> str:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, len(samples), "NONE", ""))
        file.writeframes(b"".join(one.to_bytes(2, "little", signed=True) for one in samples))
    return str(path)


def test_a_batch_is_padded_with_silence_to_its_longest_clip(
    bulk: ModuleType, tmp_path: Path
) -> None:
    paths = [write(tmp_path / "a.wav", [8192]), write(tmp_path / "b.wav", [-32768, 16384, 1])]
    audio, sizes = bulk.read(paths)
    assert audio.tolist() == [[8192, 0, 0], [-32768, 16384, 1]]
    assert sizes.tolist() == [1, 3]


@given(seconds=st.lists(st.floats(0.1, 20.0), max_size=40), budget=st.floats(5.0, 100.0))
def test_each_clip_is_in_one_batch_and_only_a_single_clip_is_over_its_budget(
    bulk: ModuleType, seconds: list[float], budget: float
) -> None:
    parts = bulk.filled(seconds, budget)
    assert sorted(one for part in parts for one in part) == list(range(len(seconds)))
    assert all(len(p) * max(seconds[o] for o in p) <= budget for p in parts if len(p) > 1)
