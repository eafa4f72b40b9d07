"""Inputs with timings of their own: Praat's TextGrid, and subtitles as SRT or WebVTT."""

from __future__ import annotations

import re
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

from tasks.domain.errors import Fault, InvalidInput, did_you_mean
from tasks.domain.manifest import Seconds
from tasks.recordings.utterances import (
    NotRead,
    Read,
    TimedWord,
    Utterance,
    check_times,
    cut_at_pauses,
)
from tasks.records.reading import LINES_BYTES, read_regular, read_text

EXTRA = "pip install 'clinical-asr-flywheel[import]'"
WORDS = re.compile(r"words?|wrd|ort(-?mau)?", re.IGNORECASE)  # a tier with a word an interval
SOUNDS = re.compile(r"phon\w*|phn|mau|segments?|syll\w*|kan(-?mau)?", re.IGNORECASE)
ARROW = "-->"
TIME = r"(?:(\d+):)?([0-5]?\d):([0-5]?\d)[.,](\d{1,3})"
TIMING = re.compile(rf"\s*{TIME}\s*{ARROW}\s*{TIME}(?:\s.*)?")
VTT = "WEBVTT"


def needed(module: str, package: str, reads: str) -> Any:
    """Import a library of the extra `import`; raise InvalidInput with how to install it."""
    try:
        return import_module(module)
    except (ImportError, OSError):  # OSError: a library that does not load here
        sentence = f"expected {package}, which reads {reads}: {EXTRA}"
        raise InvalidInput([Fault(sentence)]) from None


def read_textgrid(path: Path, tier: str | None) -> tuple[Read, list[str]]:
    """Read the intervals of a TextGrid that have words, and the tiers that they are of.

    `tier` names one. Without it these are all tiers of utterances, each one speaker's where there are
    several, else those of words, cut at their pauses. Raises InvalidInput.
    """
    textgrid = needed("praatio.textgrid", "praatio", "TextGrid")
    try:
        read_regular(path, LINES_BYTES)
        grid = textgrid.openTextgrid(str(path), False, duplicateNamesMode="rename")
    except Exception as error:  # the library raises whatever a broken file leads it to
        reason = " ".join(str(error).split())[:200]
        sentence = f"expected a TextGrid; {reason or type(error).__name__}"
        raise InvalidInput([Fault(sentence, path.name)]) from None
    intervals = {
        name: [
            TimedWord(" ".join(entry.label.split()), entry.start, entry.end)
            for entry in grid.getTier(name).entries
            if entry.label.strip()
        ]
        for name in grid.tierNames
        if isinstance(grid.getTier(name), textgrid.IntervalTier)
    }
    names = _tiers(intervals, tier, path.name)
    utterances = []
    for name in names:
        timed = intervals[name]
        fields = {"speaker": name} if len(names) > 1 else {}
        spoken = cut_at_pauses(timed) if WORDS.fullmatch(name) else timed
        utterances += [
            Utterance(path.name, None, path.stem, one.text, one.start, one.end, None, fields)
            for one in spoken
        ]
    return (utterances, []), names


def _tiers(intervals: dict[str, list[TimedWord]], tier: str | None, file: str) -> list[str]:
    """Choose the tiers that are read; raise InvalidInput where there is none."""
    if tier is not None:
        if tier in intervals:
            return [tier]
        known = ", ".join(map(repr, intervals)) or "none"
        near = did_you_mean(tier, intervals)
        raise InvalidInput(
            [Fault(f"expected one of its tiers, {known}; got {tier!r}{near}", file, field="--tier")]
        )
    spoken = [name for name, timed in intervals.items() if timed and not SOUNDS.fullmatch(name)]
    if not spoken:
        raise InvalidInput([Fault("expected a tier of intervals with words; it has none", file)])
    return [name for name in spoken if not WORDS.fullmatch(name)] or spoken[:1]


def read_subtitles(path: Path) -> Read:
    """Read SRT or WebVTT: each cue is an utterance, whose speaker WebVTT may name. Raises InvalidInput."""
    webvtt = needed("webvtt", "webvtt-py", "SRT and WebVTT")
    text = read_text(path, LINES_BYTES).replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    timings = {n: line for n, line in enumerate(lines, start=1) if ARROW in line}
    if not timings:
        raise InvalidInput([Fault("expected cues with their times; it has none", path.name)])
    times, faults = dict[int, tuple[Seconds, Seconds]](), list[Fault]()
    for number, line in timings.items():
        try:
            times[number] = _times(line)
        except NotRead as error:
            faults.append(Fault(str(error), path.name, number))
    if faults:
        return [], faults
    spoken = [number for number in times if "".join(lines[number : number + 1]).strip()]
    try:
        kind = "vtt" if path.suffix.lower() == ".vtt" else "srt"
        read = webvtt.from_buffer(StringIO(text), format=kind).captions
    except webvtt.errors.MalformedFileError:
        head = VTT if kind == "vtt" else "the number of a cue, and its times below"
        sentence = f"expected {head} in the first line; got {lines[0]!r}"
        raise InvalidInput([Fault(sentence, path.name, 1)]) from None
    captions = [caption for caption in read if caption.raw_text.strip()]
    if len(captions) != len(spoken):
        sentence = f"expected {len(spoken)} cues, as it has times; {len(captions)} can be read"
        raise InvalidInput([Fault(sentence, path.name)])
    cues = dict(zip(spoken, captions, strict=True))
    return [_cue(path, n, *times[n], cues.get(n)) for n in times], []


def _times(line: str) -> tuple[Seconds, Seconds]:
    """Read the two times of a cue; raise NotRead.

    >>> _times("00:00:01,500 --> 1:02.25 align:start")
    (1.5, 62.25)
    """
    found = TIMING.fullmatch(line)
    if found is None:
        raise NotRead(f"expected times, as 00:00:01,500 --> 00:00:04,000; got {line!r}")
    start, end = (
        int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{part}")
        for hours, minutes, seconds, part in (found.groups()[:4], found.groups()[4:])
    )
    check_times(start, end)
    return start, end


def _cue(path: Path, line: int, start: Seconds, end: Seconds, caption: Any) -> Utterance:
    """Write a cue as an utterance; one without a caption has no words."""
    words = " ".join(caption.text.split()) if caption else ""
    fields = {"speaker": caption.voice.strip()} if caption and caption.voice else {}
    return Utterance(path.name, line, path.stem, words, start, end, fields=fields)
