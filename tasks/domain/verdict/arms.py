"""Arms: systems that could be the candidate, compared on rows that do not decide.

A boosting is chosen on the rows that train, as nothing was trained on them yet. Systems of a
fine-tune are compared on validation rows: the one that was expected to win is judged, unless another
leads it by a standard error. No function here is given a test row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tasks.domain.decoding import DecodingConfig
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.scoring.canonical import View
from tasks.domain.scoring.metrics import mean, summarize
from tasks.domain.scoring.normalize import normalize
from tasks.domain.split import Split
from tasks.domain.verdict.comparison import (
    Pair,
    ScoredHypotheses,
    guard_set,
    score_clinical,
    score_general,
)
from tasks.domain.verdict.decide import Decision, decide
from tasks.domain.verdict.guards import NOT_THERE
from tasks.domain.verdict.keywords import KnownTerms, known_terms
from tasks.domain.verdict.statistics import clusters

LEVEL = (
    1 - 1e-9
)  # three terms fixed and one broken lead by just a standard error: rounding decides nothing


@dataclass(frozen=True)
class Arm:
    """The figures of one system on rows that do not decide; undefined ones are None.

    `base_share` is the share of the base in a fine-tune's averaged weights, None for the comparison
    model. `false_keywords` counts rows with a benchmark term, or a boosted phrase, that nobody spoke. The
    test figures are decoded after the verdict, and describe only.
    """

    name: str
    base_share: float | None
    decoding: DecodingConfig
    rows: int
    priority_ker: float | None
    ker: float | None
    false_keywords: int
    general_clips: int
    general_wer: float | None
    chosen: bool = False
    test_priority_ker: float | None = None
    test_rows: int = 0


@dataclass(frozen=True)
class Arms:
    """Systems that were compared, the rows that it was on, and what came of it."""

    arms: Sequence[Arm]
    measured_on: str
    reasons: Sequence[str]


@dataclass(frozen=True)
class ArmRows:
    """Rows that arms are compared on: clinical ones, and general clips that are no guard's.

    `name` is which the clinical ones are, `view` how they are scored, `boosted` the phrases that one of
    the systems boosts.
    """

    rows: Sequence[ClinicalRow]
    general: Sequence[str] = ()
    voices: Sequence[str | None] = ()
    name: str = "validation rows"
    view: View = "canonical"
    boosted: Sequence[str] = ()

    @cached_property
    def known(self) -> KnownTerms:
        """The terms of the rows and the boosted phrases, which nobody may invent."""
        return known_terms(self.rows, self.view, self.boosted)

    def scored(
        self,
        name: str,
        base_share: float | None,
        decoding: DecodingConfig,
        texts: Sequence[str],
        general: Sequence[str],
    ) -> Transcribed:
        """Score what one system transcribed of these rows."""
        return Transcribed(
            name,
            base_share,
            decoding,
            score_clinical(self.rows, texts, self.view),
            score_general(self.general, general, self.view),
        )


@dataclass(frozen=True)
class Transcribed:
    """The scored transcripts of one system, of the rows that arms are compared on."""

    name: str
    base_share: float | None
    decoding: DecodingConfig
    clinical: ScoredHypotheses
    general: ScoredHypotheses


def arm(given: ArmRows, system: Transcribed, policy: Policy, *, chosen: bool = False) -> Arm:
    """Return the figures of one system."""
    priority = policy.priority_positions(given.rows)
    missed = system.clinical.missed
    return Arm(
        name=system.name,
        base_share=system.base_share,
        decoding=system.decoding,
        rows=len(given.rows),
        priority_ker=mean([missed[p] for p in priority]),
        ker=mean(system.clinical.missed),
        false_keywords=_false_keywords(given, system),
        general_clips=len(given.general),
        general_wer=summarize(system.general.scores).wer_corpus if given.general else None,
        chosen=chosen,
    )


def _false_keywords(given: ArmRows, system: Transcribed) -> int:
    """Rows, general clips included, with a benchmark term or a boosted phrase that nobody spoke."""
    references = [*(row.text for row in given.rows), *given.general]
    hypotheses = [*system.clinical.texts, *system.general.texts]
    return sum(
        text != reference and bool(given.known.found_in(text) - given.known.found_in(reference))
        for reference, text in zip(references, hypotheses, strict=True)
    )


def choose_boosting(
    given: ArmRows, before: Transcribed, boosted: Sequence[Transcribed], policy: Policy
) -> Transcribed | None:
    """The boosting that misses fewest priority terms, among those that cost no more than guards allow.

    The measured general WER and share of false keywords are compared with the limits; that harm is
    disproved is left to the verdict. None where no boosting misses fewer than `before`.
    """
    limits = policy.decide
    base = arm(given, before, policy)
    clips = len(given.rows) + len(given.general)
    allowed = base.false_keywords + limits.false_keyword_rise * clips
    best, least = None, base.priority_ker
    for system in boosted:
        found = arm(given, system, policy)
        if found.priority_ker is None or least is None or found.priority_ker >= least:
            continue
        worse = (
            found.general_wer is not None
            and base.general_wer is not None
            and found.general_wer > base.general_wer * (1 + limits.general_wer_rise)
        )
        if not worse and found.false_keywords <= allowed:
            best, least = system, found.priority_ker
    return best


def judge_arm(given: ArmRows, before: Transcribed, after: Transcribed, policy: Policy) -> Decision:
    """Judge one system against another by the rule of the verdict, on these rows alone."""
    references = [row.text for row in given.rows]
    pair = Pair(references, before.clinical, after.clinical)
    general = Pair(given.general, before.general, after.general)
    decision = decide(
        given.rows,
        Split(train=(), test=tuple(range(len(given.rows)))),
        pair,
        guard_set(general, given.voices, "replay"),
        policy,
        boosted=given.boosted,
    )
    return replace(
        decision, reasons=tuple(_of_these(reason, given.name) for reason in decision.reasons)
    )


def cannot_stop(given: ArmRows, policy: Policy) -> str:
    """Return why no boosting can be stopped at, whatever it gives; empty where one can."""
    if given.general or policy.decide.open_guard == "keep":
        return ""
    return f"boost: stop cannot stop here. General speech: {NOT_THERE['replay']}."


def _of_these(reason: str, name: str) -> str:
    """Let a reason speak of the rows that arms are compared on, which are no test rows."""
    reason = reason.replace("Test priority KER", f"Priority KER of {name}")
    return reason.replace("test rows", name).replace("No test row", f"None of the {name}")


def choose_arm(
    given: ArmRows, expected: Transcribed, others: Sequence[Transcribed], policy: Policy
) -> tuple[Transcribed, list[str]]:
    """The system that is judged, and why.

    Rows that do not decide owe nothing for looking at several systems: the one of lowest priority KER,
    among those that do no more harm than the expected one, is judged where it leads the expected one by
    a standard error of their difference over terms. Else the expected one is. A system with less of the
    base than the expected one is shown alone: the general clips here are like those that fine-tunes
    replay, on which it is not seen what it forgets.
    """
    sentence = f"{expected.name} was expected to win and is judged"
    if not others:
        return expected, [f"{sentence}."]
    others = [one for one in others if not _has_less_of_the_base(one, expected)]
    if not others:
        return expected, [f"{sentence}; a system with less of the base is shown alone."]
    rows = f"{len(given.rows)} validation rows"
    harmless = [one for one in others if _harmless(judge_arm(given, expected, one, policy))]
    priority = policy.priority_positions(given.rows)
    terms = {normalize(given.rows[n].term) for n in priority}
    if not harmless or len(terms) < 2:
        why = (
            "show harm of every other system" if len(terms) > 1 else "are of no two priority terms"
        )
        return expected, [f"{sentence}: {rows} {why}."]
    best = min(harmless, key=lambda one: sum(one.clinical.at(priority).missed))
    lead, error = _lead(given, expected, best, priority)
    before, after = (mean(one.clinical.at(priority).missed) or 0.0 for one in (expected, best))
    moved = (
        f"priority KER {before:.3f} → {after:.3f} on {len(priority)} rows, a lead of {lead:.3f} with a "
        f"standard error of {error:.3f}"
    )
    if lead <= 0 or lead < error * LEVEL:
        return expected, [f"{sentence}: the best other, {best.name}, has {moved}."]
    return best, [
        f"{best.name} is judged, not {expected.name} as expected: on validation rows {moved}."
    ]


def _has_less_of_the_base(one: Transcribed, expected: Transcribed) -> bool:
    if one.base_share is None or expected.base_share is None:
        return False
    return one.base_share < expected.base_share


def _harmless(decision: Decision) -> bool:
    """Whether no harm was measured on general clips, and on clinical rows none beyond its margin.

    General clips here are like those that fine-tunes replay, so a rise that is small on them is larger
    on the guard set. That harm is disproved is left to the verdict.
    """
    return all(
        guard.candidate <= (guard.comparison if guard.on_general_speech else guard.limit)
        for guard in decision.guards
        if guard.candidate is not None and guard.limit is not None and guard.comparison is not None
    )


def _lead(
    given: ArmRows, expected: Transcribed, other: Transcribed, positions: Sequence[int]
) -> tuple[float, float]:
    """The lead of another system in KER, and its standard error over terms."""
    terms = [normalize(given.rows[n].term) for n in positions]
    before, after = (one.clinical.at(positions).missed for one in (expected, other))
    data = clusters(terms, before, after)
    lead, count = float(data.fixed.sum() / len(positions)), len(data.rows)
    squares = float(((data.fixed - lead * data.rows) ** 2).sum())
    return lead, math.sqrt(count / (count - 1) * squares) / len(positions)


def described(one: Arm, rows: Sequence[ClinicalRow], texts: Sequence[str], policy: Policy) -> Arm:
    """Add the figures of test rows, decoded after the verdict, to an arm."""
    missed = score_clinical(rows, texts, policy.view).missed
    priority = policy.priority_positions(rows)
    return replace(
        one,
        test_priority_ker=mean([missed[p] for p in priority]),
        test_rows=len(rows),
    )
