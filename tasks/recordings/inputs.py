"""The files of an import: which format each has, its utterances, and where their recordings are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePath

from tasks.benchmark.table import columns_of, count_empty_rows, read_table
from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.manifest import NotARow, json_objects
from tasks.recordings.captions import read_subtitles, read_textgrid
from tasks.recordings.columns import AUDIO_SUFFIXES, find_columns, read_rows
from tasks.recordings.lists import KALDI, read_ctm, read_kaldi, read_librispeech, read_stm, read_trn
from tasks.recordings.utterances import Read, Utterance
from tasks.records.files import digest, file_sha256
from tasks.records.imported import ImportedInput
from tasks.records.reading import LINES_BYTES, read_text

TRANS = ".trans.txt"  # how LibriSpeech names the transcripts of a chapter
TABLES = (".csv", ".tsv")
JSON = (".jsonl", ".json", ".ndjson")
LISTS = {".stm": read_stm, ".ctm": read_ctm, ".trn": read_trn}
CAPTIONS = (".srt", ".vtt")
TIMED = (*LISTS, ".textgrid", *CAPTIONS)  # what is taken out of a folder by its name
MARKS = (",", ";", "\t", "|")
FORMATS = (
    "a NeMo manifest (.jsonl), a table (.csv, .tsv), .stm, .ctm, .trn, .TextGrid, .srt, .vtt, a Kaldi "
    "folder, a LibriSpeech folder, or recordings"
)
KALDI_FILES = (*KALDI, "segments", "utt2spk")


@dataclass(frozen=True)
class Transcripts:
    """A file or folder with words: its format, its content, and what was chosen in reading it.

    `beside` is where the recordings are looked for that it names.
    """

    path: Path
    format: str
    sha256: str
    beside: Path
    utterances: tuple[Utterance, ...]
    faults: tuple[Fault, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    chosen: str = ""

    @property
    def folders(self) -> list[Path]:
        """The folders that a path in it may be relative to: of Kaldi also that of its recipe."""
        beside = self.beside.absolute()
        return [beside, *(beside.parents[:3] if self.format == "kaldi" else ())]

    @property
    def record(self) -> ImportedInput:
        """Its entry in import.json."""
        broken = {(fault.file, fault.line) for fault in self.faults}
        return ImportedInput(
            path=str(self.path),
            format=self.format,
            sha256=self.sha256,
            rows=len(self.utterances) + len(broken),
            columns=dict(self.columns),
            chosen=self.chosen,
        )


@dataclass(frozen=True)
class Choices:
    """The choices in reading inputs: columns by field, the tier of a TextGrid, the channel to take.

    `cycle` is that of a benchmark. With `skip_broken` an utterance that is faulty is refused, and the others
    are used.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    tier: str | None = None
    channel: int | None = None
    cycle: int | None = None
    skip_broken: bool = False


@dataclass(frozen=True)
class Inputs:
    """Transcripts in the order in which they were named, and recordings that were named beside them."""

    transcripts: tuple[Transcripts, ...]
    recordings: tuple[Path, ...]

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        """Every recording by its name with and without its ending."""
        found: dict[str, list[Path]] = {}
        for path in self.recordings:
            for name in {path.name, path.stem}:
                found.setdefault(name, []).append(path)
        return found

    def recording_of(self, utterance: Utterance, transcripts: Transcripts) -> Path:
        """Return the recording of an utterance; raise InvalidInput with its fault.

        It is named by a path, absolute or relative to the transcripts, or by its name alone, and is then
        one of those that were named, or beside the transcripts. The only recording that was named is
        that of subtitles or a TextGrid, whatever its name.
        """
        name = utterance.audio
        timed = transcripts.format in ("srt", "vtt", "textgrid")
        if timed and len(self.recordings) == len(self.transcripts) == 1:
            return self.recordings[0]
        try:
            for folder in transcripts.folders:
                if (folder / name).is_file():
                    return folder / name
            known = self._by_name.get(PurePath(name).name, [])
            if not known:
                stem = f"{name}." if PurePath(name).suffix.lower() not in AUDIO_SUFFIXES else ""
                known = [
                    beside
                    for suffix in (AUDIO_SUFFIXES if stem else ())
                    if (beside := transcripts.beside / f"{name}{suffix}").is_file()
                ]
        except (OSError, ValueError) as error:
            raise InvalidInput(
                [utterance.fault(f"expected the path of a recording; {error}")]
            ) from None
        if len(known) == 1:
            return known[0]
        kind = "expected one recording of this name" if known else "expected a recording"
        which = f"; {' and '.join(map(str, known))} have it" if known else ""
        where = (
            "" if known else f", neither beside {transcripts.path.name} nor among the files named"
        )
        raise InvalidInput(
            [utterance.fault(f"{kind}; {name!r}{which or ' is not there'}{where}", kind=kind)]
        )


def read_inputs(files: Sequence[Path], choices: Choices) -> Inputs:
    """Read every file and folder; raise InvalidInput where one cannot be read at all.

    Faults of single lines are left with their transcripts.
    """
    transcripts, recordings, faults = list[Transcripts](), list[Path](), list[Fault]()
    for path in files:
        try:
            for one in _expanded(path):
                if one.is_file() and one.suffix.lower() in AUDIO_SUFFIXES:
                    recordings.append(one)
                else:
                    transcripts.append(_read(one, choices))
        except InvalidInput as error:
            faults += error.faults
        except OSError as error:
            faults.append(
                Fault(f"expected {FORMATS}; {path}: {error.strerror or error}", path.name)
            )
    if not transcripts and not faults:
        faults.append(Fault(f"expected transcripts beside the recordings: {FORMATS}"))
    if faults:
        raise InvalidInput(faults)
    return Inputs(tuple(transcripts), tuple(dict.fromkeys(recordings)))


def _expanded(path: Path) -> list[Path]:
    """Return a file, or what a folder holds: a corpus as it is, else its recordings and transcripts.

    Tables and manifests are read in a folder that has no transcripts of other formats.
    """
    if not path.is_dir():
        return [path]
    if any((path / name).is_file() for name in KALDI):
        return [path]
    below = sorted(one for one in path.rglob("*") if one.is_file())
    if any(one.name.endswith(TRANS) for one in below):
        return [path]
    recordings, timed, tables = (
        [one for one in below if one.suffix.lower() in suffixes]
        for suffixes in (AUDIO_SUFFIXES, TIMED, (*TABLES, *JSON))
    )
    taken = recordings + (timed or tables)
    if not taken:
        raise InvalidInput([Fault(f"expected {FORMATS}; the folder has none", path.name)])
    return taken


def _read(path: Path, choices: Choices) -> Transcripts:
    """Read one input; raise InvalidInput or OSError."""
    if path.is_dir():
        kaldi = any((path / name).is_file() for name in KALDI)
        return _read_kaldi(path) if kaldi else _read_librispeech(path)
    if not path.is_file():
        found = "is no regular file" if path.exists() else "does not exist"
        raise InvalidInput([Fault(f"expected {FORMATS}; {path} {found}", path.name)])
    suffix = path.suffix.lower()
    if suffix in TABLES:
        return _read_table(path, choices)
    if suffix in JSON:
        return _read_json(path, choices)
    form, chosen = suffix.lstrip("."), ""
    if path.name.endswith(TRANS):
        form, read = "librispeech", read_librispeech(read_text(path, LINES_BYTES), path.name)
    elif suffix in LISTS:
        read = LISTS[suffix](read_text(path, LINES_BYTES), path.name)
    elif suffix == ".textgrid":
        read, tiers = read_textgrid(path, choices.tier)
        chosen = f"tier{'s' if len(tiers) > 1 else ''} {', '.join(tiers)}"
    elif suffix in CAPTIONS:
        read = read_subtitles(path)
    else:
        raise InvalidInput([Fault(f"expected {FORMATS}; got a file of this name", path.name)])
    return _whole(path, form, file_sha256(path), path.parent, read, chosen)


def _whole(
    path: Path, form: str, sha256: str, beside: Path, read: Read, chosen: str = ""
) -> Transcripts:
    """Return the utterances read; raise InvalidInput where no line could be one."""
    utterances, faults = read
    if not utterances and not faults:
        raise InvalidInput([Fault("expected utterances; it has none", path.name)])
    return Transcripts(path, form, sha256, beside, tuple(utterances), tuple(faults), {}, chosen)


def _read_table(path: Path, choices: Choices) -> Transcripts:
    text = read_text(path, LINES_BYTES)
    head = next((line for line in text.splitlines() if line.strip()), "")
    mark = max(MARKS, key=head.count) if any(map(head.count, MARKS)) else ","
    given = columns_of(text, mark)[0] if text.strip() else []
    table, faults = read_table(text, path.name, (), mark=mark)
    if not table:
        none = Fault(
            f"expected rows below the columns {', '.join(given) or 'of its head'}", path.name
        )
        raise InvalidInput(faults or [none])
    columns = find_columns([row for _, row in table], choices.columns, path.name, 1)
    utterances, more = read_rows(table, columns, path.name)
    empty = count_empty_rows(text, mark)
    passed = f", {empty} empty row{'s' if empty > 1 else ''} passed over" if empty else ""
    return Transcripts(
        path=path,
        format="table",
        sha256=file_sha256(path),
        beside=path.parent,
        utterances=tuple(utterances),
        faults=(*faults, *more),
        columns=columns.of,
        chosen=columns.text + passed,
    )


def _read_json(path: Path, choices: Choices) -> Transcripts:
    text = read_text(path, LINES_BYTES)
    if not text.strip():
        raise InvalidInput([Fault("expected one JSON object a line; the file is empty", path.name)])
    objects = list(json_objects(_one_a_line(text, path.name).encode()))
    rows = [(number, one) for number, one in objects if isinstance(one, dict)]
    faults = [
        Fault(str(one), path.name, number) for number, one in objects if isinstance(one, NotARow)
    ]
    if not rows:
        raise InvalidInput(faults)
    columns = find_columns([row for _, row in rows], choices.columns, path.name)
    utterances, more = read_rows(rows, columns, path.name)
    return Transcripts(
        path=path,
        format="manifest",
        sha256=file_sha256(path),
        beside=path.parent,
        utterances=tuple(utterances),
        faults=(*faults, *more),
        columns=columns.of,
        chosen=columns.text,
    )


def _one_a_line(text: str, file: str) -> str:
    """Write a JSON array with one entry a line; JSON lines stay as they are."""
    if not text.lstrip().startswith("["):
        return text
    try:
        return "\n".join(map(json.dumps, json.loads(text)))
    except (ValueError, RecursionError) as error:
        raise InvalidInput([Fault(f"expected a JSON array of objects; {error}", file)]) from None


def _read_kaldi(folder: Path) -> Transcripts:
    absent = [name for name in KALDI if not (folder / name).is_file()]
    if absent:
        raise InvalidInput(
            [Fault(f"expected wav.scp and text; it has no {absent[0]}", folder.name)]
        )
    files = {
        name: read_text(folder / name, LINES_BYTES)
        for name in KALDI_FILES
        if (folder / name).is_file()
    }
    read = read_kaldi(files, folder.name)
    sha256 = digest(*(part for pair in sorted(files.items()) for part in pair))
    return _whole(folder, "kaldi", sha256, folder, read)


def _read_librispeech(folder: Path) -> Transcripts:
    """Read every chapter below a folder; recordings are beside their transcripts."""
    utterances, faults, parts = list[Utterance](), list[Fault](), list[str]()
    for path in sorted(folder.rglob(f"*{TRANS}")):
        below = path.relative_to(folder)
        found, wrong = read_librispeech(read_text(path, LINES_BYTES), str(below))
        utterances += [replace(one, audio=str(below.parent / one.audio)) for one in found]
        faults += wrong
        parts += [str(below), file_sha256(path)]
    return _whole(folder, "librispeech", digest(*parts), folder, (utterances, faults))
