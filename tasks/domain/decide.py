"""The verdict: keep, grow or reject, on held-out rows, with trained rows shown beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tasks.domain.manifest import ClinicalRow
from tasks.domain.metrics import RowScore, Summary, mean, summarise
from tasks.domain.policy import DecisionPolicy, Policy
from tasks.domain.split import Split

Verdict = Literal["keep", "grow", "reject"]
NEXT = {
    "keep": "The candidate is the new champion; the next cycle is compared with it.",
    "grow": "Add rows for the terms that are still missed, then run the next cycle.",
    "reject": "The comparison model stays. Grow the benchmark before training again.",
}


@dataclass(frozen=True)
class Scope:
    """One set of rows, scored for the comparison model and for the candidate."""

    rows: int
    base: Summary
    candidate: Summary


@dataclass(frozen=True)
class Priority:
    """The rows that decide: held out, of a priority category. Undefined figures are None.

    `ci95` is the interval of the relative drop, `p_value` one-sided; both None until measured.
    """

    rows: int
    ker_base: float | None
    ker_candidate: float | None
    relative_drop: float | None
    ci95: tuple[float, float] | None = None
    p_value: float | None = None


@dataclass(frozen=True)
class Guard:
    """A harm that must not happen; `limit` is the highest candidate figure that passes."""

    name: str
    base: float
    candidate: float
    limit: float
    passed: bool

    @property
    def sentence(self) -> str:
        state = "held" if self.passed else "broke"
        return (
            f"Guard {self.name} {state}: {self.base:.3f} → {self.candidate:.3f}, "
            f"limit {self.limit:.3f}."
        )


@dataclass(frozen=True)
class Decision:
    """The verdict of a cycle with every figure that led to it."""

    verdict: Verdict
    reasons: tuple[str, ...]
    next: str
    scopes: dict[str, Scope]
    categories: dict[str, Scope]
    priority: Priority
    guards: tuple[Guard, ...]


@dataclass(frozen=True)
class GeneralSpeech:
    """Corpus WER of the guard set before and after."""

    rows: int
    base: float
    candidate: float


def decide(
    rows: Sequence[ClinicalRow],
    split: Split,
    base: Sequence[RowScore],
    candidate: Sequence[RowScore],
    general: GeneralSpeech | None,
    policy: Policy,
) -> Decision:
    """Compare two models on the same rows; all sequences run in manifest order."""
    everything = tuple(range(len(rows)))
    scopes = {
        "validation": _scope(split.validation, base, candidate),
        "train": _scope(split.train, base, candidate),
        "all": _scope(everything, base, candidate),
    }
    deciding = [
        position
        for position in split.validation
        if rows[position].entity_category in policy.priority_categories
    ]
    priority = _priority(deciding, base, candidate)
    guards = tuple(_guards(general, policy.decide))
    verdict, reasons = _verdict(priority, guards, policy.decide)
    if general is None:
        reasons.append("General speech was not measured: the workspace has no general.jsonl.")
    return Decision(
        verdict=verdict,
        reasons=tuple(reasons),
        next=NEXT[verdict],
        scopes=scopes,
        categories={
            category: _scope(
                [p for p in split.validation if rows[p].entity_category == category],
                base,
                candidate,
            )
            for category in dict.fromkeys(row.entity_category for row in rows)
        },
        priority=priority,
        guards=guards,
    )


def _scope(
    positions: Sequence[int], base: Sequence[RowScore], candidate: Sequence[RowScore]
) -> Scope:
    return Scope(
        rows=len(positions),
        base=summarise([base[position] for position in positions]),
        candidate=summarise([candidate[position] for position in positions]),
    )


def _priority(
    positions: Sequence[int], base: Sequence[RowScore], candidate: Sequence[RowScore]
) -> Priority:
    missed = sum(base[position].ker or 0 for position in positions)
    still_missed = sum(candidate[position].ker or 0 for position in positions)
    return Priority(
        rows=len(positions),
        ker_base=mean(base[position].ker for position in positions),
        ker_candidate=mean(candidate[position].ker for position in positions),
        relative_drop=(missed - still_missed) / missed if missed else None,  # of counts: exact
    )


def _guards(general: GeneralSpeech | None, limits: DecisionPolicy) -> list[Guard]:
    if general is None:
        return []
    limit = general.base * (1.0 + limits.general_wer_rise)
    passed = general.candidate <= limit
    return [Guard("general_wer", general.base, general.candidate, limit, passed)]


def _verdict(
    priority: Priority, guards: Sequence[Guard], limits: DecisionPolicy
) -> tuple[Verdict, list[str]]:
    """Apply the rule: reject when worse or a guard broke, keep from the drop on, else grow."""
    before, after, drop = priority.ker_base, priority.ker_candidate, priority.relative_drop
    kept_guards = [guard.sentence for guard in guards if guard.passed]
    broken = [guard.sentence for guard in guards if not guard.passed]
    if before is None or after is None:
        return "grow", ["No held-out row is of a priority category.", *broken, *kept_guards]
    moved = f"Held-out priority KER {before:.3f} → {after:.3f} on {priority.rows} rows"
    if after > before or broken:
        worse = [f"{moved}: worse."] if after > before else [f"{moved}."]
        return "reject", [*worse, *broken, *kept_guards]
    if drop is None:
        return "grow", [f"{moved}: the comparison model misses nothing, so nothing can improve."]
    needed = f"{limits.keep_drop:.0%}"
    if drop >= limits.keep_drop:
        return "keep", [f"{moved}: down {drop:.1%}, at least {needed}.", *kept_guards]
    return "grow", [f"{moved}: down {drop:.1%}, less than {needed}.", *kept_guards]
