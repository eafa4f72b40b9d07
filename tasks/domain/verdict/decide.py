"""The verdict: keep, grow or reject, on test rows, with all other rows shown beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import Field

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import DecisionPolicy, Policy
from tasks.domain.scoring.metrics import Summary, mean, summarize
from tasks.domain.scoring.normalize import normalize
from tasks.domain.split import Split
from tasks.domain.verdict.changes import Changes, changes
from tasks.domain.verdict.comparison import MIN_VOICES, GuardSet, Pair, ScoredHypotheses
from tasks.domain.verdict.guards import acceptance, check_guards
from tasks.domain.verdict.noninferiority import Guard
from tasks.domain.verdict.statistics import (
    ALPHA,
    alpha_of_look,
    clusters,
    drop,
    drop_interval,
    holm,
    mid_p,
    sign_flip_p,
)

Verdict = Literal["keep", "grow", "reject"]
Judged = Literal["test", "folds", "all"]
NEXT = {
    "keep": "The candidate is the new champion; the next cycle is compared with it.",
    "grow": "Add what growth_plan.csv and the reasons name, then run the next cycle.",
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
    """The rows that decide: tested, of a priority category. Undefined figures are None.

    `ci95` is the interval of the relative drop over terms. `p_value` and `p_value_voices` are the
    mid-p-values of an improvement over terms and over voices (None with fewer than five); both are
    tested at `alpha`, the level of this `look` at these rows. `worse_p_values` test each priority
    category for a loss, with Holm's adjustment.
    """

    judged: Judged
    rows: int
    terms: int
    voices: int
    ker_comparison: Annotated[float | None, Field(alias="ker_base")]
    ker_candidate: float | None
    relative_drop: float | None
    ci95: tuple[float, float] | None
    p_value: float | None
    p_value_voices: float | None
    look: int
    alpha: float
    worse_p_values: dict[str, float]

    @property
    def significant(self) -> bool:
        tested = [p for p in (self.p_value, self.p_value_voices) if p is not None]
        return bool(tested) and max(tested) < self.alpha

    @property
    def sentence(self) -> str:
        """What moved, in one sentence; only where the figures are defined."""
        rows = {"test": "Test", "folds": "Test", "all": "All rows'"}[self.judged]
        moved = (
            f"{rows} priority KER {self.ker_comparison:.3f} → {self.ker_candidate:.3f} on "
            f"{self.rows} rows of {self.terms} terms"
        )
        if self.relative_drop is None:
            return moved
        moved += f": {'down' if self.relative_drop >= 0 else 'up'} {abs(self.relative_drop):.1%}"
        if self.ci95 and self.ci95[0] > 0:
            moved += f", with 95 % confidence at least {self.ci95[0]:.0%}"
        if self.p_value is None:
            return moved
        facts = f"{p_text(self.p_value)} over terms"
        if self.p_value_voices is not None:
            facts += f", {p_text(self.p_value_voices)} over {self.voices} voices"
        look = f", look {self.look} at these rows" if self.look > 1 else ""
        return f"{moved} ({facts}; tested at {self.alpha:.2g}{look})"


@dataclass(frozen=True)
class Accepted:
    """Clinical rows of another source as both models heard them; they run in parallel."""

    rows: Sequence[ClinicalRow]
    pair: Pair

    def guard(self, policy: Policy, alpha: float) -> Guard:
        """Judge the priority rows among them."""
        chosen = policy.priority_positions(self.rows)
        terms = [normalize(self.rows[n].term) for n in chosen]
        return acceptance(self.pair.at(chosen), terms, policy.decide.acceptance_rise, alpha)


@dataclass(frozen=True)
class Decision:
    """The verdict of a cycle with every figure that led to it.

    `left_out` counts test rows that did not decide, as an ancestor of a model was trained on them.
    `override` says who made the candidate champion against the verdict; empty where nobody did.
    """

    verdict: Verdict
    rule: str
    reasons: tuple[str, ...]
    next: str
    scopes: dict[str, Scope]
    categories: dict[str, Scope]
    priority: Priority
    changes: Changes
    guards: tuple[Guard, ...]
    left_out: int
    override: str = ""


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
    general: GuardSet | None,
    policy: Policy,
    folds: ScoredHypotheses | None = None,
    *,
    seen: frozenset[int] = frozenset(),
    look: int = 1,
    accepted: Accepted | None = None,
) -> Decision:
    """Compare two models on the same rows; all sequences run in manifest order.

    `folds` are the hypotheses of each row by the fold's model that was not trained on it: with
    them every row is a test row and is shown as a scope of its own. `seen` are positions that an
    ancestor of either model was trained on: they never decide. `look` is the number of the
    fine-tune, from 1, among those that were judged on these rows. `accepted` are rows of another
    source, heard once a candidate would be kept.
    """
    scopes = {
        "test": _scope(pair.at(split.test)),
        "validation": _scope(pair.at(split.validation)),
        "train": _scope(pair.at(split.train)),
        "all": _scope(pair),
    }
    published = policy.decide.rule == "published"
    judged: Judged = "all" if published else "test" if folds is None else "folds"
    candidates = split.test if judged == "test" else tuple(range(len(rows)))
    if folds is not None:
        pair = replace(pair, candidate=folds)
        scopes["folds"] = _scope(pair)
    positions = deciding_positions(len(rows), split.test, seen, policy, folds=folds is not None)
    deciding = [rows[p] for p in positions]
    priority = measure(deciding, pair.at(positions), policy, judged, look)
    changed = changes(deciding, pair.at(positions))
    guards: tuple[Guard, ...] = ()
    if published:
        verdict, reasons = _published_verdict(priority, len(split.test), policy.decide)
    else:
        names = [normalize(rows[p].term) for p in positions]
        other = [
            n
            for n, p in enumerate(positions)
            if rows[p].entity_category not in policy.priority_categories
        ]
        terms = [row.term for row in rows]
        test = pair.at(positions)
        guards = tuple(check_guards(test, names, other, terms, general, policy.decide, look))
        if accepted is not None:
            guards += (accepted.guard(policy, alpha_of_look(look)),)
        verdict, reasons = _verdict(priority, guards, policy.decide)
        reasons.insert(1, changed.regressions(policy.priority_categories))
        if policy.split.group_by == "row":
            reasons.insert(0, _repeated(rows, split, every_row=folds is not None))
        if priority.voices < MIN_VOICES:
            reasons.append(
                f"The test rows have {priority.voices} voices: with fewer than {MIN_VOICES} a change "
                "of one voice alone cannot be told from one of the terms."
            )
    left_out = len(candidates) - len(positions)
    if left_out:
        reasons.append(
            f"{left_out} test rows did not decide: an ancestor of a model was trained on them."
        )
    return Decision(
        verdict=verdict,
        rule=policy.decide.rule,
        reasons=tuple(reason for reason in reasons if reason),
        next=NEXT[verdict],
        scopes=scopes,
        categories={
            category: _scope(pair.at([p for p in positions if rows[p].entity_category == category]))
            for category in dict.fromkeys(row.entity_category for row in rows)
        },
        priority=priority,
        changes=changed,
        guards=guards,
        left_out=left_out,
    )


def deciding_positions(
    rows: int, test: Sequence[int], seen: frozenset[int], policy: Policy, *, folds: bool
) -> tuple[int, ...]:
    """The positions, of so many `rows`, that a verdict rests on: `test` ones, with folds all, without
    those that an ancestor has `seen`. The published rule takes all and knows no ancestors."""
    if policy.decide.rule == "published":
        return tuple(range(rows))
    judged = range(rows) if folds else test
    return tuple(position for position in judged if position not in seen)


def _scope(pair: Pair) -> Scope:
    return Scope(
        rows=len(pair.references),
        comparison=summarize(pair.comparison.scores),
        candidate=summarize(pair.candidate.scores),
    )


def _repeated(rows: Sequence[ClinicalRow], split: Split, *, every_row: bool) -> str:
    """Say how many test rows repeat a trained sentence; with folds, that of another row."""
    sentences = [normalize(row.text) for row in rows]
    spoken = Counter(sentences)
    trained = {sentences[p] for p in (*split.train, *split.validation)}
    test = range(len(rows)) if every_row else split.test
    repeated = sum(spoken[sentences[p]] > 1 if every_row else sentences[p] in trained for p in test)
    return (
        f"Divided by row, as published: {repeated} of {len(test)} test rows repeat a "
        "sentence that was trained."
    )


def measure(
    rows: Sequence[ClinicalRow], pair: Pair, policy: Policy, judged: Judged = "test", look: int = 1
) -> Priority:
    """Test the priority rows among these `rows`; `pair` runs beside them."""
    deciding = policy.priority_positions(rows)
    rows, pair = [rows[n] for n in deciding], pair.at(deciding)
    before, after = pair.comparison.missed, pair.candidate.missed
    by_term = clusters([normalize(row.term) for row in rows], before, after)
    by_voice = clusters([row.voice_id for row in rows], before, after)
    worse: dict[str, float] = {}
    for category in policy.priority_categories:
        members = [n for n, row in enumerate(rows) if row.entity_category == category]
        terms = [normalize(rows[n].term) for n in members]
        broken = clusters(terms, [after[n] for n in members], [before[n] for n in members])
        if members:
            worse[category] = sign_flip_p(broken.fixed)
    voices = len(by_voice.rows)
    return Priority(
        judged=judged,
        rows=len(rows),
        terms=len(by_term.rows),
        voices=voices,
        ker_comparison=mean(before),
        ker_candidate=mean(after),
        relative_drop=drop(sum(before), sum(after)),
        ci95=drop_interval(by_term),
        p_value=mid_p(by_term.fixed) if rows else None,
        p_value_voices=mid_p(by_voice.fixed) if voices >= MIN_VOICES else None,
        look=look,
        alpha=alpha_of_look(look),
        worse_p_values=holm(worse),
    )


def _published_verdict(
    priority: Priority, test_rows: int, limits: DecisionPolicy
) -> tuple[Verdict, list[str]]:
    """Apply the published rule: the drop over all rows, trained ones included, and nothing else."""
    label = "By the published rule, which counts trained rows and has no test and no guard"
    before, after, relative = (
        priority.ker_comparison,
        priority.ker_candidate,
        priority.relative_drop,
    )
    if before is None or after is None:
        return "grow", [f"{label}: no row is of a priority category."]
    moved = f"{label}: priority KER {before:.3f} → {after:.3f} on {priority.rows} rows"
    moved += f"; only {test_rows} rows of the benchmark were held out."
    if after > before:
        return "reject", [moved]
    return "keep" if relative is not None and keeps(relative, limits) else "grow", [moved]


def _verdict(
    priority: Priority, guards: Sequence[Guard], limits: DecisionPolicy
) -> tuple[Verdict, list[str]]:
    """Apply the rule: reject proven harm, keep a drop that is large enough and significant while
    every guard holds, else grow and say what was lacking."""
    told = {
        state: [g.sentence for g in guards if g.state == state]
        for state in ("broke", "open", "held")
    }
    broken, opened, held = told["broke"], told["open"], told["held"]
    before, after = priority.ker_comparison, priority.ker_candidate
    if before is None or after is None:
        reason = "No test row is of a priority category."
        return ("reject" if broken else "grow"), [reason, *broken, *opened, *held]
    moved, needed = priority.sentence, f"{limits.keep_drop:.0%}"
    worse = [
        f"Priority category {name} got worse ({p_text(p)}, Holm)."
        for name, p in priority.worse_p_values.items()
        if p < ALPHA
    ]
    if broken or worse:
        return "reject", [f"{moved}.", *worse, *broken, *opened, *held]
    why = _lacking(priority, limits)
    if why:
        return "grow", [f"{moved}: {why}.", *opened, *held]
    kept = f"{moved}: at least {needed} and significant"
    if not opened:
        return "keep", [f"{kept}.", *held]
    if limits.open_guard == "keep":
        stamp = f"Kept while {len(opened)} guards prove nothing, as open_guard: keep asks."
        return "keep", [f"{kept}.", stamp, *opened, *held]
    return "grow", [f"{kept}, but harm is not disproved.", *opened, *held]


def _lacking(priority: Priority, limits: DecisionPolicy) -> str:
    """Say what a candidate that is not worse lacks to be kept; empty where it lacks nothing."""
    if priority.relative_drop is None:
        return (
            "the comparison model misses nothing, so nothing can improve: make the benchmark harder"
        )
    needed = f"{limits.keep_drop:.0%}"
    if not keeps(priority.relative_drop, limits):
        real = "significant, but" if priority.significant else "it may be chance, and is"
        return f"{real} less than {needed}"
    if priority.significant:
        return ""
    fresh = f"; fresh rows would be tested at {alpha_of_look(1):.2g}" if priority.look > 1 else ""
    return f"at least {needed}, but it may be chance: too few terms or voices{fresh}"


def keeps(relative_drop: float, limits: DecisionPolicy) -> bool:
    """Whether a drop is large enough to keep; the published rule asks for no more than this."""
    return relative_drop >= limits.keep_drop
