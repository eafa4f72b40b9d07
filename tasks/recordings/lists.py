"""Inputs of lines: STM, CTM and TRN of NIST, a Kaldi folder, the transcripts of LibriSpeech."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from tasks.domain.errors import Fault
from tasks.domain.manifest import Seconds
from tasks.recordings.utterances import (
    NotRead,
    Read,
    TimedWord,
    Utterance,
    channel_of,
    check_times,
    cut_at_pauses,
    seconds_of,
)

COMMENT = ";;"
IGNORED = "IGNORE_TIME_SEGMENT_IN_SCORING"
TRN = re.compile(r"(?P<text>.*)\((?P<name>[^()\s]+)\)")
LIBRISPEECH = re.compile(r"(\d+)-\d+-\d+")
PIPE = "expected the path of a file; got a command, and none is run: convert its recordings first"
KALDI = ("wav.scp", "text")  # files that a folder has to have
Line = tuple[int, str]


def read_stm(content: str, file: str) -> Read:
    """Read an STM: recording, channel, speaker, begin, end, perhaps a label, words.

    >>> read_stm("visit1 A ana 1.5 3 <o,f0> take metoprolol", "a.stm")[0][0].text
    'take metoprolol'
    """
    return _each(content, file, _stm_line)


def _stm_line(file: str, number: int, line: str) -> Utterance:
    parts = line.split(None, 5)
    if len(parts) < 5:
        raise NotRead(f"expected recording, channel, speaker, begin, end, words; got {line!r}")
    audio, channel, speaker = parts[:3]
    start, end = seconds_of(parts[3], "begin"), seconds_of(parts[4], "end")
    check_times(start, end)
    words = re.sub(r"^<[^<>]*>\s*", "", parts[5]) if len(parts) > 5 else ""
    refused = "it is marked to be ignored in scoring" if words.upper() == IGNORED else ""
    if re.search(r"\{.*/.*\}", words):
        refused = "it has alternatives, so that its words are not known"
    fields = {"speaker": speaker}
    return Utterance(file, number, audio, words, start, end, channel_of(channel), fields, refused)


def read_trn(content: str, file: str) -> Read:
    """Read a TRN: words, then the name of their recording in parentheses.

    >>> read_trn("take metoprolol (visit1)", "a.trn")[0][0].audio
    'visit1'
    """
    return _each(content, file, _trn_line)


def _trn_line(file: str, number: int, line: str) -> Utterance:
    found = TRN.fullmatch(line.strip())
    if found is None:
        raise NotRead(f"expected words and (the name of their recording); got {line!r}")
    return Utterance(file, number, found["name"], found["text"].strip(), name=found["name"])


def read_librispeech(content: str, file: str) -> Read:
    """Read the transcripts of a chapter: the name of a recording, then its words."""
    return _each(content, file, _librispeech_line)


def _librispeech_line(file: str, number: int, line: str) -> Utterance:
    name, _, words = line.strip().partition(" ")
    found = LIBRISPEECH.fullmatch(name)
    fields = {"speaker": found[1]} if found else {}
    return Utterance(file, number, name, words.strip(), fields=fields, name=name)


def _each(content: str, file: str, read: Callable[[str, int, str], Utterance]) -> Read:
    """Read every line that has something."""
    utterances, faults = list[Utterance](), list[Fault]()
    for number, line in _lines(content):
        try:
            utterances.append(read(file, number, line))
        except NotRead as error:
            faults.append(Fault(str(error), file, number, error.field))
    return utterances, faults


def read_ctm(content: str, file: str) -> Read:
    """Read a CTM, a word a line: recording, channel, begin, duration, word; cut at its pauses."""
    spoken: dict[tuple[str, int], list[TimedWord]] = {}
    faults = []
    for number, line in _lines(content):
        parts = line.split()
        try:
            if len(parts) < 5:
                raise NotRead(f"expected recording, channel, begin, duration, word; got {line!r}")
            start, duration = seconds_of(parts[2], "begin"), seconds_of(parts[3], "duration")
            word = TimedWord(parts[4], start, start + duration, number)
            spoken.setdefault((parts[0], channel_of(parts[1])), []).append(word)
        except NotRead as error:
            faults.append(Fault(str(error), file, number, error.field))
    stretches = [
        Utterance(file, one.line, audio, one.text, one.start, one.end, channel)
        for (audio, channel), words in spoken.items()
        for one in cut_at_pauses(words)
    ]
    return stretches, faults


def read_kaldi(files: Mapping[str, str], folder: str) -> Read:
    """Read a Kaldi folder: the content of wav.scp, text, and segments and utt2spk where it has them.

    Utterances are those of `text`, in its order; a segment or a recording that it has no words of is
    refused. A recording that is the output of a command is a fault.
    """
    faults = list[Fault]()
    tables = {
        name: _table(files.get(name, ""), f"{folder}/{name}", faults)
        for name in ("wav.scp", "text", "segments", "utt2spk")
    }
    utterances = list[Utterance]()
    for name, (number, words) in tables["text"].items():
        try:
            audio, start, end = _place(name, tables, "segments" in files)
        except NotRead as error:
            faults.append(Fault(str(error), f"{folder}/text", number, name))
            continue
        speaker = tables["utt2spk"].get(name, (0, ""))[1]
        utterances.append(
            Utterance(
                file=f"{folder}/text",
                line=number,
                audio=audio,
                text=words,
                start=start,
                end=end,
                fields={"speaker": speaker} if speaker else {},
                name=name,
            )
        )
    parts = "segments" if "segments" in files else "wav.scp"
    utterances += [
        Utterance(f"{folder}/{parts}", number, "", "", refused="it has no words in text")
        for name, (number, _) in tables[parts].items()
        if name not in tables["text"]
    ]
    return utterances, faults


def _table(content: str, file: str, faults: list[Fault]) -> dict[str, Line]:
    """Return the rest of each line by its first word, with its number; add its faults."""
    table = dict[str, Line]()
    for number, line in _lines(content):
        name, rest = [*line.split(None, 1), ""][:2]
        if name in table:
            sentence = f"expected each name once; {name!r} is on line {table[name][0]} too"
            faults.append(Fault(sentence, file, number))
        elif rest.endswith("|") and file.endswith("wav.scp"):
            faults.append(Fault(PIPE, file, number, kind=PIPE))
        else:
            table[name] = number, rest
    return table


def _place(
    name: str, tables: Mapping[str, Mapping[str, Line]], cut: bool
) -> tuple[str, Seconds, Seconds | None]:
    """Return the recording of an utterance, its start and its end; raise NotRead."""
    recordings, segments = tables["wav.scp"], tables["segments"]
    if not cut:
        if name not in recordings:
            raise NotRead("expected its recording in wav.scp; it has none")
        return recordings[name][1], 0.0, None
    if name not in segments:
        raise NotRead("expected its part of a recording in segments; it has none")
    number, line = segments[name]
    parts = line.split()
    if len(parts) < 3:
        raise NotRead(f"expected recording, start and end in segments:{number}; got {line!r}")
    if parts[0] not in recordings:
        raise NotRead(f"expected {parts[0]!r} of segments:{number} in wav.scp; it has none")
    start, end = seconds_of(parts[1], "start"), seconds_of(parts[2], "end")
    check_times(start, end)
    return recordings[parts[0]][1], start, end


def _lines(content: str) -> Iterator[Line]:
    """Yield the lines that have something and are no comment, each with its number."""
    for number, line in enumerate(content.split("\n"), start=1):
        if line.strip() and not line.startswith(COMMENT):
            yield number, line.rstrip("\r")
