"""From inputs to planned clips: each utterance with the part of its recording, or why it is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tasks.domain.errors import Fault, InvalidInput
from tasks.logs import report_count
from tasks.recordings.audio import Cut, Recording, read_recording
from tasks.recordings.inputs import Choices, Inputs, Transcripts
from tasks.recordings.rows import PlannedRows, RowDefaults, TermList, plan_clinical, plan_general
from tasks.recordings.utterances import Utterance
from tasks.workspace.audio import BadAudio

BEYOND = 0.2  # seconds by which an input may name an end behind the recording's
WORKERS = 4
Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True)
class PlannedClip:
    """The rows of an utterance, and the part of a recording that is their clip."""

    planned: PlannedRows
    cut: Cut


@dataclass(frozen=True)
class Plan:
    """The plan of every utterance: a clip with its rows, or a refusal with its file and line."""

    clips: tuple[PlannedClip, ...]
    refused: tuple[tuple[str, str], ...]


def plan_clips(
    inputs: Inputs, terms: TermList | None, defaults: RowDefaults, choices: Choices
) -> Plan:
    """Plan the clip of every utterance; without terms for general speech.

    Raises InvalidInput with every fault; with `choices.skip_broken` the utterances that have one are refused.
    """
    found = {
        id(one): _path(inputs, one, transcripts)
        for transcripts in inputs.transcripts
        for one in transcripts.utterances
        if not one.refused
    }
    paths = list(dict.fromkeys(one for one in found.values() if isinstance(one, Path)))
    read = dict(zip(paths, in_parallel(_read, paths, "recordings"), strict=True))

    skip_broken = choices.skip_broken
    clips, refused, faults = list[PlannedClip](), list[tuple[str, str]](), list[Fault]()
    for transcripts in inputs.transcripts:
        refused += _refused_lines(transcripts.faults) if skip_broken else ()
        faults += [fault for fault in transcripts.faults if fault.line is None or not skip_broken]
        for one in transcripts.utterances:
            if one.refused:
                refused.append((one.where, one.refused))
                continue
            place = found[id(one)]
            recording = read[place] if isinstance(place, Path) else place
            clip, wrong = _planned(one, recording, terms, defaults, choices.channel)
            if isinstance(clip, str):
                refused.append((one.where, clip))
            elif wrong and skip_broken:
                refused.append((one.where, "; ".join(map(_reason, wrong))))
            elif clip:
                clips.append(clip)
            faults += () if skip_broken else wrong
    if faults:
        raise InvalidInput(faults)
    return Plan(tuple(clips), tuple(refused))


def _refused_lines(faults: Iterable[Fault]) -> Iterator[tuple[str, str]]:
    """Yield each line that could not be read, with what is wrong with it."""
    lines: dict[tuple[str, int], list[str]] = {}
    for fault in faults:
        if fault.line is not None:
            lines.setdefault((fault.file, fault.line), []).append(_reason(fault))
    for (file, line), reasons in lines.items():
        yield f"{file}:{line}", "; ".join(reasons)


def _reason(fault: Fault) -> str:
    return f"{fault.field}: {fault.sentence}" if fault.field else fault.sentence


def _path(inputs: Inputs, utterance: Utterance, transcripts: Transcripts) -> Path | Fault:
    try:
        return inputs.recording_of(utterance, transcripts)
    except InvalidInput as error:
        return error.faults[0]


def _read(path: Path) -> Recording | BadAudio:
    try:
        return read_recording(path)
    except BadAudio as error:
        return error


def _planned(
    utterance: Utterance,
    recording: Recording | BadAudio | Fault,
    terms: TermList | None,
    defaults: RowDefaults,
    channel: int | None,
) -> tuple[PlannedClip | str | None, list[Fault]]:
    """Plan the clip of an utterance; a text is why it is refused."""
    if isinstance(recording, Fault):
        return None, [recording]
    if isinstance(recording, BadAudio):
        return None, [utterance.fault(str(recording), "", "expected a recording")]
    cut = _cut(utterance, recording, channel)
    if isinstance(cut, Fault):
        return None, [cut]
    seconds = cut.end - cut.start
    if terms is None:
        planned, faults = plan_general(utterance, seconds, defaults)
    else:
        planned, faults = plan_clinical(utterance, seconds, terms, defaults)
    return planned.refused or PlannedClip(planned, cut), faults


def _cut(utterance: Utterance, recording: Recording, channel: int | None) -> Cut | Fault:
    """Return the part of a recording that an utterance is, or what is wrong with it."""
    name, seconds = recording.path.name, recording.seconds
    wanted = utterance.channel or channel
    if wanted is not None and wanted > recording.channels:
        has = f"{recording.channels} channel{'s' if recording.channels > 1 else ''}"
        kind = "expected a channel of its recording"
        return utterance.fault(f"{kind}; got {wanted}, and {name} has {has}", "", kind)
    end = seconds if utterance.end is None else utterance.end
    if utterance.start >= seconds or end > seconds + BEYOND:
        kind = "expected a part of its recording"
        part = f"{utterance.start:g} to {end:g} s"
        return utterance.fault(f"{kind}; got {part}, and {name} has {seconds:.2f} s", "", kind)
    whole = utterance.start == 0 and end > seconds - BEYOND
    return Cut(
        recording,
        utterance.start,
        seconds if whole else min(end, seconds),
        wanted if recording.channels > 1 else None,
    )


def in_parallel(make: Callable[[Given], Made], work: Sequence[Given], unit: str) -> list[Made]:
    """Do the work in several threads, in order, and report how far it is."""
    done = list[Made]()
    pool = ThreadPoolExecutor(WORKERS)
    try:
        for one in pool.map(make, work):
            done.append(one)
            report_count(len(done), len(work), unit)
    finally:
        pool.shutdown(cancel_futures=True)
    return done
