"""The content of a WAV file, also of one that a server streams: its format and its samples, part by part.

The size of the whole in the first header is not read: a server that streams does not know it. Sizes
of samples are: 0 or the largest number of a header mean that they go on to the end.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE  # how samples are written, as a format chunk names it
SUBFORMAT_TAIL = bytes.fromhex("000000001000800000aa00389b71")
OPEN_BYTES = 0x7FFF_0000  # sizes from here on are written where the size is not known
HEADER, CHUNK = struct.Struct("<4sI4s"), struct.Struct("<4sI")
FORMAT = struct.Struct("<HHIIHH")
MOST_PARTS = 1_000  # data chunks of one answer; a server that streams sends some dozens
LOOKED_AT = 100  # chunks behind samples of size 0
NEXT_HEADER = re.compile(rb"RIFF.{4}WAVEfmt ", re.DOTALL)
LONGER = "its chunks are longer than the file"


class NotWav(ValueError):
    """Content that is no WAV, and why."""


@dataclass(frozen=True)
class WavPart:
    """Samples of one data chunk and their format; `promised` bytes, None where the header has none."""

    encoding: int
    channels: int
    rate_hz: int
    bits: int
    samples: memoryview = field(repr=False)
    promised: int | None

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return self.channels * self.bits // 8

    @property
    def cut(self) -> bool:
        """Whether fewer samples are there than the header promises."""
        return self.promised is not None and len(self.samples) < self.promised


def wav_parts(content: bytes) -> list[WavPart]:
    """Read every data chunk, of WAV files that are joined end to end too; raise NotWav.

    >>> header = b"RIFF\\x00\\x00\\x00\\x00WAVEfmt \\x10\\x00\\x00\\x00"
    >>> form = struct.pack("<HHIIHH", 1, 1, 16000, 32000, 2, 16)
    >>> wav_parts(header + form + b"data\\x02\\x00\\x00\\x00ab")[0].samples.tobytes()
    b'ab'
    """
    view, parts, at = memoryview(content), list[WavPart](), 0
    while not parts or not _is_padding(content, at):
        if len(content) < at + HEADER.size:
            raise NotWav(_behind(content, at) if parts else "its header is cut")
        riff, _, wave = HEADER.unpack_from(content, at)
        if (riff, wave) != (b"RIFF", b"WAVE"):
            raise NotWav(_behind(content, at) if parts else "it does not begin with RIFF and WAVE")
        found = list[WavPart]()
        for part, end in _parts_of_file(view, content, at + HEADER.size):
            at = end
            found += [part] if part else []
            if len(parts) + len(found) > MOST_PARTS:
                raise NotWav(f"it has more than {MOST_PARTS:,} data chunks")
        if not found:
            raise NotWav("it has no samples")
        parts += found
    return parts


def _parts_of_file(
    view: memoryview, content: bytes, at: int
) -> Iterator[tuple[WavPart | None, int]]:
    """Yield each data chunk of one file, and at every chunk where the next begins."""
    form: tuple[int, int, int, int] | None = None
    seen = False
    while at + CHUNK.size <= len(content) and not _is_padding(content, at):
        name, size = CHUNK.unpack_from(content, at)
        at += CHUNK.size
        if name == b"RIFF":
            return
        if not (name.isascii() and name.decode("ascii").isprintable()):
            raise NotWav(_behind(content, at - CHUNK.size) if seen else LONGER)
        if name == b"data":
            if form is None:
                raise NotWav("its samples come before their format")
            is_open = size >= OPEN_BYTES or (size == 0 and not _has_chunks(content, at))
            end = _next_header(content, at) if is_open else min(at + size, len(content))
            yield (
                WavPart(*form, view[at:end], None if is_open else size),
                _padded(content, end, size),
            )
            seen = True
        else:
            end = at + size
            if end > len(content):
                raise NotWav(_behind(content, at - CHUNK.size) if seen else LONGER)
            if name == b"fmt ":
                form = _format(content, at, size)
            yield None, _padded(content, end, size)
        at = _padded(content, end, size)


def _padded(content: bytes, end: int, size: int) -> int:
    """Return the offset of the next chunk: one of odd size is padded, but by some writers not."""
    odd = size % 2 and size < OPEN_BYTES and content[end : end + 4] != b"RIFF"
    return min(end + 1, len(content)) if odd else end


def _format(content: bytes, at: int, size: int) -> tuple[int, int, int, int]:
    """Read encoding, channels, rate and bits; an extensible format has its encoding further behind."""
    if size < FORMAT.size:
        raise NotWav("its format is cut")
    encoding, channels, rate, _, _, bits = FORMAT.unpack_from(content, at)
    if encoding == EXTENSIBLE and content[at + 26 : at + 40] == SUBFORMAT_TAIL:
        (encoding,) = struct.unpack_from("<H", content, at + 24)
    return encoding, channels, rate, bits


def _next_header(content: bytes, at: int) -> int:
    """Find where samples of unknown size end: at the header of a further file, else with the content."""
    found = NEXT_HEADER.search(content, at)
    return found.start() if found else len(content)


def _has_chunks(content: bytes, at: int) -> bool:
    """Whether whole chunks, and nothing else, follow: then samples of size 0 are none."""
    for _ in range(LOOKED_AT):
        if at + CHUNK.size > len(content):
            break
        name, size = CHUNK.unpack_from(content, at)
        if not (name.isascii() and name.decode("ascii").isprintable()):
            return False
        at += CHUNK.size + size + size % 2
    return at in (len(content), len(content) + 1)


def _is_padding(content: bytes, at: int) -> bool:
    """Whether nothing but zeros follow, or nothing at all."""
    return not any(content[at : at + CHUNK.size]) and not content[at:].strip(b"\0")


def _behind(content: bytes, at: int) -> str:
    return f"{len(content) - at:,} bytes behind its samples belong to no chunk"
