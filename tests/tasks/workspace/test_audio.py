"""A WAV gives its facts, or one sentence on why it cannot be used."""

from __future__ import annotations

import io
import os
import random
import shlex
import struct
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tasks.domain.manifest import RATE_HZ
from tasks.workspace.audio import BadAudio, clip_store, playable, read_samples, read_wav, wav_bytes

Tone = Callable[..., None]
PCM_TAIL = bytes.fromhex("000000001000800000aa00389b71")
FIRST, SECOND = "ab" * 32, "ac" * 32
SOUND = wav_bytes(np.full(8_000, 0.5, dtype=np.float32))


def extensible(path: Path, samples: bytes, bits: int = 16, encoding: int = 1) -> Path:
    """Write a WAV with a WAVE_FORMAT_EXTENSIBLE header, mono at 16 kHz."""
    width = bits // 8
    form = struct.pack("<HHIIHH", 0xFFFE, 1, 16_000, 16_000 * width, width, bits)
    form += struct.pack("<HHIH", 22, bits, 4, encoding) + PCM_TAIL
    chunks = b"LIST" + struct.pack("<I", 3) + b"abc\0"  # of odd size: it is padded
    chunks += b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", len(samples)) + samples
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return path


def test_a_wav_gives_its_length_and_digest(tmp_path: Path, tone: Tone) -> None:
    tone(tmp_path / "a.wav", seconds=1.5)
    facts = read_wav(tmp_path / "a.wav")
    assert facts.seconds == 1.5
    assert len(facts.sha256) == 64


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(BadAudio, match="it is no regular file"):
        read_wav(tmp_path / "pipe.wav")


def test_an_extensible_header_over_16_bit_pcm_is_read_as_nemo_reads_it(tmp_path: Path) -> None:
    """NeMo reads audio with soundfile."""
    soundfile = pytest.importorskip("soundfile", reason="no soundfile: pip install -e '.[nemo]'")
    samples = struct.pack("<8000h", *range(8_000))
    path = extensible(tmp_path / "a.wav", samples)
    assert read_wav(path).seconds == 0.5
    assert read_samples(path) == samples
    decoded, rate = soundfile.read(path, dtype="int16")
    assert (rate, decoded.tobytes()) == (16_000, samples)


@pytest.mark.parametrize(
    ("bits", "encoding", "found"),
    [
        (24, 1, "expected 16000 Hz, 1 channel, 16 bit; {0} has 16000 Hz, 1 channel, 24 bit: "),
        (32, 3, "expected a WAV file; {0} holds floating point: "),
        (8, 7, "expected a WAV file; {0} holds mu-law: "),
        (16, 49, "expected a WAV file; {0} holds encoding 49: "),
    ],
)
def test_other_samples_are_refused_with_the_command_that_converts_them(
    tmp_path: Path, bits: int, encoding: int, found: str
) -> None:
    path = extensible(tmp_path / "an odd name.wav", bytes(960), bits, encoding)
    with pytest.raises(BadAudio) as refused:
        read_wav(path)
    clip = shlex.quote(str(path))
    assert str(refused.value) == found.format(path) + (
        f"sox {clip} -r 16000 -c 1 -b 16 out.wav, or "
        f"ffmpeg -i {clip} -ar 16000 -ac 1 -c:a pcm_s16le out.wav, converts it"
    )


def header(content: bytes, at: int, value: int) -> bytes:
    return content[:at] + struct.pack("<I", value) + content[at + 4 :]


WHOLE = wav_bytes(np.full(8_000, 0.1, np.float32))


def test_the_size_of_the_whole_is_not_asked_of_a_header_as_nemo_does_not(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    for size in (0, 100, 0xFFFFFFFF):
        path.write_bytes(header(WHOLE, 4, size))
        assert read_wav(path).seconds == 0.5
        assert read_samples(path) == WHOLE[44:]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (WHOLE + WHOLE, "expected one stretch of samples; {0} holds 2, one behind the other"),
        (
            header(WHOLE, 40, 8_000),
            "expected a WAV file; {0}: 8,000 bytes behind its samples belong",
        ),
        (header(WHOLE, 40, 0), "expected the size of its samples in the header; {0} has none"),
        (header(WHOLE, 40, 0xFFFFFFFF), "expected the size of its samples in the header; {0} has"),
        (WHOLE[:-100], "expected 8000 samples, as in its header; {0} holds 7950"),
        (wav_bytes(np.zeros(0, np.float32)), "expected audio; {0} holds no samples"),
        (header(WHOLE, 24, 0), "expected 16000 Hz, 1 channel, 16 bit; {0} has 0 Hz, 1 channel, "),
        (
            header(WHOLE, 20, 1),
            "expected 16000 Hz, 1 channel, 16 bit; {0} has 16000 Hz, 0 channels",
        ),
    ],
)
def test_a_clip_of_which_a_part_would_be_read_is_refused(
    tmp_path: Path, content: bytes, found: str
) -> None:
    """NeMo's reader takes the first samples of it, or none, without a warning."""
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(BadAudio) as refused:
        read_wav(path)
    assert str(refused.value).startswith(found.format(path))


@pytest.mark.parametrize("start", [b"fLaC", b"OggS", b"ID3\x04"])
def test_audio_in_another_container_is_named(tmp_path: Path, start: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(start + bytes(100))
    with pytest.raises(BadAudio, match=r"^expected a WAV file; .* holds (FLAC|Ogg|MP3): sox "):
        read_wav(tmp_path / "a.wav")


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


def test_a_clip_is_a_wav_of_16_khz_mono_pcm16_and_does_not_wrap_around() -> None:
    with wave.open(io.BytesIO(wav_bytes(np.array([0, 1.5, -1.5], np.float32)))) as file:
        assert file.getparams()[:4] == (1, 2, RATE_HZ, 3)
        assert list(np.frombuffer(file.readframes(3), "<i2")) == [0, 32767, -32767]


def test_a_clip_for_a_browser_is_a_seventh_of_a_wav_and_as_long() -> None:
    speech = 0.3 * np.sin(np.arange(3 * RATE_HZ) / 20.0)
    mp3 = playable(speech)
    assert 7 * len(mp3) < len(wav_bytes(speech))
    decoded, rate = soundfile.read(io.BytesIO(mp3))
    assert rate == RATE_HZ
    assert decoded.size == pytest.approx(speech.size, rel=0.05)


def test_without_an_encoder_a_clip_for_a_browser_is_a_wav(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "soundfile", None)
    assert playable(np.zeros(10)).startswith(b"RIFF")


def test_a_clip_that_was_kept_is_there_and_another_is_not(tmp_path: Path) -> None:
    store = clip_store(tmp_path)
    store.keep(FIRST, SOUND, "cd" * 32)
    assert (store.has(FIRST), store.has(SECOND)) == (True, False)
    assert store.clip(FIRST).read_bytes() == SOUND
    assert (store.speech_sha256(FIRST), store.speech_sha256(SECOND)) == ("cd" * 32, "")
    assert store.faults(FIRST) == ()


def test_the_faults_of_a_take_are_remembered(tmp_path: Path) -> None:
    store = clip_store(tmp_path)
    assert store.faults(FIRST) == ()
    store.refuse(FIRST, ("the clip is silent",))
    assert clip_store(tmp_path).faults(FIRST) == ("the clip is silent",)
    assert not store.has(FIRST)


@pytest.mark.parametrize(
    "changed",
    [SOUND[:-100], SOUND[:-1] + b"!", b"", SOUND + SOUND, b"no audio"],
    ids=["cut", "edited", "emptied", "joined", "foreign"],
)
def test_a_clip_that_was_changed_where_it_lies_is_there_no_more(
    tmp_path: Path, changed: bytes
) -> None:
    store = clip_store(tmp_path)
    store.keep(FIRST, SOUND, "cd" * 32)
    store.clip(FIRST).write_bytes(changed)
    assert not store.has(FIRST)
    store.keep(FIRST, SOUND, "cd" * 32)
    assert store.has(FIRST)


@pytest.mark.parametrize(
    "note", ["", "{", "[]", '{"faults": 5}', '{"clip_sha256": 1}', '{"faults": [2]}', "\udcff"]
)
def test_a_clip_whose_note_is_damaged_is_made_again_and_ends_no_build(
    tmp_path: Path, note: str
) -> None:
    store = clip_store(tmp_path)
    store.keep(FIRST, SOUND, "cd" * 32)
    path = store.clip(FIRST).with_suffix(".json")
    path.write_bytes(note.encode("utf-8", "surrogateescape"))
    assert (store.has(FIRST), store.faults(FIRST), store.speech_sha256(FIRST)) == (False, (), "")


def test_a_clip_of_a_store_without_digests_is_used_if_it_is_audio(tmp_path: Path) -> None:
    store = clip_store(tmp_path)
    store.keep(FIRST, SOUND, "cd" * 32)
    store.clip(FIRST).with_suffix(".json").write_text('{"speech_sha256": "cd"}\n')
    assert store.has(FIRST)
    store.clip(FIRST).write_bytes(SOUND[:-100])
    assert not store.has(FIRST)
