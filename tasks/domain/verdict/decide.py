"""The verdict: keep, grow or reject, on test rows, with all other rows shown beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Annotated

from pydantic import Field

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.scoring.canonical import canonical
from tasks.domain.scoring.metrics import Rate, Summary
from tasks.domain.scoring.normalize import normalize
from tasks.domain.split import Split, judged_positions
from tasks.domain.unheard import both_beside_terms
from tasks.domain.verdict.against import (
    AgainstAnchor,
    AgainstBoosting,
    Alternative,
    Anchored,
    against_anchor,
    against_boosting,
)
from tasks.domain.verdict.changes import Changes, changes
from tasks.domain.verdict.comparison import GuardSet, Pair, ScoredHypotheses
from tasks.domain.verdict.guards import acceptance, check_guards, final_model
from tasks.domain.verdict.keywords import Invented, KnownTerms, invented, known_terms
from tasks.domain.verdict.noninferiority import Guard, unknown_guard
from tasks.domain.verdict.priority import Judged, Priority, measure
from tasks.domain.verdict.rule import Verdict, keeps, published_verdict, verdict_of
from tasks.domain.verdict.statistics import alpha_of_guards

SHOWN_INVENTED = 12
NEXT = {
    "keep": "This is a test result, not a clearance for patients, and deploys nothing. From the next cycle "
    "on, models are compared with the new one, the champion.",
    "grow": "Add what growth_plan.csv and the reasons name, then run the next cycle.",
    "boosted": "The boosted comparison model is judged as the system to keep.",
    "reject": "The present model stays. Grow the benchmark before training again.",
}


@dataclass(frozen=True)
class Scope:
    """One set of rows, scored for the comparison model and for the candidate."""

    rows: int
    comparison: Annotated[Summary, Field(alias="base")]
    candidate: Summary


@dataclass(frozen=True)
class Accepted:
    """Clinical rows of another source as both models transcribed them; they run in parallel."""

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
    `against_anchor` are the guards against the first base, `against_boosting` the comparison with
    boosting alone; None where there was none.
    `invented` names the boosted phrases that were written on test rows and general clips where nobody
    spoke them, None where neither system boosts any.
    `override` is who made the candidate champion against the verdict; empty where nobody did.
    `evidence` names the speech that was judged, `limits_changed` the limits that changed after an
    earlier look at the same terms.
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
    against_anchor: AgainstAnchor | None = None
    against_boosting: AgainstBoosting | None = None
    invented: tuple[Invented, ...] | None = None
    evidence: str = ""
    limits_changed: str = ""

    @property
    def invented_sentence(self) -> str:
        """Name the boosted phrases that were invented, rows or none; empty where nothing is boosted."""
        if self.invented is None:
            return ""
        named = "; ".join(one.text for one in self.invented[:SHOWN_INVENTED])
        more = len(self.invented) - SHOWN_INVENTED
        listed = f"{named} and {more} more" if more > 0 else named or "none"
        return f"Boosted phrases written where nobody spoke them, before → after: {listed}."


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
    again: bool = False,
    accepted: Accepted | None = None,
    anchor: Anchored | None = None,
    alternative: Alternative | None = None,
    boosted: Sequence[str] = (),
) -> Decision:
    """Compare two models on the same rows; all sequences run in manifest order.

    `folds` are the hypotheses of each row by the fold's model that was not trained on it: with
    them every row is a test row and is shown as a scope of its own. `seen` are positions that an
    ancestor of either model was trained on: they never decide. `look` is the number of the
    fine-tune, from 1, among those that were judged on these rows, and `again` whether this very
    candidate was judged before, by anything else. `accepted` are rows of another
    source, transcribed once a candidate would be kept. Every guard is held against the `anchor`, the first
    base of the workspace, too; where there is an `alternative` without training, a candidate is kept
    only if it beats that as well. `boosted` are the phrases that either system boosts, as its tokenizer
    spells them.
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
    final: Pair | None = None
    if folds is not None:
        final = Pair(pair.references, folds, pair.candidate)
        pair = replace(pair, candidate=folds)
        scopes["folds"] = _scope(pair)
    positions = deciding_positions(len(rows), split.test, seen, policy, folds=folds is not None)
    deciding, test = [rows[p] for p in positions], pair.at(positions)
    priority = measure(deciding, test, policy, judged, look)
    changed = changes(deciding, test)
    guards: tuple[Guard, ...] = ()
    first_base: AgainstAnchor | None = None
    boosting: AgainstBoosting | None = None
    known = cache(
        partial(known_terms, rows, policy.view, boosted)
    )  # the published rule asks for none
    if published:
        verdict, reasons = published_verdict(priority, len(split.test), policy.decide)
    else:
        alpha = of_guards = alpha_of_guards(look, again=again)
        if anchor and anchor.clinical is None:  # one bound serves for both
            alpha = min(alpha, anchor.alpha)
        first = anchor.clinical if anchor else None
        systems = [one.texts for one in (test.candidate, test.comparison, first) if one]
        after, before, *anchored = both_beside_terms(deciding, systems, policy.view)
        guards = _guards(deciding, test, known(), general, policy, alpha, (before, after))
        if anchor:
            found, level = guards, alpha
            if first:
                against = replace(test, comparison=first)
                found = _guards(
                    deciding,
                    against,
                    known(),
                    anchor.general,
                    policy,
                    anchor.alpha,
                    (anchored[0], after),
                )
                level = anchor.alpha
            first_base = against_anchor(anchor, found, level)
        if accepted is not None:
            guards += (accepted.guard(policy, of_guards),)
        if final is not None:
            guards += (_final_guard(rows, final, split.test, seen, policy, of_guards),)
        unproven = first_base.unproven if first_base else ()
        verdict, reasons = verdict_of(priority, (*guards, *unproven), policy.decide)
        if first_base:
            reasons.append(first_base.sentence)
        if alternative:
            free = measure(
                deciding, replace(test, comparison=alternative.clinical), policy, judged, look
            )
            gained = priority.significant and keeps(priority.relative_drop or 0.0, policy.decide)
            boosting = against_boosting(alternative, free, gained=gained, folds=folds is not None)
            if gained or boosting.beaten:
                reasons.insert(1, boosting.sentence)
            if verdict == "keep" and not boosting.beaten:
                verdict = "grow"
        reasons.insert(1, changed.regressions(policy.priority_categories))
        reasons.insert(2, priority.views)
        if policy.split.group_by == "row":
            reasons.insert(0, _repeated(rows, split, every_row=folds is not None))
    transcribed = [test, general.pair] if general else [test]
    left_out = len(candidates) - len(positions)
    if left_out:
        reasons.append(
            f"{left_out} test rows did not decide: an ancestor of a model was trained on them."
        )
    return Decision(
        verdict=verdict,
        rule=policy.decide.rule,
        reasons=tuple(reason for reason in (*changed.critical_sentences, *reasons) if reason),
        next=NEXT["boosted" if boosting and boosting.is_judged else verdict],
        scopes=scopes,
        categories={
            category: _scope(pair.at([p for p in positions if rows[p].entity_category == category]))
            for category in dict.fromkeys(row.entity_category for row in rows)
        },
        priority=priority,
        changes=changed,
        guards=guards,
        left_out=left_out,
        against_anchor=first_base,
        against_boosting=boosting,
        invented=invented(transcribed, rows, boosted, known()) if boosted else None,
    )


def _guards(
    deciding: Sequence[ClinicalRow],
    test: Pair,
    known: KnownTerms,
    general: GuardSet | None,
    policy: Policy,
    alpha: float,
    beside: tuple[list[Rate], list[Rate]],
) -> tuple[Guard, ...]:
    """Check every guard on the deciding rows and on general speech, at a level.

    `beside` are the errors of both systems in the words beside the terms.
    """
    names = [normalize(row.term) for row in deciding]
    priority = set(policy.priority_positions(deciding))
    other = [n for n in range(len(deciding)) if n not in priority]
    guards = check_guards(test, names, other, known, general, policy.decide, alpha, beside)
    if len({deciding[n].voice_id for n in priority}) == 1:
        note = "The priority test rows are of one voice, and what suits it may suit no other."
        guards.append(unknown_guard("voices", "voice", alpha, f"{note} Add rows of other voices."))
    return tuple(guards)


def _final_guard(
    rows: Sequence[ClinicalRow],
    final: Pair,
    test: Sequence[int],
    seen: frozenset[int],
    policy: Policy,
    alpha: float,
) -> Guard:
    """Compare the final model with the fold models on priority rows that neither was trained on.

    These are the test side of its own split: its validation rows chose its checkpoint.
    """
    chosen = set(policy.priority_positions(rows)) - seen
    positions = [position for position in test if position in chosen]
    terms = [normalize(rows[position].term) for position in positions]
    rise = policy.decide.final_model_rise
    return final_model(final.at(positions), terms, rise, alpha)


def deciding_positions(
    rows: int, test: Sequence[int], seen: frozenset[int], policy: Policy, *, folds: bool
) -> tuple[int, ...]:
    """Return the positions that a verdict rests on; the published rule takes all, and knows no ancestors."""
    if policy.decide.rule == "published":
        return tuple(range(rows))
    return judged_positions(rows, test, seen, folds=folds)


def _scope(pair: Pair) -> Scope:
    return Scope(
        rows=len(pair.references),
        comparison=pair.comparison.summary,
        candidate=pair.candidate.summary,
    )


def _repeated(rows: Sequence[ClinicalRow], split: Split, *, every_row: bool) -> str:
    """Return the number of test rows that repeat a trained sentence; with folds, that of another row."""
    sentences = [canonical(row.text) for row in rows]
    spoken = Counter(sentences)
    trained = {sentences[p] for p in (*split.train, *split.validation)}
    test = range(len(rows)) if every_row else split.test
    repeated = sum(spoken[sentences[p]] > 1 if every_row else sentences[p] in trained for p in test)
    return (
        f"Divided by row, as published: {repeated} of {len(test)} test rows repeat a "
        "sentence that was trained."
    )
