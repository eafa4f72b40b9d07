"""Terms that corrections suggest: aligned, counted, spelling variants merged, beside listed ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from rapidfuzz.distance import Levenshtein

from tasks.benchmark.corrections import Correction, RefusedLine
from tasks.benchmark.table import read_table
from tasks.benchmark.terms import word_fault
from tasks.domain.errors import Fault, did_you_mean
from tasks.domain.manifest import Category
from tasks.domain.scoring.canonical import canonical
from tasks.domain.scoring.finding import term_forms
from tasks.domain.scoring.number_words import is_number
from tasks.domain.scoring.units import SYMBOLS, UNIT_NAMES

BETWEEN = " | "  # of several transcripts in one cell
COLUMNS = ("term", "entity_category", "count", "transcribed_as", "state")
SHOWN_TRANSCRIPTS = 20
APART = frozenset(["and", "or", "then", "plus"])  # between two terms of one correction
_BESIDE = (  # words of an order, which are no part of a term at its ends
    "a an the of to for with on in at by from is was has had been be his her their some any more no not "
    "give given take taken takes taking start started stop stopped hold held continue continued "
    "increase increased decrease decreased add added switch switched restart restarted use used today "
    "tonight now daily nightly twice once every morning evening please"
)
BESIDE = frozenset(_BESIDE.split())
UNITS = UNIT_NAMES | SYMBOLS.keys()
State = Literal["new", "listed"]


@dataclass(frozen=True)
class KnownTerm:
    """A term that the benchmark has, or terms.csv lists, with the spellings that are accepted for it."""

    term: str
    category: Category
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suggestion:
    """A term that corrections name, how often, and what each was transcribed as, the commonest first.

    `category` is empty where no list has the term. One that is `listed` is in terms.csv or the benchmark.
    """

    term: str
    category: Category | Literal[""]
    count: int
    transcribed_as: tuple[str, ...]
    state: State = "new"

    @property
    def cells(self) -> tuple[str, ...]:
        shown = BETWEEN.join(self.transcribed_as[:SHOWN_TRANSCRIPTS])
        return self.term, self.category, str(self.count), shown, self.state


@dataclass
class _Group:
    """Corrections to one term, however it is written."""

    spelled: Counter[str] = field(default_factory=Counter)
    transcripts: Counter[str] = field(default_factory=Counter)
    forms: set[str] = field(default_factory=set)


def suggest(
    corrections: Sequence[Correction],
    categories: Mapping[str, Category],
    known: Sequence[KnownTerm],
    ordinary: Collection[str],
) -> tuple[list[Suggestion], list[RefusedLine]]:
    """Return the terms of corrections, the commonest first, and the lines that name none.

    `categories` are those of the shipped lists by canonical text, `ordinary` canonical words of everyday
    English, of which one alone is no term.
    """
    groups: list[_Group] = []
    by_form: dict[str, _Group] = {}
    refused = []
    for one in corrections:
        named = 0
        for transcript, term in corrected_terms(one.transcript, one.meant):
            words = canonical(term)
            is_ordinary = words in ordinary or all(map(_is_of_dose, words.split()))
            if (is_ordinary and words not in categories) or word_fault(term):
                continue
            named += 1
            group = _group_of(term, groups, by_form)
            group.spelled[term] += one.count
            group.transcripts[transcript or "–"] += one.count
        if not named:
            refused.append(RefusedLine(one.line, "no term in it was corrected"))
    listed = {form: one for one in known for form in term_forms(one.term, one.accepted).forms}
    found = [_suggestion(group, categories, listed) for group in groups if group.spelled]
    return sorted(found, key=lambda one: (-one.count, one.term.lower())), refused


def _is_of_dose(word: str) -> bool:
    return is_number(word) or word in UNITS


def _group_of(term: str, groups: list[_Group], by_form: dict[str, _Group]) -> _Group:
    """Find the group of a term by any of its forms; groups that it joins become one."""
    forms = set(term_forms(term).forms)
    met = list({id(group): group for form in forms if (group := by_form.get(form))}.values())
    group = met[0] if met else _Group()
    if not met:
        groups.append(group)
    for other in met[1:]:
        group.spelled += other.spelled
        group.transcripts += other.transcripts
        group.forms |= other.forms
        groups.remove(other)
    group.forms |= forms
    by_form |= dict.fromkeys(group.forms, group)
    return group


def _suggestion(
    group: _Group, categories: Mapping[str, Category], listed: Mapping[str, KnownTerm]
) -> Suggestion:
    """Name a group by its commonest spelling, or as the benchmark writes it."""
    own = next((listed[form] for form in sorted(group.forms) if form in listed), None)
    known = [categories[form] for form in sorted(group.forms) if form in categories]
    ((spelled, _),) = group.spelled.most_common(1)
    return Suggestion(
        term=own.term if own else spelled,
        category=own.category if own else known[0] if known else "",
        count=group.spelled.total(),
        transcribed_as=tuple(f"{text} ({n})" for text, n in group.transcripts.most_common()),
        state="listed" if own else "new",
    )


def corrected_terms(transcript: str, meant: str) -> list[tuple[str, str]]:
    """Align a transcript with what was meant; return each term that differs with its transcript.

    Words of an order and doses that both have are left out at the ends; what is written another way alone
    does not differ.

    >>> corrected_terms("start met oh pro lol 25 mg today", "start metoprolol 25 mg today")
    [('met oh pro lol', 'metoprolol')]
    >>> corrected_terms("beta block her and lie sin oh pril", "beta blocker and lisinopril")
    [('beta block her', 'beta blocker'), ('lie sin oh pril', 'lisinopril')]
    >>> corrected_terms("Type one diabetes", "type 1 diabetes")
    []
    """
    ours, theirs = transcript.split(), meant.split()
    left, right = ([canonical(word) for word in words] for words in (ours, theirs))
    parts: list[tuple[list[int], list[int]]] = [([], [])]
    for step in Levenshtein.opcodes(left, right):
        for one, other in zip(
            range(step.src_start, step.src_end), range(step.dest_start, step.dest_end), strict=False
        ):
            if step.tag == "equal" and right[other] in APART:
                parts.append(([], []))
            else:
                parts[-1][0].append(one)
                parts[-1][1].append(other)
        paired = min(step.src_end - step.src_start, step.dest_end - step.dest_start)
        parts[-1][0].extend(range(step.src_start + paired, step.src_end))
        parts[-1][1].extend(range(step.dest_start + paired, step.dest_end))
    found = []
    for before, after in parts:
        first, last = _ends([left[n] for n in before], [right[n] for n in after])
        text = " ".join(ours[n] for n in before[first : len(before) - last])
        term = " ".join(theirs[n] for n in after[first : len(after) - last]).strip(" .,")
        if term and canonical(text) != canonical(term):
            found.append((text, term))
    return found


def _ends(left: Sequence[str], right: Sequence[str]) -> tuple[int, int]:
    """Count the words at both ends that the sides have in common and that are no part of a term."""
    first = _common(left, right)
    last = _common(left[::-1], right[::-1])
    return first, min(last, len(left) - first, len(right) - first)


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    """Count such words at the beginning: of an order, and doses."""
    for place, (one, other) in enumerate(zip(left, right, strict=False)):
        near = [other, *right[max(0, place - 1) : place], *right[place + 1 : place + 2]]
        dose = _is_of_dose(other) and any(map(is_number, near)) and not UNITS.isdisjoint(near)
        if one != other or not (other in BESIDE or dose):
            return place
    return min(len(left), len(right))


def with_categories(found: Sequence[Suggestion], before: Sequence[Suggestion]) -> list[Suggestion]:
    """Keep what a person wrote into the table: categories, and terms that no correction names now."""
    earlier = {form: one for one in before for form in term_forms(one.term).forms}
    kept = list(found)
    met: set[str] = set()
    for place, one in enumerate(found):
        same = next((earlier[form] for form in term_forms(one.term).forms if form in earlier), None)
        if same:
            met.add(same.term)
            if same.category and one.state == "new":
                kept[place] = replace(one, category=same.category)
    return kept + [one for one in before if one.term not in met]


def read_suggestions(text: str, file: str) -> tuple[list[Suggestion], list[Fault]]:
    """Read suggested_terms.csv, into which a person may have written categories."""
    lines, faults = read_table(text, file, COLUMNS[:3])
    faults = [replace(one, sentence=one.sentence.partition("; got")[0]) for one in faults]
    known, found = get_args(Category), []
    for number, row in lines:
        category, count = row["entity_category"], row["count"]
        if category and category not in known:
            near = did_you_mean(category, known)
            sentence = f"expected one of {', '.join(known)}, or nothing; got {category!r}{near}"
            faults.append(Fault(sentence, file, number, "entity_category"))
        elif not (count.isascii() and count.isdigit()):
            faults.append(Fault("expected a whole number", file, number, "count"))
        else:
            shown = tuple(filter(None, row.get("transcribed_as", "").split(BETWEEN)))
            state: State = "listed" if row.get("state") == "listed" else "new"
            found.append(Suggestion(row["term"], category, int(count), shown, state))  # type: ignore[arg-type]
    return found, faults
