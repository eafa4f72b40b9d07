"""Changes of words that decide care, by value: doses, numbers, units, negations and left/right words.

Both texts are compared in canonical words, so that a dose written another way is no change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rapidfuzz.distance import Levenshtein

from tasks.domain.scoring.canonical import canonical_words
from tasks.domain.verdict.items import (
    KINDS,
    Item,
    Kind,
    Token,
    is_critical,
    is_in_no_item,
    items,
    scale,
    with_items,
)

FAMILIES: tuple[frozenset[Kind], ...] = (  # an item is replaced by one of its own family alone
    frozenset({"dose", "number", "unit"}),
    frozenset({"negation"}),
    frozenset({"laterality"}),
)
MOST_PAIRS = 250_000
MOST_KNOWN = 300_000  # rows
LEFT_OUT = 2  # cost of an item left out or inserted; of two items in one place: 2 or 3


@dataclass(frozen=True)
class Change:
    """A critical item that a transcript changed.

    `kind` is that of the reference's item, of the inserted one where `before` is empty. `after` is
    empty where the item was left out. `factor` is what the value was multiplied by, where both are
    numbers of one dimension.
    """

    kind: Kind
    before: str
    after: str
    factor: float | None = None

    @property
    def text(self) -> str:
        """
        >>> Change("negation", "no", "").text, Change("dose", "", "5 mg").text
        ('no →', '→ 5 mg')
        """
        return f"{self.before} → {self.after}".strip()

    @property
    def text_with_factor(self) -> str:
        """The change, with the factor where it has one.

        >>> Change("dose", "1.5 mg", "15 mg", 10.0).text_with_factor
        '1.5 mg → 15 mg (×10)'
        """
        return self.text if self.factor is None else f"{self.text} (×{self.factor:.3g})"


# of a reference and a transcript that differ: tables, guards and the report ask for the same rows
_known: dict[tuple[str, str], tuple[Change, ...]] = {}
_spoken: dict[str, Counter[Kind]] = {}  # the items of a reference


def critical_changes(
    references: Sequence[str], hypotheses: Sequence[str]
) -> list[tuple[Change, ...]]:
    """Return the critical changes of each row, in the order of its words; rows run in parallel.

    >>> [written(row) for row in critical_changes(
    ...     ["warfarin 1.5 mg", "no left lung", "fifteen mg", "has pain"],
    ...     ["warfarin 15 mg", "right lung", "15 milligrams", "has no pain"])]
    ['1.5 mg → 15 mg', 'no →; left → right', '', '→ no']
    """
    rows = list(zip(references, hypotheses, strict=True))
    if len(_known) + len(rows) > MOST_KNOWN:
        _known.clear()
    new = list(dict.fromkeys(row for row in rows if row[0] != row[1] and row not in _known))
    distinct = list(dict.fromkeys(reference for reference, _ in new))
    words_of = dict(zip(distinct, canonical_words(distinct), strict=True))
    transcribed = canonical_words([hypothesis for _, hypothesis in new])
    for row, words in zip(new, transcribed, strict=True):
        reference = words_of[row[0]]
        differs = reference != words and (is_critical(reference) or is_critical(words))
        _known[row] = _changes(*map(with_items, parted(reference, words))) if differs else ()
    return [_known.get(row, ()) for row in rows]


def critical_items(texts: Sequence[str]) -> list[Counter[Kind]]:
    """Count the critical items of each text by kind; a dose is one item.

    >>> critical_items(["No aspirin, 5 mg on the left"])
    [Counter({'negation': 1, 'dose': 1, 'laterality': 1})]
    """
    if len(_spoken) + len(texts) > MOST_KNOWN:
        _spoken.clear()
    new = [text for text in dict.fromkeys(texts) if text not in _spoken]
    counts = (Counter(item.kind for item in items(words)) for words in canonical_words(new))
    _spoken.update(zip(new, counts, strict=True))
    return [_spoken[text] for text in texts]


def critical_texts(text: str) -> list[str]:
    """Write the critical items of a text in order.

    >>> critical_texts("no more than 2 tablets of vitamin D 3")
    ['no', '2 tablet', '3']
    """
    return [item.text for item in items(canonical_words([text])[0])]


def written(changes: Iterable[Change]) -> str:
    """Write the changes of a row, as the column `critical` of results.csv holds them."""
    return "; ".join(change.text for change in changes)


def severity(changes: Sequence[Change]) -> int:
    """Return a number by which rows are ordered: 0 with a changed dose, highest without a change."""
    return min((KINDS.index(change.kind) for change in changes), default=len(KINDS))


def new_changes(before: Sequence[Change], after: Sequence[Change]) -> tuple[Change, ...]:
    """Return the changes that the second transcript of a row makes where the first is right.

    >>> worse = Change("dose", "5 mg", "50 mg", 10.0)
    >>> new_changes([], [worse]) == (worse,), new_changes([Change("dose", "5 mg", "5 g")], [worse])
    (True, ())
    """
    known = Counter((change.kind, change.before) for change in before)
    new = []
    for change in after:
        if known[change.kind, change.before]:
            known[change.kind, change.before] -= 1
        else:
            new.append(change)
    return tuple(new)


def parted(
    reference: Sequence[str], hypothesis: Sequence[str]
) -> tuple[Sequence[str], Sequence[str]]:
    """Return the words of both between their common beginning and end, as far as no item reaches out.

    >>> parted("give warfarin 1.5 milligram now".split(), "give warfarin 15 milligram now".split())
    (['1.5', 'milligram'], ['15', 'milligram'])
    """
    shorter = min(len(reference), len(hypothesis))
    begin = next((n for n in range(shorter) if reference[n] != hypothesis[n]), shorter)
    while begin and not is_in_no_item(reference[begin - 1]):
        begin -= 1
    most = shorter - begin
    end = next((n for n in range(most) if reference[-n - 1] != hypothesis[-n - 1]), most)
    while end and not is_in_no_item(reference[-end]):
        end -= 1
    return reference[begin : len(reference) - end], hypothesis[begin : len(hypothesis) - end]


def _changes(reference: Sequence[Token], hypothesis: Sequence[Token]) -> tuple[Change, ...]:
    """Pair the items between each two words or items that both sides have in common."""
    found: list[Change] = []
    lost: list[Token] = []
    gained: list[Token] = []
    for step in [*Levenshtein.opcodes(reference, hypothesis), None]:
        if step is None or step.tag == "equal":
            found += _changes_between(lost, gained)
            lost, gained = [], []
        else:
            lost += reference[step.src_start : step.src_end]
            gained += hypothesis[step.dest_start : step.dest_end]
    return tuple(found)


def _changes_between(lost: Sequence[Token], gained: Sequence[Token]) -> list[Change]:
    """Pair the items of two stretches that are in each other's place, each family for itself."""
    items_lost, items_gained = (
        [(n, one) for n, one in enumerate(side) if isinstance(one, Item)] for side in (lost, gained)
    )
    placed: list[tuple[int, Change]] = []
    for family in FAMILIES:
        ours = [(n, one) for n, one in items_lost if one.kind in family]
        theirs = [(n, one) for n, one in items_gained if one.kind in family]
        for mine, other in _paired([one for _, one in ours], [one for _, one in theirs]):
            before = ours[mine][1] if mine is not None else None
            after = theirs[other][1] if other is not None else None
            place = ours[mine][0] if mine is not None else theirs[other or 0][0]
            if before != after:
                placed.append((place, _change(before, after)))
    return [change for _, change in sorted(placed, key=lambda one: (one[0], not one[1].before))]


def _paired(ours: Sequence[Item], theirs: Sequence[Item]) -> list[tuple[int | None, int | None]]:
    """Align two sequences of items in order, at the lowest cost; None beside what has no partner.

    Very long ones, which no transcript of speech has, are paired as they come.
    """
    if len(ours) * len(theirs) > MOST_PAIRS:
        return list(zip_longest(range(len(ours)), range(len(theirs))))
    costs = [[LEFT_OUT * (i + j) for j in range(len(theirs) + 1)] for i in range(len(ours) + 1)]
    for i, mine in enumerate(ours, 1):
        for j, other in enumerate(theirs, 1):
            one_left_out = min(costs[i - 1][j], costs[i][j - 1]) + LEFT_OUT
            costs[i][j] = min(costs[i - 1][j - 1] + _distance(mine, other), one_left_out)
    i, j = len(ours), len(theirs)
    pairs: list[tuple[int | None, int | None]] = []
    while i or j:
        if i and costs[i][j] == costs[i - 1][j] + LEFT_OUT:
            i -= 1
            pairs.append((i, None))
        elif j and costs[i][j] == costs[i][j - 1] + LEFT_OUT:
            j -= 1
            pairs.append((None, j))
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]


def _distance(one: Item, other: Item) -> int:
    """Cost of two items in one place: 0 if equal, less where number or unit are the same."""
    if one == other:
        return 0
    half = one.value == other.value if one.unit != other.unit else bool(one.unit)
    return LEFT_OUT if half else LEFT_OUT + 1


def _change(before: Item | None, after: Item | None) -> Change:
    kind = before.kind if before is not None else after.kind if after is not None else "number"
    factor = _factor(before, after) if before and after else None
    return Change(kind, before.text if before else "", after.text if after else "", factor)


def _factor(before: Item, after: Item) -> float | None:
    """Return the factor between two values; None for zeros, signs and other dimensions."""
    (dimension, size), (other, other_size) = scale(before.unit), scale(after.unit)
    if before.value is None or after.value is None or dimension != other:
        return None
    if not before.value or after.value / before.value <= 0:
        return None
    return float(after.value * other_size / (before.value * size))
