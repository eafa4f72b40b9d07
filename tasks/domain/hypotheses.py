"""Hypotheses of any ASR system, in the formats of the field: JSON lines or array, table, TRN, CTM.

Every format becomes the same rows: what names the clip, the transcript, and the reference where one is
written. Names of fields and columns are guessed, and a note names those that were taken.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.manifest import BOM, NotARow, Objects, ScoredRow, check_rows, json_objects

Format = Literal["json", "table", "trn", "ctm"]
TEXTS = ("hyp", "hypothesis", "pred_text", "text_pred", "prediction", "predicted_text")
KEYS = (
    "audio_filepath", "audio_file", "audio_path", "audio", "file", "filename", "file_name", "filepath",
    "path", "wav", "clip", "id", "utt_id", "utterance_id", "utt", "uttid", "audio_id",
)  # fmt: skip
REFERENCES = ("ref", "reference")
SUFFIXES: dict[str, Format] = {".csv": "table", ".tsv": "table", ".trn": "trn", ".ctm": "ctm"}
DELIMITERS = ",;\t|"
SEPARATOR = re.compile(r'^"?sep=(.)"?\s*$')  # a spreadsheet's own first line
TRN_LINE = re.compile(r"^(.*?)\s*\(([^()\s]+)\)\s*$")
TIME = re.compile(r"^-?\d+(\.\d*)?$")
COMMENT = ";;"  # of the formats of NIST's sclite
SNIFFED = 20  # lines that a format is recognized by


@dataclass(frozen=True)
class Names:
    """The fields or columns that were taken; `reference` is empty where none is."""

    key: str
    text: str
    reference: str = ""


@dataclass(frozen=True)
class HypothesisFile:
    """Hypotheses by line number, with every fault of every line.

    `key` is the field that names the clip. `note` is what was guessed, empty where nothing was. A
    row without words has no line in a CTM: `leaves_out_empty`.
    """

    rows: dict[int, ScoredRow]
    faults: list[Fault]
    key: str
    note: str = ""
    leaves_out_empty: bool = False


def read_hypotheses(content: bytes, name: str) -> HypothesisFile:
    """Read hypotheses from the content of a file; its format follows from its name and first lines.

    Raises InvalidInput where the file as a whole cannot be read.

    >>> read_hypotheses(b"file;hypothesis\\n1.wav;no pain\\n", "a.csv").rows[2].hyp
    'no pain'
    >>> read_hypotheses(b"no pain (spk-1)\\n", "a.trn").rows[1].audio_filepath
    'spk-1'
    """
    content = content.removeprefix(BOM)
    if not content.strip():
        sentence = "expected one JSON object a line; the file is empty"
        raise InvalidInput([Fault(sentence, name)])
    form = format_of(content, name)
    if form == "json":
        objects = _json(content, name)
        names = _guess([*dict.fromkeys(key for row in objects.values() for key in _keys(row))])
        names = names or Names(KEYS[0], TEXTS[0])
        usual = (names.key, names.text) == (KEYS[0], TEXTS[0])
        note = (
            "" if usual else f"{name}: transcripts read from {names.text!r}, rows by {names.key!r}"
        )
    else:
        text = _decoded(content, name)
        if form == "table":
            objects, names = _table(text, name)
            note = f"{name}: transcripts read from column {names.text!r}, rows by {names.key!r}"
        else:
            objects = dict(_trn(text) if form == "trn" else _ctm(text))
            names = Names("id", "hyp")
            note = f"{name}: read as {form.upper()}"
    rows, faults = check_rows(_renamed(objects, names), name, ScoredRow)
    real = {"audio_filepath": names.key, "hyp": names.text, "ref": names.reference}
    faults = [replace(fault, field=real.get(fault.field, fault.field)) for fault in faults]
    return HypothesisFile(rows, faults, names.key, note, form == "ctm")


def format_of(content: bytes, name: str) -> Format:
    """Return the format by the file's name, else by its first lines; JSON where neither decides.

    >>> [format_of(text, "per_sample.json") for text in (b'{"hyp": ""}', b"so (1)", b"a 1 0.5 0.2 so")]
    ['json', 'trn', 'ctm']
    >>> format_of(b"id,hyp", "a.txt"), format_of(b"[x] so (1)", "a.trn")
    ('table', 'trn')
    """
    suffix = f".{name.rpartition('.')[2].lower()}"
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    if content.lstrip()[:1] in (b"{", b"["):
        return "json"
    start = content.decode("utf-8", "replace").split("\n")[:SNIFFED]
    lines = [line for line in start if line.strip() and not line.startswith(COMMENT)]
    if lines and all(map(TRN_LINE.match, lines)):
        return "trn"
    if lines and all(map(_is_ctm, lines)):
        return "ctm"
    heads = [line for line in lines if not SEPARATOR.match(line)][:1]
    found = [_guess(_cells(head, delimiter)) for head in heads for delimiter in DELIMITERS]
    return "table" if any(found) else "json"


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        sentence = f"expected UTF-8; byte {error.start} of the file is not: save it as UTF-8"
        raise InvalidInput([Fault(sentence, name, line)]) from None


def _json(content: bytes, name: str) -> Objects:
    """Read one JSON object a line, or an array of them, whose entries count as lines."""
    if not content.lstrip().startswith(b"["):
        return dict(json_objects(content))
    try:
        entries = json.loads(content)
    except (ValueError, RecursionError) as error:
        sentence = f"expected JSON objects, one a line or in an array; got broken JSON ({error})"
        raise InvalidInput([Fault(sentence, name)]) from None
    if not entries:
        sentence = "expected one JSON object a line; the array is empty"
        raise InvalidInput([Fault(sentence, name)])
    return {
        number: entry
        if isinstance(entry, dict)
        else NotARow(f"expected a JSON object; got {type(entry).__name__}")
        for number, entry in enumerate(entries, 1)
    }


def _keys(row: dict[str, Any] | NotARow) -> Sequence[str]:
    return [*row] if isinstance(row, dict) else ()


def _guess(fields: Sequence[str]) -> Names | None:
    """Choose what names the clip, the transcript and the reference; None without the first two.

    A field `text` is the reference, unless the transcript is in `hyp`: so NeMo writes its manifests.

    >>> _guess(["text", "Pred Text", "id", "hypothesis"])
    Names(key='id', text='hypothesis', reference='text')
    """
    plain: dict[str, str] = {}
    for field in fields:
        plain.setdefault(re.sub(r"[\s-]+", "_", field.strip().lower()), field)
    text = next((name for name in TEXTS if name in plain), None)
    key = next((plain[name] for name in KEYS if name in plain), None)
    if text is None or key is None:
        return None
    references = REFERENCES if text == "hyp" else (*REFERENCES, "text")
    return Names(key, plain[text], next((plain[one] for one in references if one in plain), ""))


def _renamed(objects: Objects, names: Names) -> Iterator[tuple[int, dict[str, Any] | NotARow]]:
    """Write rows under the names of per_sample.json; an id may be a number."""
    taken = {"audio_filepath": names.key, "hyp": names.text, "ref": names.reference}
    for number, row in objects.items():
        if isinstance(row, NotARow):
            yield number, row
            continue
        fields = {name: value for name, value in row.items() if name not in taken}
        fields |= {name: row[field] for name, field in taken.items() if field in row}
        key = fields.get("audio_filepath")
        if isinstance(key, int) and not isinstance(key, bool):
            fields["audio_filepath"] = str(key)
        yield number, fields


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


def _table(text: str, name: str) -> tuple[Objects, Names]:
    """Read a table by its head; a row counts by the line it begins on, wholly empty ones not at all."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    skipped = next((n for n, line in enumerate(lines) if line.strip(" ,;\t")), 0)
    declared = SEPARATOR.match(lines[skipped])
    skipped += declared is not None
    head = lines[skipped] if skipped < len(lines) else ""
    heads = {one: _cells(head, one) for one in (declared[1] if declared else DELIMITERS)}
    delimiter = max(heads, key=lambda one: (_guess(heads[one]) is not None, len(heads[one])))
    fields = heads[delimiter]
    names = _guess(fields)
    if names is None:
        sentence = (
            f"expected a column with transcripts ({', '.join(TEXTS[:4])}) and one with clips "
            f"({', '.join((KEYS[0], 'file', 'id'))}); got {', '.join(fields)}"
        )
        raise InvalidInput([Fault(sentence, name, skipped + 1)])
    reader = csv.reader((f"{line}\n" for line in lines[skipped + 1 :]), delimiter=delimiter)
    objects: Objects = {}
    number = skipped + 2
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                objects[number] = _row(cells, fields, names.reference)
            number = skipped + 2 + reader.line_num
    except csv.Error as error:
        raise InvalidInput([Fault(f"expected a table; {error}", name, number)]) from None
    return objects, names


def _row(cells: Sequence[str], fields: Sequence[str], reference: str) -> dict[str, Any] | NotARow:
    """Pair the cells of a row with the head's; an empty reference is none, nor is a cell too few."""
    if any(cells[len(fields) :]):
        return NotARow(f"expected {len(fields)} cells, as in the first line; got {len(cells)}")
    row = dict(zip(fields, [*cells, *[""] * len(fields)], strict=False))
    return {field: cell for field, cell in row.items() if cell or field != reference}


def _trn(text: str) -> Iterator[tuple[int, dict[str, Any] | NotARow]]:
    for number, line in _spoken_lines(text):
        match = TRN_LINE.match(line)
        if match is None:
            yield number, NotARow(f"expected words and, at the end, (id); got {line!r}")
        else:
            yield number, {"id": match[2], "hyp": match[1]}


def _is_ctm(line: str) -> bool:
    parts = line.split()
    return len(parts) >= 5 and bool(TIME.match(parts[2]) and TIME.match(parts[3]))


def _ctm(text: str) -> Iterator[tuple[int, dict[str, Any] | NotARow]]:
    """Join the words of each file in the order of their times; a file has the number of its first line."""
    words: dict[str, list[tuple[float, str]]] = {}
    first: dict[str, int] = {}
    for number, line in _spoken_lines(text):
        if not _is_ctm(line):
            expected = "expected file, channel, start, duration and word"
            yield number, NotARow(f"{expected}; got {line!r}")
            continue
        name, _, start, _, word = line.split()[:5]
        first.setdefault(name, number)
        words.setdefault(name, []).append((float(start), word))
    for name, spoken in words.items():
        ordered = sorted(spoken, key=lambda one: one[0])
        yield first[name], {"id": name, "hyp": " ".join(word for _, word in ordered)}


def _spoken_lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.startswith(COMMENT):
            yield number, line.strip()
