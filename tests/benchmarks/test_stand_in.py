"""The clips that GPU benchmarks run on."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="module")
def stand_in(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("stand_in")


def test_a_clip_is_the_same_on_every_run_and_of_the_length_asked_for(stand_in: ModuleType) -> None:
    clip = stand_in.noise(3, (2.0, 2.5))
    assert 2.0 <= clip.size / stand_in.RATE <= 2.5
    assert (clip == stand_in.noise(3, (2.0, 2.5))).all()
    assert clip.size != stand_in.noise(4, (2.0, 2.5)).size


def test_a_written_clip_is_as_long_as_its_header(stand_in: ModuleType, tmp_path: Path) -> None:
    seconds = stand_in.write_clip((tmp_path, 1, (0.1, 0.2)))
    with wave.open(str(tmp_path / "000001.wav")) as file:
        assert file.getnframes() / file.getframerate() == seconds


def test_the_stand_in_has_the_layers_of_parakeet(stand_in: ModuleType) -> None:
    config: Any = stand_in.tdt_config(stand_in.LARGE, Path("tokenizer"))
    assert json.dumps(config["encoder"]).count("1024") == 1
    assert config["encoder"]["n_layers"] == 24
    assert config["joint"]["num_extra_outputs"] == len(config["decoding"]["durations"])
