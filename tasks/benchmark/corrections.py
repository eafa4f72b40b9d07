"""Lists of corrections: what a system wrote and what a person corrected it to, without any patient.

A line holds a term and its transcript. One that holds more, such as a name, a date or the number of a
record, is refused by its shape, and nothing of it is kept or repeated. A surname alone has the shape of a
brand name: no rule can recognize it, and a person accepts every term.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter

from tasks.benchmark.table import columns_of, read_table
from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.scoring.canonical import canonical
from tasks.domain.scoring.dates import MONTHS

NEEDED, OPTIONAL = ("heard", "meant"), ("count", "date")
MOST_WORDS, MOST_TRANSCRIBED = 8, 16  # of a term, and of its transcript, which may be in pieces
MOST_LETTERS = 120
SIGNS = re.compile(r"[\w\s'’.,/()+%&µμβ-]*")
NUMBER = re.compile(r"\d(?:[ /,-]?\d){3,}")  # a decimal has a point
ISO_DATE = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[T ]|$)")
DAY = re.compile(r"\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b")
MONTH = "|".join(sorted({*MONTHS, *(name[:3] for name in MONTHS), "sept"}, key=len, reverse=True))
DATE = re.compile(
    rf"\b(?:{MONTH})\b\.?,? (?:the )?\d|\d(?:st|nd|rd|th)?,? (?:of )?(?:{MONTH})\b|"
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
)
AGE = re.compile(
    r"\b\d+ ?-?(?:years?|yrs?|y/?o|months?|weeks?)[ -]?(?:old|of age)?\b|\b(?:aged?|born)\b"
)
_LABELS = (
    "mr mrs ms miss mister dr prof sir madam patient patients pt mrn dob nhs ssn nhi npi surname "
    "forename firstname lastname hospital ward phone tel telephone fax address street avenue postcode "
    "zip insurance medicare medicaid acct account passport license record records chart id encounter"
)
LABELS = frozenset(_LABELS.split())
_HEADS = (  # words of many terms, which may be written with a capital
    "disease syndrome disorder failure deficiency injury heart blood bone brain lung skin nerve muscle "
    "chest breast acute chronic type stage grade test sign score scan therapy treatment surgery "
    "replacement repair bypass tube pain left right upper lower pressure rate vitamin acid"
)
HEADS = frozenset(_HEADS.split())
LETTERS = re.compile(r"[\W\d_]")  # all other characters
POSSESSIVE = re.compile(r"['’]s?$")
CAPITAL = re.compile(r"[A-Z][a-z'’]+(?:-[A-Z]?[a-z'’]+)*[.,]?|[A-Z]\.")


@dataclass(frozen=True)
class WordLists:
    """Words in lower case: of medicine, given names, and those of everyday English and of orders."""

    medical: Collection[str]
    names: Collection[str]
    ordinary: Collection[str] = ()


@dataclass(frozen=True)
class Correction:
    """A transcript, its correction by a person, and their count; from this line."""

    line: int
    transcript: str
    meant: str
    count: int = 1


@dataclass(frozen=True)
class RefusedLine:
    """A line that is not used, and why; the reason repeats nothing of it."""

    line: int
    reason: str


def read_corrections(
    text: str, file: str, words: WordLists
) -> tuple[list[Correction], list[RefusedLine]]:
    """Read a table, or JSON objects one a line; every line is a correction or is refused.

    Raises InvalidInput, without anything of the file, where its columns are others.
    """
    taken: list[Correction] = []
    refused: list[RefusedLine] = []
    rows = _objects(text) if text.lstrip("\ufeff \n\r\t").startswith("{") else _rows(text, file)
    for number, row in rows:
        if isinstance(row, str):
            refused.append(RefusedLine(number, row))
            continue
        transcript, meant = (" ".join(row[name].split()) for name in NEEDED)
        reason = (
            _shape(transcript, MOST_TRANSCRIBED, words, within=LETTERS.sub("", meant.lower()))
            or _shape(meant, MOST_WORDS, words)
            or _context(transcript, meant, words)
            or _fields_fault(row)
        )
        if reason:
            refused.append(RefusedLine(number, reason))
        else:
            taken.append(Correction(number, transcript, meant, int(row.get("count") or 1)))
    return taken, refused


def _rows(text: str, file: str) -> Iterator[tuple[int, Mapping[str, str] | str]]:
    """Yield the rows of a table; one that is no row is its reason."""
    try:
        columns, _ = columns_of(text)
    except csv.Error:
        columns = []
    if not {*NEEDED} <= {*columns} <= {*NEEDED, *OPTIONAL, ""} or len(columns) > len({*columns}):
        expected = f"{','.join(NEEDED)}[,{','.join(OPTIONAL)}]"
        sentence = f"expected the columns {expected} and no others, named in the first line"
        raise InvalidInput([Fault(sentence, file, 1)])
    lines, faults = read_table(text, file, NEEDED)
    found: dict[int, Mapping[str, str] | str] = dict(lines)
    found |= {fault.line or 0: "expected plain text in its columns" for fault in faults}
    yield from sorted(found.items(), key=itemgetter(0))


def _objects(text: str) -> Iterator[tuple[int, Mapping[str, str] | str]]:
    """Yield the JSON objects of a text, one a line; a line that is none is its reason."""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            yield number, "expected a JSON object"
            continue
        if not isinstance(fields, dict) or not {*NEEDED} <= set(fields):
            yield number, f"expected the keys {' and '.join(NEEDED)}"
        elif set(fields) - {*NEEDED, *OPTIONAL}:
            yield number, f"expected no other keys than {', '.join((*NEEDED, *OPTIONAL))}"
        elif not all(isinstance(fields[name], str) for name in NEEDED):
            yield number, "expected text"
        else:
            yield number, {name: str(value) for name, value in fields.items() if value is not None}


def _fields_fault(row: Mapping[str, str]) -> str:
    """Return the faults of count and date; the date is read and not kept."""
    count, day = row.get("count") or "1", row.get("date") or ""
    if not (count.isascii() and count.isdigit() and 0 < int(count) < 10**6):
        return "expected a whole number as count"
    return "expected a date such as 2026-01-31" if day and not ISO_DATE.match(day) else ""


def _shape(text: str, most: int, words: WordLists, within: str = "") -> str:
    """Return why a text cannot be a term; empty where it may be one.

    `within` are the letters of what was meant: *ali* is no name in *ali rocumab*.
    """
    plain, written = text.lower(), re.findall(r"[^\W\d_]+", text.lower())
    spoken = canonical(text)
    if len(text.split()) > most or len(text) > MOST_LETTERS:
        return "it is longer than a term"
    if not SIGNS.fullmatch(text):
        return "it has a sign that no term has"
    if DAY.search(text) or DATE.search(plain) or DATE.search(spoken):
        return "it has a date"
    if NUMBER.search(text) or NUMBER.search(spoken):
        return "it has a number of 4 digits or more"
    if not written:
        return "expected words in both columns"
    if AGE.search(plain) or AGE.search(spoken):
        return "it has an age"
    if not LABELS.isdisjoint(written):
        return "it has a title, or the label of a record or an address"
    if any(
        one in words.names and one not in words.medical and one not in within for one in written
    ):
        return "it has a given name"
    capital = [
        bool(CAPITAL.fullmatch(word)) and not _is_known(word, words) for word in text.split()
    ]
    if any(one and other for one, other in pairwise(capital)):
        return "it has two capitalized words in a row, as names have: write a term in lower case"
    return ""


def _context(transcript: str, meant: str, words: WordLists) -> str:
    """Return a reason where both sides have a capitalized word beside the correction, as a name; else ""."""
    for word in set(transcript.split()) & set(meant.split()):
        plain = word.lower().strip(".,")
        is_name = CAPITAL.fullmatch(word) and not POSSESSIVE.search(plain)
        if is_name and plain not in words.ordinary and not _is_known(word, words):
            return "it has a capitalized word beside the correction, as a name"
    return ""


def _is_known(word: str, words: WordLists) -> bool:
    plain = POSSESSIVE.sub("", word.lower().strip(".,"))
    return plain in words.medical or plain in HEADS
