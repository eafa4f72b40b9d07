"""Inputs with columns, a table or JSON lines: which column is what, and their rows as utterances."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from tasks.domain.errors import Fault, InvalidInput, did_you_mean
from tasks.recordings.utterances import (
    NotRead,
    Read,
    Utterance,
    channel_of,
    check_times,
    seconds_of,
)

AUDIO_SUFFIXES = (
    ".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif", ".au", ".sph", ".w64", ".caf",
)  # fmt: skip
NAMES: Mapping[str, tuple[str, ...]] = {  # of a field, in the order in which they are tried
    "audio": (
        "audio_filepath", "audio_file", "audio_path", "audio", "wav_path", "wav_file", "wav",
        "filepath", "file_path", "path", "filename", "file_name", "file", "clip", "recording",
    ),
    "text": (
        "text", "transcript", "transcription", "sentence", "reference", "ref", "utterance",
    ),
    "start": ("offset", "start", "begin", "start_time", "start_seconds"),
    "end": ("end", "stop", "end_time", "end_seconds"),
    "duration": ("duration", "seconds"),
    "channel": ("channel",),
    "speaker": ("speaker", "speaker_id", "spk", "spk_id", "client_id"),
    "voice_id": ("voice_id", "voice"),
    "noise_level": ("noise_level", "noise", "snr", "snr_db"),
    "context_type": ("context_type", "context"),
    "source": ("source",),
    "term": ("term", "keyword"),
    "entity_category": ("entity_category", "category"),
    "ipa_source": ("ipa_source",),
    "id": ("id", "utt_id", "utterance_id", "utt", "audio_id"),
}  # fmt: skip
OF_A_ROW = (
    "speaker", "voice_id", "noise_level", "context_type", "source", "term", "entity_category",
    "ipa_source",
)  # fmt: skip
SOURCES = {"recorded", "synthetic"}
DECIBELS = re.compile(r"(-?\d+)\s*(?:db)?", re.IGNORECASE)


@dataclass(frozen=True)
class Columns:
    """The column of each field, and the fields whose column was guessed by a name of its own."""

    of: Mapping[str, str]
    guessed: frozenset[str] = field(default_factory=frozenset)

    @property
    def text(self) -> str:
        """Return the column of each field.

        >>> Columns({"audio": "Datei", "text": "text"}, frozenset({"audio"})).text
        'audio = Datei (guessed), text'
        """
        return ", ".join(self._shown(name, column) for name, column in self.of.items())

    def _shown(self, name: str, column: str) -> str:
        guess = " (guessed)" if name in self.guessed else ""
        return f"{name}{guess}" if name == column else f"{name} = {column}{guess}"


def given_columns(pairs: Sequence[str]) -> dict[str, str]:
    """Read `field=column` of flags; an empty column leaves the field out. Raise InvalidInput.

    >>> given_columns(["text=Transcript", "duration="])
    {'text': 'Transcript', 'duration': ''}
    """
    columns, faults = dict[str, str](), list[Fault]()
    for pair in pairs:
        name, equals, column = pair.partition("=")
        if not equals:
            faults.append(Fault(f"expected FIELD=COLUMN; got {pair!r}", "--column"))
        elif name not in NAMES:
            expected = f"expected one of {', '.join(NAMES)}; got {name!r}"
            faults.append(Fault(expected + did_you_mean(name, NAMES), "--column"))
        columns[name] = column
    if faults:
        raise InvalidInput(faults)
    return columns


def find_columns(
    rows: Sequence[Mapping[str, object]],
    given: Mapping[str, str],
    file: str,
    line: int | None = None,
) -> Columns:
    """Return the column of each field: as given, else by its name, else audio by its cells.

    Raises InvalidInput where audio or text has none; `line` is that of the head of a table.

    >>> find_columns([{"Path": "a.wav", "Sentence": "hello"}], {}, "a.csv").text
    'audio = Path (guessed), text = Sentence (guessed)'
    """
    known = list(dict.fromkeys(name for row in rows for name in row if name))
    unknown = [name for name in given.values() if name and name not in known]
    if unknown:
        raise InvalidInput(
            [
                Fault(f"expected one of {_listed(known)}; got {name!r}", file, line, "--column")
                for name in unknown
            ]
        )
    by_name = {_plain(name): name for name in reversed(known) if name not in given.values()}
    columns, guessed = dict[str, str](), set[str]()
    for name, names in NAMES.items():
        if name in given:
            columns |= {name: given[name]} if given[name] else {}
            continue
        column = next((by_name[one] for one in names if one in by_name), None)
        if column is None and name == "audio":
            column = _audio_column(rows, known)
        if column is not None and name == "source" and not _values(rows, column) <= SOURCES:
            column = None  # of something else: a corpus, a website
        if column is not None:
            columns[name] = column
            guessed |= {name} if column != names[0] else set()
    faults = [
        Fault(
            f"expected a column with {what}; the columns are {_listed(known)}: "
            f"name it with --column {name}=COLUMN",
            file,
            line,
        )
        for name, what in (("audio", "the paths of recordings"), ("text", "transcripts"))
        if name not in columns
    ]
    if faults:
        raise InvalidInput(faults)
    return Columns(columns, frozenset(guessed))


def read_rows(
    rows: Iterable[tuple[int, Mapping[str, object]]], columns: Columns, file: str
) -> Read:
    """Return the rows of a table, or the objects of JSON lines, as utterances; and every fault."""
    utterances, faults = list[Utterance](), list[Fault]()
    for line, row in rows:
        try:
            utterances.append(_utterance(row, columns.of, file, line))
        except NotRead as error:
            name = columns.of.get(error.field, error.field)
            faults.append(Fault(str(error), file, line, name))
    return utterances, faults


def _utterance(
    row: Mapping[str, object], columns: Mapping[str, str], file: str, line: int
) -> Utterance:
    values = {
        name: row[column]
        for name, column in columns.items()
        if row.get(column) is not None and str(row[column]).strip()
    }
    for name in ("audio", "text"):
        if not isinstance(values.get(name, ""), str):
            raise NotRead(f"expected text; got {values[name]!r}", name)
    if "audio" not in values:
        raise NotRead("expected the path of a recording; it is empty or missing", "audio")
    if columns["text"] not in row:
        raise NotRead("expected a transcript; the field is missing", "text")
    start = seconds_of(values["start"], "start") if "start" in values else 0.0
    end = seconds_of(values["end"], "end") if "end" in values else None
    if end is None and "duration" in values:
        end = start + seconds_of(values["duration"], "duration")
    if end is not None:
        check_times(start, end)
    audio = str(values["audio"]).strip()
    return Utterance(
        file=file,
        line=line,
        audio=audio,
        text=str(values.get("text", "")).strip(),
        start=start,
        end=end,
        channel=channel_of(values["channel"]) if "channel" in values else None,
        fields={name: _field(name, values[name]) for name in OF_A_ROW if name in values},
        name=str(values.get("id", "" if start else PurePath(audio).stem)),
    )


def _field(name: str, value: object) -> str:
    """Return the value of a row's field; a signal-to-noise ratio by its number is a noise level.

    >>> _field("noise_level", "10 dB"), _field("speaker", 7)
    ('snr_10db', '7')
    """
    text = str(value).strip()
    decibels = DECIBELS.fullmatch(text) if name == "noise_level" else None
    return f"snr_{int(decibels[1])}db" if decibels else text


def _audio_column(rows: Sequence[Mapping[str, object]], known: Sequence[str]) -> str | None:
    """Return the one column whose cells all end as recordings do; None where there are more or none."""
    columns = []
    for name in known:
        cells = _values(rows, name)
        if cells and all(PurePath(cell).suffix.lower() in AUDIO_SUFFIXES for cell in cells):
            columns.append(name)
    return columns[0] if len(columns) == 1 else None


def _values(rows: Sequence[Mapping[str, object]], column: str) -> set[str]:
    return {text for row in rows if (text := str(row.get(column) or "").strip())}


def _plain(name: str) -> str:
    """Write the name of a column in small letters, its words joined by underscores.

    >>> _plain(" Audio File-Path ")
    'audio_file_path'
    """
    return re.sub(r"[^\w]+", "_", name.strip().lower()).strip("_")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names)) or "none"
