"""What a comparison of systems answers: a sentence first, tables, and the record for programs.

“A is better” is written only where the pair is decided, beside what A harms; else “not shown”. No figure is
without its interval, and systems are listed as they were named, not ranked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tasks.domain.scoring.leaderboard import rate, table
from tasks.domain.verdict.noninferiority import Guard
from tasks.domain.verdict.priority import p_text
from tasks.domain.verdict.rates import Group, Interval, SystemRates
from tasks.domain.verdict.systems import Move, SystemComparison, SystemPair

HARMED = {
    "clinical_wer": "the words beside the terms",
    "other_terms": "other terms",
    "false_keywords_clinical": "terms that nobody spoke",
    "empty_or_unknown_clinical": "empty transcripts",
    "critical_tokens_clinical": "doses, numbers, negations and sides",
}  # by guard
METHOD = (
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
    """Say which of two systems is better, or that it is not shown, on the rows that decide."""
    name, other = pair.names
    move, rows = pair.to_candidate, found.systems[0].judged.rows
    tests = f"{p_text(pair.tests.p_terms)} over {found.systems[0].judged.terms} terms"
    if pair.tests.p_voices is not None:
        tests += f", {p_text(pair.tests.p_voices)} over {found.voices} voices"
    if len(found.pairs) > 1:
        tests += f"; adjusted {p_text(pair.tests.p_adjusted)}"
    figures = f"{_drop_words(move)}{tests}"
    misses = f"it misses {move.after} of {rows} {words(found)}, {other} {move.before} ({figures})"
    if pair.better is None:
        both = f"{name} misses {move.after} of {rows} {words(found)}, {other} {move.before}"
        return f"Not shown which is better: {both} ({figures})."
    if not pair.harms:
        return f"{name} is better: {misses}."
    harmed = _listed([HARMED.get(guard.name, guard.name) for guard in pair.harms])
    return f"{name} is better on {words(found)} and worse on {harmed}: {misses}."


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
    first = answer(found)
    sentences = [
        *(pair_sentence(found, pair) for pair in found.pairs if len(found.pairs) > 1),
        *(note for pair in found.pairs for note in pair_notes(pair)),
        *notes,
    ]
    return "\n\n".join(
        part
        for part in (
            f"# {first}",
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
    """
    if move.drop is None:
        return "–"
    interval = f" ({move.ci95[0]:.0%} to {move.ci95[1]:.0%})" if move.ci95 else ""
    return f"{move.drop:.1%}{interval}"


def with_interval(value: float | None, interval: Interval | None) -> str:
    """Write a rate with its interval.

    >>> with_interval(0.17, (0.08, 0.3)), with_interval(None, None)
    ('0.170 (0.080 to 0.300)', '–')
    """
    return rate(value) + (f" ({rate(interval[0])} to {rate(interval[1])})" if interval else "")


def record(found: SystemComparison) -> dict[str, Any]:
    """Return every figure under the names that programs read."""
    first = found.systems[0].judged
    return {
        "answer": answer(found),
        "judged": {
            "categories": list(found.judged),
            "rows": first.rows,
            "terms": first.terms,
            "voices": found.voices,
            "view": found.view,
        },
        "rows": found.rows,
        "systems": [
            {"name": one.name}
            | _group_record(one.judged)
            | {
                "all": _group_record(one.all),
                "categories": {
                    name: _group_record(group) for name, group in one.categories.items()
                },
            }
            for one in found.systems
        ],
        "pairs": [_pair_record(found, pair) for pair in found.pairs],
    }


def _group_record(group: Group) -> dict[str, Any]:
    fields = asdict(group)
    return {"rows": group.rows, "terms": group.terms} | fields.pop("rates") | fields


def _pair_record(found: SystemComparison, pair: SystemPair) -> dict[str, Any]:
    name, other = pair.names
    return {
        "a": pair.a,
        "b": pair.b,
        "missed_a": pair.move.before,
        "missed_b": pair.move.after,
        "drop": pair.move.drop,
        "drop_ci95": pair.move.ci95,
        "p_terms": pair.tests.p_terms,
        "p_voices": pair.tests.p_voices,
        "p_adjusted": pair.tests.p_adjusted,
        "better": pair.better,
        "sentence": pair_sentence(found, pair),
        "guards": [
            {"system": name, "in_place_of": other, **_guard_record(guard)} for guard in pair.guards
        ],
    }


def _guard_record(guard: Guard) -> dict[str, Any]:
    fields = asdict(guard)
    return {"name": fields.pop("name"), "base": fields.pop("comparison"), **fields} | {
        "sentence": guard.sentence
    }


def _drop_words(move: Move) -> str:
    if not move.drop:
        return ""
    interval = f", 95 % interval {move.ci95[0]:.0%} to {move.ci95[1]:.0%}" if move.ci95 else ""
    return f"{move.drop:.0%} fewer{interval}; "


def _listed(names: Sequence[str]) -> str:
    """
    >>> _listed(["A"]), _listed(["A", "B", "C"])
    ('A', 'A, B and C')
    """
    return " and ".join([part for part in (", ".join(names[:-1]), *names[-1:]) if part])
