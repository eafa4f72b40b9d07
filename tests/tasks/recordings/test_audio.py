"""Recordings of any kind become clips: 16 kHz mono PCM16, of the part and the channel that was asked for."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tasks.recordings.audio import Cut, clip_facts, clip_of, read_recording
from tasks.workspace.audio import BadAudio, read_wav
from tests.corpora import write_recording

KINDS = [
    ("a.wav", 16_000, 1, "PCM_16", "16000 Hz, 1 channel, WAV PCM_16"),
    ("a.wav", 8_000, 2, "ULAW", "8000 Hz, 2 channels, WAV ULAW"),
    ("a.wav", 44_100, 2, "PCM_24", "44100 Hz, 2 channels, WAV PCM_24"),
    ("a.wav", 16_000, 1, "FLOAT", "16000 Hz, 1 channel, WAV FLOAT"),
    ("a.flac", 48_000, 1, "PCM_16", "48000 Hz, 1 channel, FLAC PCM_16"),
    ("a.ogg", 22_050, 1, "VORBIS", "22050 Hz, 1 channel, OGG VORBIS"),
    ("a.mp3", 16_000, 1, "MPEG_LAYER_III", "16000 Hz, 1 channel, MP3 MPEG_LAYER_III"),
]


@pytest.mark.parametrize(("name", "rate", "channels", "subtype", "kind"), KINDS)
def test_a_part_of_any_recording_is_a_clip_of_its_length(
    tmp_path: Path, name: str, rate: int, channels: int, subtype: str, kind: str
) -> None:
    path = tmp_path / name
    write_recording(path, 3, rate, channels, subtype)
    recording = read_recording(path)
    assert recording.kind == kind
    assert recording.seconds == pytest.approx(3, abs=0.1)
    wav = clip_of(Cut(recording, 0.5, 2.25))
    (tmp_path / "clip.wav").write_bytes(wav)
    facts = read_wav(tmp_path / "clip.wav")
    assert facts == clip_facts(wav)
    assert facts.seconds == pytest.approx(1.75, abs=0.001)
    assert wav == clip_of(Cut(recording, 0.5, 2.25)), "the same clip, to the byte"


def test_a_recording_that_is_a_clip_stays_as_it_is_and_its_parts_are_its_samples(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.wav"
    write_recording(path)
    recording = read_recording(path)
    assert clip_of(Cut(recording, 0, recording.seconds)) == path.read_bytes()
    samples, _ = soundfile.read(path, dtype="int16")
    part, rate = soundfile.read(io.BytesIO(clip_of(Cut(recording, 0.5, 1))), dtype="int16")
    assert rate == 16_000
    assert np.array_equal(part, samples[8_000:16_000])


def test_a_tone_keeps_its_pitch_and_its_level_when_its_rate_is_converted(tmp_path: Path) -> None:
    path, rate = tmp_path / "a.flac", 44_100
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * rate) / rate)
    soundfile.write(path, tone, rate)
    recording = read_recording(path)
    clip, _ = soundfile.read(io.BytesIO(clip_of(Cut(recording, 0.5, 1.5))))
    expected = 0.5 * np.sin(2 * np.pi * 440 * (0.5 + np.arange(16_000) / 16_000))
    assert np.abs(clip - expected)[200:-200].max() < 0.001


def test_a_channel_is_taken_and_without_one_all_are_mixed(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    left, right = np.full(16_000, 0.5), np.full(16_000, -0.25)
    soundfile.write(path, np.stack([left, right], axis=1), 16_000)
    recording = read_recording(path)
    levels = [
        soundfile.read(io.BytesIO(clip_of(Cut(recording, 0, 1, channel))))[0].mean()
        for channel in (1, 2, None)
    ]
    assert levels == pytest.approx([0.5, -0.25, 0.125], abs=1e-4)


def test_what_makes_a_clip_is_the_content_of_its_recording_and_the_part(tmp_path: Path) -> None:
    write_recording(tmp_path / "a.wav")
    (tmp_path / "b.wav").write_bytes((tmp_path / "a.wav").read_bytes())
    one, other = (read_recording(tmp_path / f"{name}.wav") for name in "ab")
    assert Cut(one, 0, 1).identity == Cut(other, 0, 1).identity
    parts = [Cut(one, 0, 1), Cut(one, 0, 1.001), Cut(one, 0.5, 1), Cut(one, 0, 1, 1)]
    assert len({cut.identity for cut in parts}) == 4


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"hello there, this is no audio", "expected a recording"),
        (b"fLaC" + bytes(40), "expected a recording"),
        (b"OggS" + bytes(40), "expected a recording"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(BadAudio, match=sentence):
        read_recording(tmp_path / "a.wav")


def test_a_wav_that_is_cut_short_or_has_no_samples_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    for rate in (8_000, 16_000):
        write_recording(path, rate=rate)
        path.write_bytes(path.read_bytes()[:5_000])
        with pytest.raises(BadAudio, match="is cut short"):
            read_recording(path)
    write_recording(path, seconds=0)
    with pytest.raises(BadAudio, match="holds no samples"):
        read_recording(path)


def test_a_flac_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    write_recording(path)
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(BadAudio, match="expected"):
        read_recording(path)


def test_a_folder_and_a_file_that_is_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadAudio, match="no regular file"):
        read_recording(tmp_path)
    with pytest.raises(BadAudio, match="does not exist"):
        read_recording(tmp_path / "no.wav")
