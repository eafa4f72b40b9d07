"""A table that a person writes as CSV: its lines under their columns, or what is wrong with it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from unicodedata import category

from tasks.domain.errors import Fault

PARTED = {";": "semicolons", "\t": "tabs"}  # columns, by other programs
SHOWN_CHARACTERS = 200  # of a head that is none
Lines = list[tuple[int, dict[str, str]]]


def read_table(
    text: str, file: str, needed: Sequence[str], named: Sequence[str] = ()
) -> tuple[Lines, list[Fault]]:
    """Give each line's number and values, and every fault; `named` are columns to name beside `needed`.

    White space in a value is single spaces; a value that is missing is empty.
    """
    content = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    reader = csv.DictReader((f"{line}\n" for line in content.split("\n")), strict=True)
    lines: Lines = []
    faults: list[Fault] = []
    try:
        head = [name.strip() for name in reader.fieldnames or []]
        if not set(needed) <= set(head):
            return [], [Fault(_columns(named or needed, content.split("\n")[0]), file, 1)]
        reader.fieldnames = head
        for row in reader:
            if None in row:
                sentence = "expected a value for each column; got more"
                faults.append(Fault(sentence, file, reader.line_num))
                continue
            values = {name: " ".join((row[name] or "").split()) for name in head}
            found = [
                Fault(f"expected plain text; got {value!r}", file, reader.line_num, name)
                for name, value in values.items()
                if any(category(char) == "Cc" for char in value)
            ]
            faults += found
            if not found:
                lines.append((reader.line_num, values))
    except csv.Error as error:
        start = reader.line_num + 1  # of the line that cannot be read
        faults.append(Fault(f"expected comma-separated values; {error}", file, start))
    return lines, faults


def _columns(expected: Sequence[str], found: str) -> str:
    """Say which columns were expected, which were found, and what parts them if that is no comma."""
    other = next((name for mark, name in PARTED.items() if mark in found), None)
    parted = f", which {other} part: save it with commas" if other else ""
    return f"expected the columns {','.join(expected)}; got {found[:SHOWN_CHARACTERS]!r}{parted}"
