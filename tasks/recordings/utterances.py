"""An utterance of an input: words, where they were read, and the part of a recording that has them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tasks.domain.errors import Fault
from tasks.domain.manifest import MAX_SECONDS, Seconds

PAUSE_SECONDS = 0.5  # between two words: a recording is cut there
PAD_SECONDS = 0.1  # of the pause on either side that stay with the words
CHANNELS = {"A": 1, "B": 2}
SILENT = re.compile(
    r"<[^<>]*>|\[[^][]*\]|\([^()]*\)"
)  # marks of noise and silence among timed words


@dataclass(frozen=True)
class Utterance:
    """Words and their part of a recording, from `start` to `end` seconds.

    `audio` is the recording as the input names it, `end` None for the rest of it, `channel` from 1, None
    for all channels mixed. `fields` are those of a row that the input has beside the words, `name` its own
    name, by which hypotheses may name it. `refused` is why the input itself rules the utterance out.
    """

    file: str
    line: int | None
    audio: str
    text: str
    start: Seconds = 0.0
    end: Seconds | None = None
    channel: int | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""
    name: str = ""

    @property
    def where(self) -> str:
        """Name the file and the line; where the file has no lines, the time.

        >>> Utterance("a.csv", 3, "a.wav", "hello").where
        'a.csv:3'
        """
        at = f" at {self.start:g} s" if self.line is None else f":{self.line}"
        return f"{self.file}{at}"

    def fault(self, sentence: str, field: str = "", kind: str = "") -> Fault:
        """Return its fault."""
        return Fault(sentence, self.file, self.line, field, kind)


Read = tuple[list[Utterance], list[Fault]]


class NotRead(ValueError):
    """A value that cannot be read: what was expected, and of which field."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class TimedWord:
    """A word, or several, with its times in seconds, and the line that it is on."""

    text: str
    start: Seconds
    end: Seconds
    line: int | None = None


def seconds_of(value: object, field: str) -> Seconds:
    """Read a time; raise NotRead.

    >>> seconds_of("1.25", "start"), seconds_of(3, "start")
    (1.25, 3.0)
    """
    try:
        seconds = float(str(value).strip())
    except ValueError:
        seconds = math.nan
    if isinstance(value, bool) or not 0 <= seconds < math.inf:
        raise NotRead(f"expected seconds, such as 12.5; got {value!r}", field)
    return seconds


def channel_of(value: object) -> int:
    """Read a channel, a number from 1 or a letter; raise NotRead.

    >>> channel_of("A"), channel_of("2")
    (1, 2)
    """
    text = str(value).strip().upper()
    channel = CHANNELS.get(text, int(text) if text.isdecimal() and text.isascii() else 0)
    if channel < 1 or isinstance(value, bool):
        raise NotRead(f"expected a channel, such as 1 or A; got {value!r}", "channel")
    return channel


def check_times(start: Seconds, end: Seconds) -> None:
    """Raise NotRead unless the end is behind the start."""
    if end <= start:
        raise NotRead(f"expected an end behind {start:g} s, its start; got {end:g}", "end")


def cut_at_pauses(words: Iterable[TimedWord]) -> list[TimedWord]:
    """Join timed words to stretches of speech: cut at each pause, and longer ones than a clip at theirs.

    A stretch has a little of the pauses beside it, at most half of each. Marks of noise are left out.

    >>> words = [TimedWord("take", 1.0, 1.4), TimedWord("it", 1.4, 1.5), TimedWord("now", 3.0, 3.4)]
    >>> [(one.text, round(one.start, 2), round(one.end, 2)) for one in cut_at_pauses(words)]
    [('take it', 0.9, 1.6), ('now', 2.9, 3.5)]
    """
    spoken = sorted(
        (word for word in words if not SILENT.fullmatch(word.text)), key=lambda word: word.start
    )
    pauses = [max(0.0, after.start - before.end) for before, after in pairwise(spoken)]
    return [_joined(spoken, pauses, first, last) for first, last in _stretches(spoken, pauses)]


def _stretches(words: Sequence[TimedWord], pauses: Sequence[Seconds]) -> list[tuple[int, int]]:
    """Return the first and the last word of each stretch, in order."""
    cuts = [-1, *(n for n, pause in enumerate(pauses) if pause >= PAUSE_SECONDS), len(words) - 1]
    open_parts = [(before + 1, after) for before, after in pairwise(cuts) if before < after]
    parts = []
    while open_parts:
        first, last = open_parts.pop()
        if first == last or words[last].end - words[first].start <= MAX_SECONDS - 2 * PAD_SECONDS:
            parts.append((first, last))
            continue
        cut = max(range(first, last), key=lambda n: (pauses[n], -abs(first + last - 1 - 2 * n)))
        open_parts += [(first, cut), (cut + 1, last)]
    return sorted(parts)


def _joined(
    words: Sequence[TimedWord], pauses: Sequence[Seconds], first: int, last: int
) -> TimedWord:
    """Join the words of a stretch."""
    before = pauses[first - 1] / 2 if first else words[first].start
    after = pauses[last] / 2 if last < len(pauses) else PAD_SECONDS
    text = " ".join(word.text for word in words[first : last + 1])
    start = words[first].start - min(PAD_SECONDS, before)
    end = words[last].end + min(PAD_SECONDS, after)
    return TimedWord(text, max(0.0, start), end, words[first].line)
