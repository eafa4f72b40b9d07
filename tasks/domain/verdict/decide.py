"""The verdict: keep, grow or reject, on held-out rows, with trained rows shown beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import Field

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import DecisionPolicy, Policy
from tasks.domain.scoring.metrics import Summary, mean, summarize
from tasks.domain.split import Split
from tasks.domain.verdict.comparison import Pair, ScoredHypotheses
from tasks.domain.verdict.guards import Guard, check_guards
from tasks.domain.verdict.statistics import ALPHA, clusters, drop, drop_interval, holm, sign_flip_p

Verdict = Literal["keep", "grow", "reject"]
NEXT = {
    "keep": "The candidate is the new champion; the next cycle is compared with it.",
    "grow": "Add rows, growth_plan.csv names them, then run the next cycle.",
    "reject": "The comparison model stays. Grow the benchmark before training again.",
}


@dataclass(frozen=True)
class Scope:
    """One set of rows, scored for the comparison model and for the candidate."""

    rows: int
    comparison: Annotated[Summary, Field(alias="base")]
    candidate: Summary


@dataclass(frozen=True)
class Priority:
    """The rows that decide: held out, of a priority category. Undefined figures are None.

    `ci95` is the bootstrap interval of the relative drop over terms; `p_value` is the one-sided
    sign-flip test of an improvement; `worse_p_values` test each priority category for a loss, with
    Holm's adjustment.
    """

    rows: int
    terms: int
    ker_comparison: Annotated[float | None, Field(alias="ker_base")]
    ker_candidate: float | None
    relative_drop: float | None
    ci95: tuple[float, float] | None
    p_value: float | None
    worse_p_values: dict[str, float]

    @property
    def sentence(self) -> str:
        """What moved, in one sentence; only where the figures are defined."""
        moved = (
            f"Held-out priority KER {self.ker_comparison:.3f} → {self.ker_candidate:.3f} on {self.rows} "
            f"rows of {self.terms} terms"
        )
        if self.relative_drop is None:
            return moved
        moved += f": {'down' if self.relative_drop >= 0 else 'up'} {abs(self.relative_drop):.1%}"
        facts = []
        if self.ci95:
            facts.append(f"95 % interval {self.ci95[0]:.0%} to {self.ci95[1]:.0%}")
        if self.p_value is not None:
            facts.append(p_text(self.p_value))
        return f"{moved} ({', '.join(facts)})" if facts else moved


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


def p_text(value: float) -> str:
    """Write a p-value.

    >>> p_text(0.0312), p_text(2e-99)
    ('p = 0.031', 'p < 0.001')
    """
    return f"p = {value:.3f}" if value >= 0.001 else "p < 0.001"


def decide(
    rows: Sequence[ClinicalRow],
    split: Split,
    pair: Pair,
    general: Pair | None,
    policy: Policy,
    folds: ScoredHypotheses | None = None,
) -> Decision:
    """Compare two models on the same rows; all sequences run in manifest order.

    `folds` are the hypotheses of each row by the fold's model that was not trained on it: with
    them every row decides and is shown as a scope of its own, else the validation rows decide.
    """
    everything = tuple(range(len(rows)))
    scopes = {
        "validation": _scope(pair.at(split.validation)),
        "train": _scope(pair.at(split.train)),
        "all": _scope(pair),
    }
    positions, judged = split.validation, pair
    if folds is not None:
        positions, judged = everything, replace(pair, candidate=folds)
        scopes["folds"] = _scope(judged)
    priority = measure([rows[p] for p in positions], judged.at(positions), policy)
    terms = [row.term for row in rows]
    guards = tuple(
        check_guards(
            judged.at(positions), [terms[p] for p in positions], terms, general, policy.decide
        )
    )
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
                judged.at([p for p in positions if rows[p].entity_category == category])
            )
            for category in dict.fromkeys(row.entity_category for row in rows)
        },
        priority=priority,
        guards=guards,
    )


def _scope(pair: Pair) -> Scope:
    return Scope(
        rows=len(pair.references),
        comparison=summarize(pair.comparison.scores),
        candidate=summarize(pair.candidate.scores),
    )


def measure(rows: Sequence[ClinicalRow], pair: Pair, policy: Policy) -> Priority:
    """Test the priority rows among held-out `rows`; `pair` runs beside them."""
    deciding = policy.priority_positions(rows)
    rows, pair = [rows[n] for n in deciding], pair.at(deciding)
    before, after = pair.comparison.missed, pair.candidate.missed
    tested = clusters([row.term for row in rows], before, after)
    worse: dict[str, float] = {}
    for category in policy.priority_categories:
        members = [n for n, row in enumerate(rows) if row.entity_category == category]
        terms = [rows[n].term for n in members]
        broken = clusters(terms, [after[n] for n in members], [before[n] for n in members])
        worse[category] = sign_flip_p(broken.fixed)
    return Priority(
        rows=len(rows),
        terms=len(tested.rows),
        ker_comparison=mean(before),
        ker_candidate=mean(after),
        relative_drop=drop(sum(before), sum(after)),
        ci95=drop_interval(tested),
        p_value=sign_flip_p(tested.fixed) if rows else None,
        worse_p_values=holm(worse),
    )


def _verdict(
    priority: Priority, guards: Sequence[Guard], limits: DecisionPolicy
) -> tuple[Verdict, list[str]]:
    """Apply the rule: reject what is worse or breaks a guard, keep a drop that is large enough and
    significant, else grow and say what was lacking."""
    held = [guard.sentence for guard in guards if guard.passed]
    broken = [guard.sentence for guard in guards if not guard.passed]
    before, after = priority.ker_comparison, priority.ker_candidate
    if before is None or after is None:
        reason = "No held-out row is of a priority category."
        return ("reject" if broken else "grow"), [*broken, reason, *held]
    moved = priority.sentence
    worse = [
        f"Priority category {name} got worse ({p_text(p)}, Holm)."
        for name, p in priority.worse_p_values.items()
        if p < ALPHA
    ]
    if after > before or broken or worse:
        first = f"{moved}: worse." if after > before else f"{moved}."
        return "reject", [first, *worse, *broken, *held]
    needed = f"{limits.keep_drop:.0%}"
    if priority.relative_drop is None or priority.p_value is None:
        why = (
            "the comparison model misses nothing, so nothing can improve: make the benchmark harder"
        )
        return "grow", [f"{moved}: {why}.", *held]
    enough, real = keeps(priority.relative_drop, limits), priority.p_value < ALPHA
    if enough and real:
        return "keep", [f"{moved}, at least {needed} and significant.", *held]
    if enough:
        return "grow", [f"{moved}: at least {needed}, but it may be chance: too few rows.", *held]
    doubt = "significant, but" if real else "it may be chance, and is"
    return "grow", [f"{moved}: {doubt} less than {needed}.", *held]


def keeps(relative_drop: float, limits: DecisionPolicy) -> bool:
    """Whether a drop is large enough to keep; the published rule asks for no more than this."""
    return relative_drop >= limits.keep_drop
