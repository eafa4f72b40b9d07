"""What a comparison of systems answers: a sentence first, then tables.

“A is better” is written only where the pair is decided, beside what A harms; else “not shown”. No figure is
without its interval, and systems are listed as they were named, not ranked.
"""

from __future__ import annotations

from collections.abc import Sequence

from tasks.domain.scoring.leaderboard import table
from tasks.domain.scoring.metrics import rate
from tasks.domain.verdict.priority import p_text
from tasks.domain.verdict.rates import Group, Interval, SystemRates
from tasks.domain.verdict.systems import Move, SystemComparison, SystemPair

HARMED = {
    "clinical_wer": "the words beside the terms",
    "other_terms": "other terms",
    "false_keywords_clinical": "terms that nobody spoke",
    "empty_or_unknown_clinical": "empty transcripts",
    "critical_tokens_clinical": "doses, numbers, negations and left/right words",
}  # by guard
METHOD = (
    "KER, the keyword error rate, is the share of rows whose term is missed. "
    "p-values are two-sided, over terms mid-p of sign flips; a pair is decided where the larger one of terms "
    "and voices, adjusted for all pairs by Holm's method, is below 0.05. Intervals are 95 %: of rates over "
    "terms, of a drop the wider one of terms and voices."
)


def answer(found: SystemComparison) -> str:
    """Answer in one sentence which system recognizes more of the terms."""
    if len(found.pairs) == 1:
        return pair_sentence(found, found.pairs[0])
    decided = [pair for pair in found.pairs if pair.better]
    if not decided:
        missed = ", ".join(f"{one.name} {one.judged.missed}" for one in found.systems)
        rows = found.systems[0].judged.rows
        return (
            f"Not shown which is better: of {rows} {words(found)}, {missed} are missed, and none of the "
            f"{len(found.pairs)} pairs is decided."
        )
    parts = []
    for winner in dict.fromkeys(pair.names[0] for pair in decided):
        won = [pair for pair in decided if pair.names[0] == winner]
        every = len(won) == len(found.systems) - 1
        losers = "every other" if every else _listed([pair.names[1] for pair in won])
        harm = " (with a guard broken)" if any(pair.harms for pair in won) else ""
        parts.append(f"{winner} is better than {losers}{harm}")
    open_pairs = len(found.pairs) - len(decided)
    rest = f"; not shown for {open_pairs} of {len(found.pairs)} pairs" if open_pairs else ""
    return f"On {words(found)}, {'; '.join(parts)}{rest}."


def pair_sentence(found: SystemComparison, pair: SystemPair) -> str:
    """Return which of two systems is better, or that it is not shown, with the figures."""
    return f"{pair_claim(found, pair)} ({pair_figures(found, pair)})."


def pair_claim(found: SystemComparison, pair: SystemPair) -> str:
    """Return which of two systems is better, with what it harms, or that it is not shown."""
    name, other = pair.names
    move, rows = pair.to_candidate, found.systems[0].judged.rows
    misses = f"misses {move.after} of {rows} {words(found)}, {other} {move.before}"
    if pair.better is None:
        return f"Not shown which is better: {name} {misses}"
    if not pair.harms:
        return f"{name} is better: it {misses}"
    harmed = _listed([HARMED.get(guard.name, guard.name) for guard in pair.harms])
    return f"{name} is better on {words(found)} and worse on {harmed}: it {misses}"


def pair_figures(found: SystemComparison, pair: SystemPair) -> str:
    """Return the drop of a pair with its interval, and its p-values."""
    tests = f"{p_text(pair.tests.p_terms)} over {found.systems[0].judged.terms} terms"
    if pair.tests.p_voices is not None:
        tests += f", {p_text(pair.tests.p_voices)} over {found.voices} voices"
    if len(found.pairs) > 1:
        tests += f"; adjusted {p_text(pair.tests.p_adjusted)}"
    return f"{_drop_words(pair.to_candidate)}{tests}"


def heading(found: SystemComparison) -> tuple[str, str]:
    """Divide the answer into a heading and the figures below it, empty where several pairs follow."""
    if len(found.pairs) > 1:
        return answer(found), ""
    (pair,) = found.pairs
    figures = pair_figures(found, pair)
    return f"{pair_claim(found, pair)}.", f"{figures[0].upper()}{figures[1:]}."


def words(found: SystemComparison) -> str:
    """Name what is counted on the rows that decide."""
    return f"{_listed(found.judged) if found.judged else 'clinical'} words"


def pair_notes(pair: SystemPair) -> list[str]:
    """Return a sentence for each guard that the candidate of a pair does not hold."""
    name, other = pair.names
    return [
        f"{name} in place of {other}: {guard.sentence}"
        for guard in pair.guards
        if guard.state != "held"
    ]


def summary(found: SystemComparison, notes: Sequence[str] = ()) -> str:
    """Write the answer, the rates of each system and the pairs as markdown; `notes` follow the answer."""
    rows, terms = found.systems[0].judged.rows, found.systems[0].judged.terms
    first, figures = heading(found)
    sentences = [
        *(pair_sentence(found, pair) for pair in found.pairs if len(found.pairs) > 1),
        *(note for pair in found.pairs for note in pair_notes(pair)),
        *notes,
    ]
    return "\n\n".join(
        part
        for part in (
            f"# {first}",
            figures,
            "\n".join(f"- {sentence}" for sentence in sentences),
            f"## Systems, on {rows} {words(found)} of {terms} terms",
            table(SYSTEM_HEAD, map(system_cells, found.systems)),
            f"## {found.view.capitalize()} KER by category",
            table(category_head(found), (category_cells(found, one) for one in found.systems)),
            "## Pairs",
            table(PAIR_HEAD, map(pair_cells, found.pairs)),
            METHOD,
        )
        if part
    )


SYSTEM_HEAD = ["System", "Missed", "KER canonical", "KER published", "WER canonical (corpus)"]
PAIR_HEAD = [
    "a → b", "Missed", "Drop", "p over terms", "p over voices", "p adjusted", "Better", "Guards broken",
]  # fmt: skip


def system_cells(one: SystemRates) -> list[str]:
    """Return a system's figures on the rows that decide."""
    rates = one.judged.rates
    return [
        one.name,
        str(one.judged.missed),
        with_interval(rates.ker_canonical, one.judged.ker_canonical_ci95),
        with_interval(rates.ker, one.judged.ker_ci95),
        with_interval(rates.wer_corpus_canonical, one.judged.wer_corpus_canonical_ci95),
    ]


def category_head(found: SystemComparison) -> list[str]:
    """Name the categories with their rows, then all rows."""
    first = found.systems[0]
    named = [f"{name} ({group.rows})" for name, group in first.categories.items()]
    return ["System", *named, f"all ({first.all.rows})"]


def category_cells(found: SystemComparison, one: SystemRates) -> list[str]:
    """Return a system's KER by category, then of all rows, in the view that decides."""
    groups = [*one.categories.values(), one.all]
    return [one.name, *(with_interval(*ker_of(found, group)) for group in groups)]


def ker_of(found: SystemComparison, group: Group) -> tuple[float | None, Interval | None]:
    """Return the KER of a group and its interval, in the view that decides."""
    if found.view == "canonical":
        return group.rates.ker_canonical, group.ker_canonical_ci95
    return group.rates.ker, group.ker_ci95


def pair_cells(pair: SystemPair) -> list[str]:
    """Return the figures of a pair; the drop is that from a to b."""
    return [
        f"{pair.a} → {pair.b}",
        f"{pair.move.before} → {pair.move.after}",
        drop_text(pair.move),
        rate(pair.tests.p_terms),
        rate(pair.tests.p_voices),
        rate(pair.tests.p_adjusted),
        pair.names[0] if pair.better else "not shown",
        ", ".join(guard.name for guard in pair.harms) or "none",
    ]


def drop_text(move: Move) -> str:
    """Write a drop with its interval.

    >>> drop_text(Move(78, 44, 0.436, (0.15, 0.66))), drop_text(Move(0, 4, None, None))
    ('43.6% (15% to 66%)', '–')
    >>> drop_text(Move(104, 104, 0.0, (-0.001, 0.17)))
    '0.0% (0% to 17%)'
    """
    if move.drop is None:
        return "–"
    interval = f" ({move.ci95[0]:z.0%} to {move.ci95[1]:z.0%})" if move.ci95 else ""
    return f"{move.drop:z.1%}{interval}"


def with_interval(value: float | None, interval: Interval | None) -> str:
    """Write a rate with its interval.

    >>> with_interval(0.17, (0.08, 0.3)), with_interval(None, None)
    ('0.170 (0.080 to 0.300)', '–')
    """
    return rate(value) + (f" ({rate(interval[0])} to {rate(interval[1])})" if interval else "")


def _drop_words(move: Move) -> str:
    if not move.drop:
        return ""
    interval = f", 95 % interval {move.ci95[0]:z.0%} to {move.ci95[1]:z.0%}" if move.ci95 else ""
    return f"{move.drop:z.0%} fewer{interval}; "


def _listed(names: Sequence[str]) -> str:
    """
    >>> _listed(["A"]), _listed(["A", "B", "C"])
    ('A', 'A, B and C')
    """
    return " and ".join([part for part in (", ".join(names[:-1]), *names[-1:]) if part])
