"""The first sentence of a verdict: what to do and why, in words that a clinical lead knows.

It is the first reason of the verdict, so every output begins with it: terminal, report, state, ledger,
approval form, model card and tracker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tasks.domain.manifest import Category
from tasks.domain.policy import Policy
from tasks.domain.verdict.against import every_guard
from tasks.domain.verdict.changes import NAMES, ChangedRow
from tasks.domain.verdict.decide import Decision
from tasks.domain.verdict.evidence import NOT_SHOWN, SHOWN
from tasks.domain.verdict.items import KINDS
from tasks.domain.verdict.noninferiority import Guard
from tasks.domain.verdict.priority import Priority
from tasks.domain.verdict.rule import Verdict, lack_of
from tasks.domain.verdict.statistics import ALPHA

Answer = Literal["waiting", "yes", "no"] | None
TERMS: Mapping[str, str] = {
    "drug": "drug names",
    "procedure": "names of procedures",
    "anatomy": "anatomical terms",
    "condition": "names of conditions",
    "lab": "laboratory terms",
    "role": "clinical roles",
}
HARMS = {  # what a guard has to disprove, by its name without the set of rows
    "general_wer": "ordinary speech got worse",
    "clinical_wer": "the words beside the terms got worse",
    "other_terms": "more terms of other categories are missed",
    "false_keywords": "more terms are written that nobody spoke",
    "empty_or_unknown": "more transcripts are empty",
    "critical_tokens": "more doses, numbers, negations and left/right words are changed",
    "acceptance": "more terms are missed in the phrases of acceptance.jsonl",
    "final_model": "the final model misses more terms than the models that were tested for it",
    "voices": "other voices than the one tested are recognized worse",
}
FIRST_BASE = " against the first base"
PER = 1_000  # words or critical items that a rate is written of
NOT_DISPROVED = "it is not ruled out that"


@dataclass(frozen=True)
class Names:
    """What both systems are called: the candidate, and the one that it was compared with."""

    new: str
    other: str


TRAINED = Names("the new model", "the present one")
BOOSTED = Names("the present model with phrase boosting", "the present one without it")


def with_sentence(
    decision: Decision, policy: Policy, names: Names = TRAINED, answer: Answer = None
) -> Decision:
    """Put the first sentence before the reasons; `answer` is a person's, where the policy asks one."""
    sentence = first_sentence(decision, policy, names, answer)
    return replace(decision, reasons=(sentence, *decision.reasons))


def first_sentence(
    decision: Decision, policy: Policy, names: Names = TRAINED, answer: Answer = None
) -> str:
    """Return what to do with the candidate, the reason that decided and the speech it rests on."""
    reason, rest = _why(decision, policy, names)
    speech = _speech(decision)
    why = f"{reason}{f' ({speech})' if speech else ''}{f'; {rest}' if rest else ''}"
    judged = f"{to_do(decision.verdict, names)}: {why}."
    if decision.override:
        by_hand = f"Use {names.new}: a person decided so against the verdict, which is"
        return f"{by_hand}: {judged[0].lower()}{judged[1:]}"
    if answer == "no":
        return f"Do not use {names.new}: a person declined it. Its verdict: {why}."
    if answer == "waiting":
        return f"Use {names.new} once a person approves it: {why}."
    return judged


def to_do(verdict: Verdict, names: Names = TRAINED) -> str:
    """Return what a verdict asks for.

    >>> [to_do(verdict) for verdict in ("keep", "grow", "reject")]
    ['Use the new model', 'Not decided', 'Do not use the new model']
    """
    if verdict == "grow":
        return "Not decided"
    return f"{'Use' if verdict == 'keep' else 'Do not use'} {names.new}"


def _why(decision: Decision, policy: Policy, names: Names) -> tuple[str, str]:
    """Return the reason that decided, with its figures; then what to do where nothing is decided, or
    what is worse within its limit."""
    guards = every_guard(decision.guards, decision.against_anchor)
    subject = names.new if decision.verdict == "grow" else "it"
    misses = misses_text(decision.priority, policy.priority_categories, names, subject)
    reasons, rest = [misses], ""
    if decision.verdict == "grow":
        reason, rest = _not_yet(decision, policy, guards)
        reasons = [f"{misses}{reason}"]
    elif decision.verdict == "reject":
        broken = [guard for guard in guards if guard.state == "broke"]
        worse = [f"{harm(guard.name)}: {figures(guard)}" for guard in broken]
        reasons = [*_worse_categories(decision.priority), *worse, misses]
    elif decision.rule == "published":
        reasons += ["by the published rule, which counts trained phrases and tests for no harm"]
    else:
        reasons += _not_disproved(guards) or ["ordinary speech is no worse"]
        rest = _worse_within_limit(guards, names)
    return "; ".join([*reasons, *changed_items(decision.changes.critical)]), rest


def _not_yet(decision: Decision, policy: Policy, guards: Sequence[Guard]) -> tuple[str, str]:
    """Return what a verdict lacks, to follow the misses, and what to do about it."""
    priority, boosting = decision.priority, decision.against_boosting
    engine, unknown = priority.not_shown, _not_disproved(guards)
    if priority.ker_comparison is None:
        return "", "add such phrases"
    match lack_of(priority, policy.decide):
        case "nothing missed":
            return ", so nothing can improve", "make the benchmark harder"
        case "too little":
            needed = f"{policy.decide.keep_drop:.0%}"
            return f", and {needed} fewer are asked for", _to_add((), terms=True)
        case "chance":
            return ", which may be chance with so few terms or voices", _to_add(guards, terms=True)
        case "one engine" if engine:
            few = f"the {engine.rows} phrases of the speech engine {engine.engine}"
            return f", but {few} show no gain", _to_add(guards, terms=True)
    if boosting and not boosting.beaten:
        missed = round((boosting.ker_boosted or 0.0) * priority.rows)
        free = f", and with phrase boosting, which needs no training, {missed}"
        return free, "judge the boosted model"
    if unknown:
        return f", but {unknown[0]}", _to_add(guards, terms=False)
    return ", but not shown on people's speech", "add recordings of people"


def _to_add(guards: Sequence[Guard], *, terms: bool) -> str:
    """Return what would decide at the next look: clips of general speech, voices, terms."""
    opened = [guard for guard in guards if guard.state == "open"]
    speech = [guard for guard in opened if guard.on_general_speech]
    added = []
    if speech:
        more = max(((guard.needed or 0) - guard.units, guard.unit) for guard in speech)
        added.append(
            f"about {more[0]:,} {more[1]}s of general speech"
            if more[0] > 0
            else "general speech (general.jsonl)"
        )
    if any(guard.unit == "voice" and not guard.on_general_speech for guard in opened):
        added.append("phrases in other voices")
    if terms or any(guard.unit == "term" for guard in opened) or not added:
        added.append("the terms that growth_plan.csv names")
    return f"add {' and '.join(added)}"


def misses_of(priority: Priority) -> tuple[int, int]:
    """Return the phrases whose term was missed before, and now."""
    both = priority.ker_comparison or 0.0, priority.ker_candidate or 0.0
    return round(both[0] * priority.rows), round(both[1] * priority.rows)


def misses_text(
    priority: Priority,
    categories: Sequence[Category],
    names: Names = TRAINED,
    subject: str = "it",
) -> str:
    """Count the phrases whose priority term each system misses; `subject` is the candidate."""
    if not priority.rows:
        return f"no test phrase has {terms_of(categories)}"
    before, after = misses_of(priority)
    test = "" if priority.judged == "all" else "test "
    phrases = f"{priority.rows} {test}phrase{'' if priority.rows == 1 else 's'}"
    missed = f"{subject} misses {after}, {names.other} {before}"
    return f"of {phrases} with {terms_of(categories)} {missed}"


def terms_of(categories: Sequence[str]) -> str:
    """Name the terms of some categories.

    >>> terms_of(["drug"]), terms_of(["drug", "lab"])
    ('drug names', 'drug names and laboratory terms')
    """
    named = [TERMS[category] for category in categories]
    return " and ".join(part for part in (", ".join(named[:-1]), named[-1]) if part)


def harm(name: str) -> str:
    """Name the harm that a guard has to disprove.

    >>> harm("general_wer"), harm("empty_or_unknown_general")
    ('ordinary speech got worse', 'more transcripts are empty in ordinary speech')
    >>> harm("other_terms against the first base")
    'more terms of other categories are missed than with the first model'
    """
    kind = name.removesuffix(FIRST_BASE)
    where = " in ordinary speech" if kind.endswith("_general") else ""
    kind = kind.removesuffix("_general").removesuffix("_clinical")
    first = " than with the first model" if name.endswith(FIRST_BASE) else ""
    return f"{HARMS.get(kind, f'guard {kind} got worse')}{where}{first}"


def figures(guard: Guard) -> str:
    """Count a harm before and after, of words, critical items or phrases; empty where not measured."""
    if guard.comparison is None or guard.candidate is None:
        return ""
    kind = guard.name.removesuffix(FIRST_BASE)
    if kind.endswith("_wer"):
        counted, of = PER, f"wrong of {PER:,} words"
    elif kind.startswith("critical_tokens"):
        counted = guard.counted or PER
        of = f"of {counted:,}"
    else:
        counted = guard.rows
        of = f"of {counted:,} {'clips' if guard.on_general_speech else 'phrases'}"
    return f"{round(guard.comparison * counted)} → {round(guard.candidate * counted)} {of}"


def _worse_categories(priority: Priority) -> list[str]:
    """Name the priority categories that got worse, where there are several."""
    p_values = priority.worse_p_values
    worse = [category for category in TERMS if p_values.get(category, 1.0) < ALPHA]
    several = len(p_values) > 1
    return [f"more {terms_of(worse)} are missed"] if worse and several else []


def _not_disproved(guards: Sequence[Guard]) -> list[str]:
    """Name the harms of open guards in one clause; none where there is none."""
    named = list(dict.fromkeys(harm(guard.name) for guard in guards if guard.state == "open"))
    if not named:
        return []
    more = f", nor are {len(named) - 1} other harms" if len(named) > 2 else ""
    return [f"{NOT_DISPROVED} {named[0] if more else ' or '.join(named)}{more}"]


def _worse_within_limit(guards: Sequence[Guard], names: Names) -> str:
    """Count the critical items of ordinary speech that are wrong, where the new system has more of them."""
    items = next((guard for guard in guards if guard.name == "critical_tokens_general"), None)
    if items is None or items.state != "held":
        return ""
    counted = items.counted or PER
    before, after = (round((rate or 0.0) * counted) for rate in (items.comparison, items.candidate))
    if after <= before:
        return ""
    return (
        f"but of {counted:,} numbers, negations and left/right words in ordinary speech it gets {after} "
        f"wrong, {names.other} {before}, within the limit"
    )


def changed_items(rows: Sequence[ChangedRow]) -> list[str]:
    """Count the newly changed doses and other critical items in one clause; none where there is none."""
    counts = [(NAMES[kind], sum(bool(row.of(kind)) for row in rows)) for kind in KINDS]
    named = [
        f"a {name} in {count} phrase{'s' if count > 1 else ''}" for name, count in counts if count
    ]
    return [f"newly changed is {', '.join(named)}"] if named else []


def _speech(decision: Decision) -> str:
    """Name the speech that a verdict rests on."""
    evidence = decision.evidence
    if "recorded" not in evidence:
        return "synthetic speech alone" if evidence else ""
    if "synthetic" not in evidence:
        return "people's speech"
    for start, words in ((NOT_SHOWN, "not shown on"), (SHOWN, "shown on")):
        if any(reason.startswith(start) for reason in decision.reasons):
            return f"synthetic speech; {words} people's speech"
    return "synthetic speech and people's speech"
