"""The first screen of a report, for a clinical lead: counts of phrases, and the speech."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tasks.domain.manifest import Category
from tasks.domain.verdict.arms import Arm
from tasks.domain.verdict.audits import CriticalTokens
from tasks.domain.verdict.changes import MISSED, NAMES
from tasks.domain.verdict.decide import Decision
from tasks.domain.verdict.items import KINDS, Kind
from tasks.domain.verdict.noninferiority import Guard, State
from tasks.domain.verdict.sentence import figures, harm, misses_of, terms_of

WITHIN: dict[State, str] = {
    "broke": "Worse than",
    "open": "Not shown to be within",
    "held": "Within",
}
NO_CRITICAL = (
    "Not tested: terms beside a dose, number, negation or left/right word; no test phrase has one."
)


@dataclass(frozen=True)
class Tile:
    """One figure of the first screen, with what it means; `state` is that of a guard, or empty."""

    title: str
    figure: str
    notes: tuple[str, ...]
    state: State | Literal[""] = ""


@dataclass(frozen=True)
class Speech:
    """What the speech of a verdict is: test phrases, and what was in it.

    `spoken`: any phrase has a dose or another critical item. `random_words`: the general speech is that of
    the reference data. `listed`: the new system decodes with a list of preferred terms, `listed_before`: the
    present one with another. `arms` are the systems as that many `validation` phrases of the priority
    category show them. `unchecked` counts those of all `phrases` of the benchmark whose pronunciation
    nobody checked, `trained` the priority terms of test phrases that were trained in other ones; None where
    nothing was trained, or trained phrases decide.
    """

    rows: int
    critical: Mapping[str, CriticalTokens]
    spoken: bool = True
    random_words: bool = False
    listed: bool = False
    listed_before: bool = False
    arms: Sequence[Arm] = ()
    validation: int = 0
    unchecked: int = 0
    phrases: int = 0
    trained: int | None = None


def first_screen(decision: Decision, categories: Sequence[Category], tested: Speech) -> list[Tile]:
    """Return what changed in counts of phrases, and the speech that it was shown on."""
    return [
        _priority_tile(decision, categories, tested),
        _evidence_tile(decision, tested),
        _critical_tile(decision, tested),
        _speech_tile(decision, random_words=tested.random_words),
        _terms_tile(decision, tested.rows),
    ]


def _priority_tile(decision: Decision, categories: Sequence[Category], tested: Speech) -> Tile:
    priority, named = decision.priority, terms_of(categories)
    title = f"{named[0].upper()}{named[1:]} missed"
    if not priority.rows:
        return Tile(title, "none tested", ("Add phrases with them to the benchmark.",))
    before, after = misses_of(priority)
    sure = priority.ci95[0] if priority.ci95 else 0.0
    fewer = (
        f"; {1 - after / before:.0%} fewer, at least {sure:.0%} with 95% confidence"
        if sure > 0
        else ""
    )
    state: State = "broke" if after > before else "held" if priority.significant else "open"
    return Tile(
        title,
        f"{before} → {after} of {priority.rows}",
        (
            f"test phrases, {priority.terms} different terms{fewer}.",
            *_list_notes(decision, tested, named),
            *_trained_note(tested.trained, priority.terms),
        ),
        state,
    )


def _trained_note(trained: int | None, terms: int) -> Iterator[str]:
    """Count the terms of the test phrases that were trained in other ones."""
    if trained:
        share = "all" if trained == terms else f"{trained:,}"
        yield f"The new model was trained on {share} of these terms, in other phrases."
    elif trained == 0:
        yield "The new model was trained on none of these terms."


def _is_plain(arm: Arm, base_share: float | None) -> bool:
    """Return whether a system has this share of the base, and decodes without a list."""
    return arm.base_share == base_share and arm.decoding.boost_alpha is None


def _list_notes(decision: Decision, tested: Speech, named: str) -> Iterator[str]:
    """Name the list of preferred terms that the figure needs, and what each model does without or with it."""
    if not tested.listed:
        return
    boosting = decision.against_boosting
    if boosting and boosting.ker_boosted is not None:
        missed = round(boosting.ker_boosted * decision.priority.rows)
        listed = "has another" if tested.listed_before else "has none"
        yield (
            f"The new model has a list of preferred terms (phrase boosting), the present one {listed}: with "
            f"the new list it misses {missed}."
        )
    else:
        yield "The new model has a list of preferred terms (phrase boosting)."
    yield f"Not tested: {named} that are not in the list."
    new = next((one for one in tested.arms if one.chosen), None)
    if new is None or new.base_share is None:  # the present model with the list is what is judged
        return
    before, after = (
        next((one.priority_ker for one in tested.arms if _is_plain(one, share)), None)
        for share in (None, new.base_share)
    )
    if before is not None and after is not None:
        counts = [round(ker * tested.validation) for ker in (after, before)]
        yield (
            f"Without the list the new model misses {counts[0]} of {tested.validation} other phrases "
            f"(validation), the present one {counts[1]}."
        )


def _terms_tile(decision: Decision, rows: int) -> Tile:
    changed = decision.changes
    fixed, newly, still = (
        changed.rows(outcome) for outcome in ("fixed", "newly missed", "still missed")
    )
    invented = [
        (guard, " of ordinary speech" if guard.on_general_speech else "")
        for guard in decision.guards
        if guard.name.startswith("false_keywords") and figures(guard)
    ]
    return Tile(
        "Clinical terms missed, all kinds",
        f"{fixed + still} → {newly + still} of {rows}",
        (
            f"test phrases; {newly} of them newly missed.",
            *_worst_kind(decision),
            *(
                f"Terms written that nobody spoke: {figures(guard)}{where}."
                for guard, where in invented
            ),
        ),
        "open" if newly else "held",
    )


def _worst_kind(decision: Decision) -> Iterator[str]:
    """Count the misses of the category of which the new model misses the largest share, if it misses any."""
    missed: Counter[Category] = Counter()
    for outcome in MISSED:
        for term in decision.changes.terms(outcome):
            missed[term.entity_category] += term.rows
    rows = {category: decision.categories[category].rows for category in missed}
    if missed:
        worst = max(missed, key=lambda category: missed[category] / rows[category])
        yield f"The new model misses most in {terms_of([worst])}: {missed[worst]} of {rows[worst]}."


def _critical_tile(decision: Decision, tested: Speech) -> Tile:
    """Show the test phrases with a newly changed item, else how often items of general speech are wrong."""
    guards = [guard for guard in decision.guards if guard.name.startswith("critical_tokens")]
    general = [guard for guard in guards if guard.on_general_speech and figures(guard)]
    title, errors = _critical_title(tested), _errors(tested.critical)
    untested = not_spoken(tested.critical) if errors else []
    if not tested.spoken:
        if not general:
            return Tile(title, "not tested", (NO_CRITICAL,))
        (guard,) = general
        compared = f"{_rates(guard)}. {_allowed(guard)}"
        notes = ["in ordinary speech.", *errors, *_unspoken(guard, tested), compared, *untested]
        figure = f"{figures(guard)} wrong" if guard.counted else f"{_rates(guard)} wrong"
        return Tile(title, figure, (*notes, NO_CRITICAL), _color(guard))
    changed = decision.changes.critical
    notes = [
        *decision.changes.critical_sentences,
        *(f"Wrong in ordinary speech: {_rates(guard)}." for guard in general),
        *untested,
        *errors,
    ]
    figure = f"{len(changed) or 'none'} newly changed"
    return Tile(title, figure, tuple(notes), "broke" if changed else _worst(guards) or "held")


def _spoken(critical: Mapping[str, CriticalTokens]) -> list[Kind]:
    """Return the kinds of critical items that somebody spoke."""
    return [kind for kind in KINDS if kind in critical and critical[kind].words]


def _errors(critical: Mapping[str, CriticalTokens]) -> list[str]:
    """Count what each model left out, changed or invented, by kind; none where nobody spoke any."""
    counted = {f"{NAMES[kind]}s": critical[kind] for kind in _spoken(critical)}
    if not counted:
        return []
    every = counted.values()
    kinds = (
        f"{name} {one.lost_comparison} → {one.lost_candidate} of {one.words}"
        for name, one in counted.items()
    )
    lost = sum(one.lost_comparison for one in every), sum(one.lost_candidate for one in every)
    invented = (
        sum(one.inserted_comparison for one in every),
        sum(one.inserted_candidate for one in every),
    )
    return [
        f"Left out or changed: {', '.join(kinds)}; together {lost[0]} → {lost[1]}.",
        f"Invented: {invented[0]} → {invented[1]}. Both together: {lost[0] + invented[0]} → "
        f"{lost[1] + invented[1]}.",
    ]


def _unspoken(guard: Guard, tested: Speech) -> Iterator[str]:
    """Count what a guard adds to the items that were spoken: clips in which one was only invented."""
    words = sum(one.words for one in tested.critical.values())
    if guard.counted and guard.counted > words:
        clips = guard.counted - words
        yield f"The {guard.counted} are {words} spoken, and {clips} clips in which one was only invented."


def not_spoken(critical: Mapping[str, CriticalTokens]) -> list[str]:
    """Name the kinds of critical items that nobody spoke, in a sentence; none where all were."""
    spoken = _spoken(critical)
    unspoken = [f"{NAMES[kind]}s" for kind in KINDS if kind not in spoken]
    return [f"Not tested, as nobody spoke any: {', '.join(unspoken)}."] if unspoken else []


def _critical_title(tested: Speech) -> str:
    """Name the kinds of critical items that were spoken; all of them where that is not known."""
    spoken = [f"{NAMES[kind]}s" for kind in _spoken(tested.critical)]
    if tested.spoken or not spoken:
        return "Doses, numbers, negations, left/right words"
    return ", ".join(spoken).capitalize()


def _rates(guard: Guard) -> str:
    """Return the measured rates of a guard before and after."""
    return f"{guard.comparison or 0.0:.1%} → {guard.candidate or 0.0:.1%}"


def _allowed(guard: Guard) -> str:
    """Return how a rate compares with its limit, in a sentence."""
    rose = _color(guard) != guard.state
    within = "Worse, but within" if rose else WITHIN[guard.state]
    return f"{within} the limit of {guard.limit or 0.0:.1%}, which no clinician has set."


def _color(guard: Guard) -> State:
    """Return the state of a guard; a measured rise that is allowed is not shown as good."""
    rose = (guard.candidate or 0.0) > (guard.comparison or 0.0)
    return "open" if guard.state == "held" and rose else guard.state


def _worst(guards: Sequence[Guard]) -> State | Literal[""]:
    """Return the gravest state of some guards; empty without one."""
    return next((s for s in WITHIN if s in {guard.state for guard in guards}), "")


def _speech_tile(decision: Decision, *, random_words: bool) -> Tile:
    """Show the words that are wrong in general speech, and the state of the worst of its guards."""
    title = "Random words, for ordinary speech" if random_words else "Ordinary speech"
    guards = [guard for guard in decision.guards if guard.on_general_speech]
    if not guards:
        return Tile(title, "not tested", ("By the published rule no harm is tested for.",))
    measured = next((g for g in guards if g.name == "general_wer"), guards[0])
    state = _worst(guards) or "open"
    if measured.comparison is None or measured.limit is None:
        return Tile(title, "not measured", (measured.note,), "open")
    worst = next(guard for guard in guards if guard.state == state)
    notes = ("No sentences were tested.",) if random_words else ()
    notes = (*notes, _allowed(measured))
    if worst is not measured:
        notes = (*notes, f"{harm(worst.name)}: {figures(worst)}.")
    color = _color(measured) if state == "held" else state
    return Tile(title, f"{_rates(measured)} of words wrong", notes, color)


def _evidence_tile(decision: Decision, tested: Speech) -> Tile:
    people = "recorded" in decision.evidence
    figure = "people's speech" if people else "synthetic speech alone"
    unknown = "patients" if people else "people, patients among them"
    return Tile(
        "Tested on",
        figure,
        (
            f"{decision.evidence or 'voices that nobody named'}; {tested.rows} test phrases.",
            f"Not known: how it transcribes {unknown}.",
            *_unchecked_note(tested),
        ),
        "" if people else "open",
    )


def _unchecked_note(tested: Speech) -> Iterator[str]:
    """Count the phrases of the benchmark, trained ones too, whose pronunciation nobody checked."""
    if tested.unchecked == tested.phrases > 0:
        yield "Nobody checked how any of the terms is pronounced."
    elif tested.unchecked:
        yield (
            f"Nobody checked how the term is pronounced in {tested.unchecked} of all {tested.phrases} "
            "phrases, trained ones included."
        )
