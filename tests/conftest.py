"""Makers of rows, scores and workspaces that every test may use."""

from __future__ import annotations

import json
import math
import os
import struct
import tempfile
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# Before anything imports prefect: a home of its own, no telemetry, time to migrate its database.
os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="prefect-home-")
os.environ["PREFECT_LOCAL_STORAGE_PATH"] = os.environ["PREFECT_HOME"] + "/storage"
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] = "120"
os.environ["DO_NOT_TRACK"] = "1"

from tasks.domain.manifest import ClinicalRow
from tasks.domain.metrics import Rate, RowScore

FIELDS: dict[str, Any] = {
    "audio_filepath": "audio/0.wav",
    "duration": 1.0,
    "text": "please start metoprolol today",
    "term": "metoprolol",
    "entity_category": "drug",
    "ipa_source": "override",
    "voice_id": "en-us",
    "noise_level": "clean",
    "context_type": "order",
}


@pytest.fixture
def row() -> Callable[..., ClinicalRow]:
    """Make a clinical row that differs from the usual one in the given fields."""
    return lambda **changes: ClinicalRow.model_validate(FIELDS | changes)


@pytest.fixture
def score() -> Callable[[int], RowScore]:
    """Make the score of a row whose term was missed (1) or heard (0)."""
    return lambda missed: RowScore(Rate(missed, 4), Rate(missed, 20), missed, missed)


def write_tone(path: Path, seconds: float = 1.0, rate: int = 16_000, channels: int = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = int(seconds * rate)
    pitch = 200 + sum(path.name.encode()) % 400
    samples = [int(8000 * math.sin(2 * math.pi * pitch * n / rate)) for n in range(frames)]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        data = b"".join(struct.pack("<h", sample) * channels for sample in samples)
        file.writeframes(data)


@pytest.fixture
def tone() -> Callable[..., None]:
    """Write a sine tone as a WAV file."""
    return write_tone


@pytest.fixture
def workspace(tmp_path: Path) -> Callable[..., Path]:
    """Make a workspace whose cycle1 holds the given rows, all on one short tone each."""

    def make(rows: list[dict[str, Any]], heard: list[str] | None = None, policy: str = "") -> Path:
        folder = tmp_path / "w" / "cycle1"
        lines = []
        for index, changes in enumerate(rows):
            fields = FIELDS | {"audio_filepath": f"audio/{index}.wav"} | changes
            if not (folder / fields["audio_filepath"]).exists():
                write_tone(folder / fields["audio_filepath"])
            lines.append(json.dumps(fields))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "manifest.jsonl").write_text("\n".join(lines) + "\n")
        if heard is not None:
            samples = [
                {"audio_filepath": json.loads(line)["audio_filepath"], "hyp": hypothesis}
                for line, hypothesis in zip(lines, heard, strict=True)
            ]
            (folder / "per_sample.json").write_text("".join(json.dumps(s) + "\n" for s in samples))
        (tmp_path / "w" / "flywheel.yaml").write_text(policy)
        return tmp_path / "w"

    return make
