"""Batches of clips are filled, read and given as they are, whichever process reads them."""

from __future__ import annotations

import math
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def overlapped(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("overlapped")


def write(path: Path, samples: list[int]) -> str:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, len(samples), "NONE", ""))
        file.writeframes(b"".join(one.to_bytes(2, "little", signed=True) for one in samples))
    return str(path)


def batches(
    overlapped: ModuleType, paths: list[str], lengths: list[int], size: int, workers: int
) -> Iterator[tuple[Any, Any]]:
    seconds = [length / 16_000 for length in lengths]
    parts = overlapped.filled(seconds, math.inf, size)
    for audio, sizes in overlapped.batches_of(paths, seconds, parts, workers):
        yield audio[:, : int(sizes.max())].tolist(), sizes.tolist()


def test_a_batch_is_padded_with_silence_to_its_longest_clip(
    overlapped: ModuleType, tmp_path: Path
) -> None:
    paths = [write(tmp_path / "a.wav", [8192]), write(tmp_path / "b.wav", [-32768, 16384, 0])]
    assert list(batches(overlapped, paths, [1, 3], 2, 0)) == [
        ([[-32768, 16384, 0], [8192, 0, 0]], [3, 1])
    ]


@pytest.mark.parametrize("workers", [0, 2])
def test_every_clip_comes_once_longest_first_though_memory_is_used_again(
    overlapped: ModuleType, tmp_path: Path, workers: int
) -> None:
    lengths = [1 + number for number in range(15)]
    paths = [write(tmp_path / f"{size}.wav", [size] * size) for size in lengths]
    seen = [
        (length, samples[:length])
        for audio, sizes in batches(overlapped, paths, lengths, 2, workers)
        for samples, length in zip(audio, sizes, strict=True)
    ]
    assert seen == [(size, [size] * size) for size in reversed(lengths)]


@given(seconds=st.lists(st.floats(0.1, 20.0), max_size=40), budget=st.floats(5.0, 100.0))
def test_each_clip_is_in_one_batch_and_only_a_single_clip_is_over_its_budget(
    overlapped: ModuleType, seconds: list[float], budget: float
) -> None:
    parts = overlapped.filled(seconds, budget)
    assert sorted(one for part in parts for one in part) == list(range(len(seconds)))
    assert all(len(p) * max(seconds[o] for o in p) <= budget for p in parts if len(p) > 1)
