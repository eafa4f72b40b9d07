"""A table that a person writes as CSV: its lines under their columns, or what is wrong with it.

A spreadsheet's own habits are understood: a byte order mark, a first line `sep=;` that names what parts
the columns, and rows and cells that it leaves empty behind those that hold something.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from unicodedata import category

from tasks.domain.errors import Fault

COMMA = ","
PARTED = {";": "semicolons", "\t": "tabs"}  # columns, by other programs
SEPARATOR = re.compile(r'"?sep=([^\w\s"]|\t)"?[,;\t ]*', re.IGNORECASE)
SHOWN_CHARACTERS = 200  # of a head that is none
Lines = list[tuple[int, dict[str, str]]]


def read_table(
    text: str, file: str, needed: Sequence[str], named: Sequence[str] = (), mark: str = COMMA
) -> tuple[Lines, list[Fault]]:
    """Return each line's number and values, and every fault; `named` are columns to name beside `needed`.

    `mark` parts the columns where the first line does not name another. White space in a value is single
    spaces; a value that is missing is empty. Rows without any value are passed over; `count_empty_rows`
    counts them.
    """
    content, mark, above = _content(text, mark)
    lines: Lines = []
    faults: list[Fault] = []
    head: list[str] | None = None
    number = above
    try:
        for number, row in _rows(content, mark, above):
            if head is None:
                head = [name.strip() for name in row]
                faults += _head_faults(head, content, mark, file, above + 1, needed, named)
                if faults:
                    return [], faults
            elif any(cell.strip() for cell in row):
                found = _row_faults(head, row, file, number)
                faults += found
                if not found:
                    cells = [" ".join(cell.split()) for cell in row]
                    cells += [""] * (len(head) - len(cells))
                    lines.append((number, dict(zip(head, cells, strict=False))))
    except csv.Error as error:
        sentence = f"expected comma-separated values; {error}"
        faults.append(Fault(sentence, file, number + 1))  # of the line that cannot be read
    if head is None and not faults:
        faults += _head_faults([], content, mark, file, above + 1, needed, named)
    return lines, faults


def count_empty_rows(text: str, mark: str = COMMA) -> int:
    """Count the rows of a table that have cells and no value, as a spreadsheet leaves them.

    >>> count_empty_rows("term,kind\\nx,drug\\n,\\n\\n,\\n")
    2
    """
    content, mark, above = _content(text, mark)
    try:
        rows = [row for _, row in _rows(content, mark, above)]
    except csv.Error:
        return 0
    return sum(bool(row) and not any(map(str.strip, row)) for row in rows)


def columns_of(text: str, mark: str = COMMA) -> tuple[list[str], str]:
    """Return the columns of a table, and the sign that parts them.

    >>> columns_of("sep=;\\nterm;kind\\n")
    (['term', 'kind'], ';')
    """
    content, mark, above = _content(text, mark)
    head = next((row for _, row in _rows(content, mark, above)), [])
    return [name.strip() for name in head], mark


def _content(text: str, mark: str) -> tuple[str, str, int]:
    """Return the lines of the table, what parts its columns, and how many lines are above it."""
    content = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    first, _, others = content.partition("\n")
    named = SEPARATOR.fullmatch(first)
    return (others, named[1], 1) if named else (content, mark, 0)


def _rows(content: str, mark: str, above: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that has a cell, and the number of its last line; raise csv.Error."""
    reader = csv.reader((f"{line}\n" for line in content.split("\n")), delimiter=mark, strict=True)
    for row in reader:
        if row:
            yield reader.line_num + above, row


def _row_faults(head: list[str], row: list[str], file: str, number: int) -> list[Fault]:
    """Return the faults of a row: values beyond the columns, and values that are no text."""
    if any(cell.strip() for cell in row[len(head) :]):
        return [Fault("expected a value for each column; got more", file, number)]
    values = [(name, " ".join(cell.split())) for name, cell in zip(head, row, strict=False)]
    return [
        Fault(f"expected plain text; got {value!r}", file, number, name)
        for name, value in values
        if any(category(char) == "Cc" for char in value)
    ]


def _head_faults(
    head: list[str],
    content: str,
    mark: str,
    file: str,
    line: int,
    needed: Sequence[str],
    named: Sequence[str],
) -> list[Fault]:
    """Return the faults of columns that are missing, or are there twice."""
    if not set(needed) <= set(head):
        return [Fault(_columns(named or needed, content.split("\n")[0], mark), file, line)]
    twice = [name for name, count in Counter(head).items() if name and count > 1]
    return [Fault(f"expected each column once; got {name!r} twice", file, line) for name in twice]


def _columns(expected: Sequence[str], found: str, mark: str) -> str:
    """Return the columns expected and found, and their separator if that is no comma."""
    other = next((name for sign, name in PARTED.items() if sign in found and sign != mark), None)
    parted = f", which {other} part: save it with commas" if other else ""
    return f"expected the columns {','.join(expected)}; got {found[:SHOWN_CHARACTERS]!r}{parted}"
