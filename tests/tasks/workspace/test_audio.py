"""A WAV gives its facts, or one sentence on why it cannot be used."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.workspace.audio import BadAudio, read_wav

Tone = Callable[..., None]


def test_a_wav_gives_its_length_and_digest(tmp_path: Path, tone: Tone) -> None:
    tone(tmp_path / "a.wav", seconds=1.5)
    facts = read_wav(tmp_path / "a.wav")
    assert facts.seconds == 1.5
    assert len(facts.sha256) == 64


def test_a_clip_is_read_once_while_it_stands_unchanged(tmp_path: Path, tone: Tone) -> None:
    tone(tmp_path / "a.wav")
    first = read_wav(tmp_path / "a.wav")
    assert read_wav(tmp_path / "a.wav") is first
    tone(tmp_path / "b.wav", seconds=1.25)
    os.replace(tmp_path / "b.wav", tmp_path / "a.wav")
    assert read_wav(tmp_path / "a.wav").seconds == 1.25


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(BadAudio, match="it is no regular file"):
        read_wav(tmp_path / "pipe.wav")


@pytest.mark.parametrize("name", ["no.wav", "\0.wav", "\ud800.wav", "x" * 300])
def test_a_path_that_leads_nowhere_is_one_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadAudio, match=r"^expected a readable file; "):
        read_wav(tmp_path / name)


def test_five_hundred_damaged_wavs_are_read_rightly_or_refused_with_a_sentence(
    tmp_path: Path, tone: Tone
) -> None:
    """Bytes of the header are changed at random; nothing but BadAudio may come of it."""
    tone(tmp_path / "a.wav", seconds=0.2)
    whole = (tmp_path / "a.wav").read_bytes()
    rng = random.Random(7)
    sentences = []
    for number in range(500):
        content = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            content[rng.randrange(48)] = rng.randrange(256)
        path = tmp_path / f"{number}.wav"
        path.write_bytes(content[: rng.choice([len(content), rng.randrange(60)])])
        try:
            read_wav(path)
        except BadAudio as error:
            sentences.append(str(error))
    assert len(sentences) > 300
    assert all(one.startswith("expected ") and not one.endswith(": ") for one in sentences)
