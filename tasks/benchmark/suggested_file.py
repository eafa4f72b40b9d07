"""The files of suggested terms: the shipped lists, suggested_terms.csv, and terms.csv that takes rows in."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from tasks.benchmark.suggestions import COLUMNS, KnownTerm, Suggestion, read_suggestions
from tasks.benchmark.table import columns_of
from tasks.benchmark.terms import Term, read_terms
from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.manifest import Category, ClinicalRow
from tasks.domain.scoring.canonical import canonical, canonical_words
from tasks.domain.scoring.finding import term_forms
from tasks.domain.words import Words
from tasks.records.files import first_reason, write_atomic
from tasks.records.reading import read_optional_text
from tasks.workspace.locks import locked
from tasks.workspace.manifests import read_manifest
from tasks.workspace.models import DISTRACTORS
from tasks.workspace.open import TERMS_FILE

SUGGESTED_FILE = "suggested_terms.csv"
HERE = Path(__file__).parent
SECTION = re.compile(r"\[(\w+)\]\n")
HEAD = ("term", "entity_category")


class AcceptedTerm(BaseModel):
    """A suggested term that a person accepts, as a page posts it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    term: Words
    entity_category: Category


@cache
def shipped_categories() -> Mapping[str, Category]:
    """Return the category of each term of the shipped lists, by its canonical text.

    What distractors.txt has and categories.txt has not is a drug.
    """
    _, *parts = SECTION.split((HERE / "categories.txt").read_text(encoding="utf-8"))
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    of = {
        canonical(term): category
        for category, terms in sections.items()
        for term in terms.replace("\n", " ").split(", ")
    }
    drugs = dict.fromkeys(DISTRACTORS.read_text(encoding="utf-8").split(), "drug")
    named = {canonical(term): category for term, category in drugs.items()} | of
    return {
        term: cast("Category", category) for term, category in named.items() if category != "other"
    }


@cache
def medical_words() -> frozenset[str]:
    """Return the words of the shipped lists in lower case."""
    listed = (HERE / "categories.txt").read_text(encoding="utf-8").lower()
    return frozenset(
        [*re.findall(r"\w+", listed), *DISTRACTORS.read_text(encoding="utf-8").split()]
    )


@cache
def given_names() -> frozenset[str]:
    """Return common given names in lower case."""
    return frozenset((HERE / "given_names.txt").read_text(encoding="utf-8").split())


@cache
def ordinary_words() -> frozenset[str]:
    """Return the canonical words of the project's sentences, of everyday English and of orders."""
    texts = [HERE / name for name in ("general_english.txt", "sentences.txt")]
    lines = [line for path in texts for line in path.read_text(encoding="utf-8").splitlines()]
    return frozenset(word for words in canonical_words(lines) for word in words)


def known_terms_of(root: Path) -> list[KnownTerm]:
    """Return the terms of terms.csv, then those of the benchmarks that are not in it."""
    found = [KnownTerm(one.term, one.entity_category, one.accepted) for one in listed_terms(root)]
    met = {form for one in found for form in term_forms(one.term).forms}
    for path in sorted(root.glob("cycle*/manifest.jsonl")):
        for row in read_manifest(path, ClinicalRow, audio=False).rows:
            if met.isdisjoint(forms := term_forms(row.term).forms):
                met |= forms
                found.append(KnownTerm(row.term, row.entity_category, row.accepted))
    return found


def listed_terms(root: Path) -> list[Term]:
    """Read terms.csv; none without one. Raises InvalidInput with every fault."""
    text = read_optional_text(root / TERMS_FILE)
    terms, faults = read_terms(text, TERMS_FILE) if text is not None else ([], [])
    if faults:
        raise InvalidInput(faults)
    return terms


def read_suggested(root: Path) -> list[Suggestion]:
    """Read suggested_terms.csv; none without one. Raises InvalidInput with every fault."""
    text = read_optional_text(root / SUGGESTED_FILE)
    found, faults = read_suggestions(text, SUGGESTED_FILE) if text is not None else ([], [])
    if faults:
        raise InvalidInput(faults)
    return found


def write_suggested(root: Path, suggestions: Sequence[Suggestion]) -> None:
    """Write suggested_terms.csv, unless it has just this."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(one.cells for one in suggestions)
    path = root / SUGGESTED_FILE
    if read_optional_text(path) != text.getvalue():
        write_atomic(path, text.getvalue())


def accept_suggested(
    root: Path, suggested: Sequence[Suggestion], chosen: Sequence[tuple[str, str]]
) -> int:
    """Take suggested terms with their categories into terms.csv, note that, and count those added."""
    added = accept_terms(root, chosen)
    taken = dict(chosen)
    noted = [
        replace(one, state="listed", category=cast("Category", taken[one.term]))
        if one.term in taken
        else one
        for one in suggested
    ]
    write_suggested(root, noted)
    return len(added)


def accept_posted(root: Path, body: Any) -> str:
    """Take the term that a page posts into terms.csv; raise InvalidInput unless it is a suggested one."""
    try:
        asked = AcceptedTerm.model_validate(body)
    except ValidationError as error:
        raise InvalidInput([Fault(first_reason(error))]) from None
    suggested = read_suggested(root)
    if asked.term not in {one.term for one in suggested}:
        raise InvalidInput([Fault("expected a suggested term: load the page again")])
    accept_suggested(root, suggested, [(asked.term, asked.entity_category)])
    return asked.term


def accept_terms(root: Path, chosen: Sequence[tuple[str, str]]) -> list[str]:
    """Append terms with their categories to terms.csv, and return those that it had not.

    Lines that are there stay as they are, to the byte. Raises InvalidInput, and writes nothing, where the
    whole could not be read as terms.csv.
    """
    with locked(root, "terms"):
        met = {
            form for one in listed_terms(root) for form in term_forms(one.term, one.accepted).forms
        }
        added = []
        for term, category in chosen:
            if met.isdisjoint(forms := term_forms(term).forms):
                met |= forms
                added.append((term, category))
        if added:
            write_atomic(root / TERMS_FILE, _with_lines(root / TERMS_FILE, added))
        return [term for term, _ in added]


def _with_lines(path: Path, added: Sequence[tuple[str, str]]) -> str:
    """Return terms.csv with lines at its end, in the columns and with the sign that it has."""
    before = path.read_bytes().decode() if path.exists() else f"{','.join(HEAD)}\n"
    columns, mark = columns_of(before)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=mark, lineterminator="\n")
    for values in added:
        line = dict(zip(HEAD, values, strict=True))
        writer.writerow([line.get(name, "") for name in columns])
    whole = before + ("" if before.endswith("\n") else "\n") + text.getvalue()
    _, faults = read_terms(whole, TERMS_FILE)
    if faults:  # without any term: corrections are named nowhere
        raise InvalidInput(
            [replace(one, sentence=one.sentence.partition(";")[0]) for one in faults]
        )
    return whole
