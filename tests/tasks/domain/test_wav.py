"""The parts of a WAV are found, whatever a server writes into its header."""

from __future__ import annotations

import struct
import time

import pytest

from tasks.domain.wav import MOST_PARTS, NotWav, WavPart, wav_parts

OPEN = 0xFFFFFFFF


def chunk(name: bytes, content: bytes, size: int | None = None) -> bytes:
    return name + struct.pack("<I", len(content) if size is None else size) + content


def wav(*chunks: bytes, size: int = 0, encoding: int = 1) -> bytes:
    form = chunk(b"fmt ", struct.pack("<HHIIHH", encoding, 1, 16_000, 32_000, 2, 16))
    return b"RIFF" + struct.pack("<I", size) + b"WAVE" + form + b"".join(chunks)


def reason_of(content: bytes) -> str:
    """Return why it cannot be read; empty where it can."""
    try:
        wav_parts(content)
    except NotWav as error:
        return str(error)
    return ""


def samples(parts: list[WavPart]) -> list[bytes]:
    return [part.samples.tobytes() for part in parts]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (wav(chunk(b"data", b"abcd")), [b"abcd"]),
        (wav(chunk(b"LIST", b"xyz\0"), chunk(b"data", b"abcd"), chunk(b"id3 ", b"xy")), [b"abcd"]),
        (wav(chunk(b"data", b"abcd", OPEN)), [b"abcd"]),
        (wav(chunk(b"data", b"abcd", 0x7FFFFFFF)), [b"abcd"]),
        (wav(chunk(b"data", b"\x01\x02cd", 0)), [b"\x01\x02cd"]),
        (wav(chunk(b"data", b""), chunk(b"LIST", b"ab")), [b""]),
        (wav(chunk(b"data", b"abcd")) * 2, [b"abcd", b"abcd"]),
        (wav(chunk(b"data", b"abcd", OPEN)) * 2, [b"abcd", b"abcd"]),
        (wav(chunk(b"data", b"ab"), chunk(b"data", b"cd")), [b"ab", b"cd"]),
        (wav(chunk(b"data", b"abc")) + wav(chunk(b"data", b"de")), [b"abc", b"de"]),
        (wav(chunk(b"data", b"abc"), b"\0", chunk(b"LIST", b"ab")), [b"abc"]),
        (wav(chunk(b"data", b"abcd")) + bytes(40), [b"abcd"]),
    ],
)
def test_all_samples_are_found_and_nothing_else(content: bytes, expected: list[bytes]) -> None:
    assert samples(wav_parts(content)) == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "its header is cut"),
        (b"RIFX" + bytes(40), "it does not begin with RIFF and WAVE"),
        (wav(), "it has no samples"),
        (wav(chunk(b"LIST", b"ab", 90)), "its chunks are longer than the file"),
        (
            wav(chunk(b"data", b"ab"), b"\x01\x02\x03\x04efghij"),
            "10 bytes behind its samples belong",
        ),
        (
            wav(chunk(b"data", b"ab"), chunk(b"LIST", b"ab", 90)),
            "10 bytes behind its samples belong",
        ),
        (wav(chunk(b"data", b"ab")) + b"RIFF", "4 bytes behind its samples"),
        (b"RIFF\0\0\0\0WAVE" + chunk(b"data", b"ab"), "its samples come before their format"),
        (b"RIFF\0\0\0\0WAVE" + chunk(b"fmt ", b"ab"), "its format is cut"),
    ],
)
def test_content_that_is_none_names_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(NotWav, match=reason):
        wav_parts(content)


def test_samples_that_were_cut_are_known_by_their_size() -> None:
    (part,) = wav_parts(wav(chunk(b"data", b"ab", 90)))
    assert part.cut
    assert part.promised == 90
    assert not wav_parts(wav(chunk(b"data", b"ab", OPEN)))[0].cut


def test_an_extensible_format_names_its_encoding_further_behind() -> None:
    form = struct.pack("<HHIIHH", 0xFFFE, 1, 16_000, 64_000, 4, 32) + struct.pack(
        "<HHIH", 22, 32, 4, 3
    )
    form += bytes.fromhex("000000001000800000aa00389b71")
    content = b"RIFF\0\0\0\0WAVE" + chunk(b"fmt ", form) + chunk(b"data", b"abcd")
    assert wav_parts(content)[0].encoding == 3


@pytest.mark.parametrize(
    "content",
    [
        wav(chunk(b"data", b"", 0) * 500_000),
        wav(*[chunk(b"data", b"ab")] * (MOST_PARTS + 1)),
        wav(chunk(b"data", b"RIFF1234WAVEfmX " * 250_000, OPEN)),
        wav(chunk(b"data", b"ab")) + wav(chunk(b"LIST", b"") * 500_000),
    ],
)
def test_an_answer_made_to_be_slow_is_read_or_refused_at_once(content: bytes) -> None:
    began = time.process_time()
    assert reason_of(content) in ("", "it has more than 1,000 data chunks", "it has no samples")
    assert time.process_time() - began < 5
