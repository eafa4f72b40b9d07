"""Patience with a busy server, and the audio of a service."""

from __future__ import annotations

import io
import logging
import struct
from collections.abc import Callable

import numpy as np
import pytest
from scipy.io import wavfile

from tasks.benchmark.engines.engine import RATE_HZ, NotSpoken
from tasks.benchmark.engines.service import Busy, announce, ask_patiently, read_audio
from tasks.domain.policy import EngineConfig

CONFIG = EngineConfig(
    engine="http", url="http://localhost:1", voices=("a",), retries=4, backoff_seconds=8
)


def busy_until(success: int, after_seconds: float = 0.0) -> Callable[[], str]:
    """Make a server that answers at its nth request."""
    asked = iter(range(1, 100))

    def ask() -> str:
        if next(asked) < success:
            raise Busy("429: too many requests", after_seconds)
        return "spoken"

    return ask


def sine(rate: int, seconds: float = 1.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)


def as_wav(samples: np.ndarray, rate: int) -> bytes:
    content = io.BytesIO()
    wavfile.write(content, rate, samples)
    return content.getvalue()


@pytest.mark.parametrize(("chance", "expected"), [(0.0, [4, 8, 16, 30]), (1.0, [8, 16, 32, 60])])
def test_each_wait_doubles_up_to_a_minute_and_is_a_random_half_to_whole_of_it(
    chance: float, expected: list[float]
) -> None:
    waits: list[float] = []
    assert ask_patiently(busy_until(5), CONFIG, waits.append, lambda: chance) == "spoken"
    assert waits == expected


def test_a_server_that_names_a_longer_wait_gets_it() -> None:
    waits: list[float] = []
    ask_patiently(busy_until(3, after_seconds=40), CONFIG, waits.append, lambda: 0.0)
    assert waits == [40, 40]


def test_a_server_that_stays_busy_is_given_up_with_its_reason() -> None:
    waits: list[float] = []
    with pytest.raises(NotSpoken, match="429: too many requests; asked 5 times") as raised:
        ask_patiently(busy_until(6), CONFIG, waits.append)
    assert raised.value.retry
    assert len(waits) == 4


def test_a_refusal_is_not_asked_again() -> None:
    waits: list[float] = []

    def refuse() -> str:
        raise NotSpoken("no such voice")

    with pytest.raises(NotSpoken, match=r"^no such voice$"):
        ask_patiently(refuse, CONFIG, waits.append)
    assert waits == []


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000])
def test_audio_of_any_rate_is_resampled_to_ours(rate: int) -> None:
    speech = read_audio(as_wav(np.int16(32_767 * sine(rate)), rate))
    assert speech.dtype == np.float32
    assert abs(speech.size - RATE_HZ) <= 1
    spectrum = np.abs(np.fft.rfft(speech))
    assert np.argmax(spectrum) == pytest.approx(440 * speech.size / RATE_HZ, abs=1)
    assert np.abs(speech).max() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("kind", ["uint8", "int16", "int32", "float32", "float64"])
def test_samples_of_any_width_have_the_same_loudness(kind: str) -> None:
    wave = sine(RATE_HZ)
    scales = {"uint8": (127, 128), "int16": (2**15 - 1, 0), "int32": (2**31 - 1, 0)}
    factor, offset = scales.get(kind, (1, 0))
    samples = (wave * factor + offset).astype(kind)
    assert np.abs(read_audio(as_wav(samples, RATE_HZ)) - wave).max() < 0.02


def test_two_channels_become_one() -> None:
    both = np.stack([sine(RATE_HZ), np.zeros(RATE_HZ)], axis=1).astype(np.float32)
    assert np.allclose(read_audio(as_wav(both, RATE_HZ)), sine(RATE_HZ) / 2, atol=1e-6)


def test_a_streamed_wav_whose_header_promises_more_is_read_to_its_end() -> None:
    content = bytearray(as_wav(np.int16(32_767 * sine(24_000)), 24_000))
    content[4:8] = content[40:44] = struct.pack("<I", 0xFFFFFFFF)
    assert abs(read_audio(bytes(content)).size - RATE_HZ) <= 1


def changed(content: bytes, at: int, value: bytes) -> bytes:
    return content[:at] + value + content[at + len(value) :]


SPOKEN = as_wav(np.int16(32_767 * sine(24_000)), 24_000)


@pytest.mark.parametrize("size", [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x10\0\0\0"])
def test_the_size_of_the_whole_is_not_asked_of_a_header(size: bytes) -> None:
    assert np.array_equal(read_audio(changed(SPOKEN, 4, size)), read_audio(SPOKEN))


def test_wavs_joined_end_to_end_are_read_to_the_last() -> None:
    other = as_wav(sine(RATE_HZ, 0.5).astype(np.float32), RATE_HZ)
    opened = changed(changed(SPOKEN, 4, b"\xff" * 4), 40, b"\xff" * 4)
    for first in (SPOKEN, opened):
        speech = read_audio(first + other)
        assert abs(speech.size - 1.5 * RATE_HZ) <= 1
        assert np.array_equal(speech[:RATE_HZ], read_audio(SPOKEN))
        assert np.array_equal(speech[RATE_HZ:], read_audio(other))


def test_a_wav_that_was_cut_on_its_way_may_be_asked_for_again() -> None:
    with pytest.raises(
        Busy, match="the server sent 47,900 of 48,000 bytes of samples, and no more"
    ):
        read_audio(SPOKEN[:-100])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (changed(SPOKEN, 24, struct.pack("<I", 0)), "its rate is 0 Hz"),
        (changed(SPOKEN, 24, struct.pack("<I", 1)), "its rate is 1 Hz"),
        (changed(SPOKEN, 24, struct.pack("<I", 4_000_000)), "its rate is 4000000 Hz"),
        (changed(SPOKEN, 24, struct.pack("<I", 191_999)), "its rate is 191999 Hz"),
        (changed(SPOKEN, 24, struct.pack("<I", 47_999)), "its rate is 47999 Hz"),
        (changed(SPOKEN, 22, b"\0\0"), "it has 0 channels"),
        (changed(SPOKEN, 22, b"\xff\xff"), "it has 65535 channels"),
        (changed(SPOKEN, 34, b"\0\0"), "its samples are 0 bit of encoding 1"),
        (changed(SPOKEN, 20, b"\x07\0"), "its samples are 16 bit of encoding 7"),
        (
            changed(SPOKEN, 40, struct.pack("<I", 100)),
            "47,900 bytes behind its samples belong to no",
        ),
    ],
)
def test_a_header_that_nobody_speaks_with_is_refused_with_its_values(
    content: bytes, reason: str
) -> None:
    with pytest.raises(NotSpoken, match=f"a WAV that cannot be read: {reason}"):
        read_audio(content)


def test_an_answer_of_more_than_half_a_minute_is_refused_before_it_is_resampled() -> None:
    with pytest.raises(NotSpoken, match="expected at most 30 s of speech; the server sent 75 s"):
        read_audio(as_wav(np.ones(300_000, np.uint8), 4_000))


def test_a_long_answer_of_several_channels_is_read_block_by_block() -> None:
    both = np.stack([sine(RATE_HZ, 20.0)] * 3, axis=1).astype(np.float32)
    speech = read_audio(as_wav(both, RATE_HZ))
    assert np.allclose(speech, sine(RATE_HZ, 20.0), atol=1e-6)


def test_samples_of_24_bit_are_read() -> None:
    wide = np.int32(sine(RATE_HZ) * (2**31 - 1)).astype("<i4").view(np.uint8).reshape(-1, 4)
    data = wide[:, 1:].tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 0, b"WAVE", b"fmt ", 16, 1, 1, RATE_HZ, 0, 3, 24)
    speech = read_audio(head + b"data" + struct.pack("<I", len(data)) + data)
    assert np.abs(speech - sine(RATE_HZ)).max() < 1e-6


def test_a_thousand_damaged_wavs_are_read_or_refused_with_a_sentence() -> None:
    """Nothing but NotSpoken may come of bytes that were changed, lost or put in between."""
    rng = np.random.default_rng(7)
    whole, refused = as_wav(np.int16(32_767 * sine(RATE_HZ, 0.1)), RATE_HZ), 0
    for _ in range(1_000):
        content = bytearray(whole * int(rng.integers(1, 3)))
        for at in rng.integers(0, 48, rng.integers(1, 4)):
            content[at] = rng.choice([0, 1, 255, rng.integers(256)])
        cut = len(content) if rng.random() < 0.7 else rng.integers(len(content))
        try:
            speech = read_audio(bytes(b"RIFF" + content[4:cut]))
        except NotSpoken:
            refused += 1
        else:
            assert np.isfinite(speech).all()
    assert 250 < refused < 950


def test_bare_samples_need_their_rate() -> None:
    bare = np.int16(32_767 * sine(RATE_HZ)).tobytes()
    assert read_audio(bare, RATE_HZ).size == RATE_HZ
    with pytest.raises(NotSpoken, match="expected audio as WAV; got 32000 bytes") as raised:
        read_audio(bare)
    assert not raised.value.retry


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the server sent no audio"),
        (bytes(3_200), "the server sent silence"),
        (as_wav(np.zeros(0, np.int16), RATE_HZ), "the server sent silence"),
    ],
)
def test_audio_without_sound_may_be_asked_for_again(content: bytes, reason: str) -> None:
    with pytest.raises(Busy, match=reason):
        read_audio(content, RATE_HZ if content else None)


@pytest.mark.parametrize("content", [b"RIFF", b"RIFF\x24\x00\x00\x00WAVEfmt ", b"RIFFabcdefgh" * 9])
def test_a_damaged_wav_is_refused(content: bytes) -> None:
    with pytest.raises(NotSpoken, match="a WAV that cannot be read"):
        read_audio(content)


@pytest.mark.parametrize(
    ("url", "warning"),
    [
        (
            "https://speech.example",
            "http: text to be spoken leaves this machine for https://speech",
        ),
        ("http://speech.example", "over an open line"),
        ("http://127.0.0.1:8880", ""),
    ],
)
def test_it_is_logged_where_text_goes_and_whether_anybody_may_read_it(
    url: str, warning: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    announce(EngineConfig(engine="http", url=url, voices=("a",)))
    assert warning in caplog.text
    assert bool(warning) == bool(caplog.text)
