"""Guards: harms that a better KER would hide. Each has to be disproved on rows not trained on.

A guard is *held* when an upper confidence bound on the rise lies within its limit, *broke* when the
rise is larger than allowed and significant, and *open* when neither is shown: the verdict is then
*grow*, and the guard says what would close it. The confidence is that of the look at these rows,
97.5 % for the first: of ten fine-tunes that each do harm, one would else pass by chance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from tasks.domain.policy import DecisionPolicy
from tasks.domain.scoring.metrics import summarize
from tasks.domain.scoring.normalize import normalize
from tasks.domain.verdict.comparison import GuardSet, Pair
from tasks.domain.verdict.critical import critical_errors, critical_words
from tasks.domain.verdict.keywords import Keywords
from tasks.domain.verdict.statistics import (
    ALPHA,
    alpha_of_look,
    clusters,
    excess,
    rate_bound,
    sign_flip_p,
)

UNKNOWN_PIECES = ("⁇", "<unk>")
State = Literal["held", "open", "broke"]
Harm = Callable[[str, str], int]  # reference, hypothesis: how often the row is harmed


@dataclass(frozen=True)
class Guard:
    """A harm that must be shown not to have happened.

    `comparison` and `candidate` are the measured rates, `upper` is the highest that the candidate's
    can be with this `confidence` (None where nothing can be said) and `limit` the highest that `upper`
    may be. `p_value` is that of a rise, one-sided. `units` are the independent `unit`s tested over.
    """

    name: str
    comparison: Annotated[float | None, Field(alias="base")]
    candidate: float | None
    limit: float | None
    upper: float | None
    state: State
    passed: bool
    rows: int
    unit: str
    units: int
    confidence: float
    p_value: float | None = None
    note: str = ""

    @property
    def sentence(self) -> str:
        note = f" {self.note}" if self.note else ""
        if self.comparison is None or self.candidate is None or self.limit is None:
            return f"Guard {self.name} is open.{note}"
        said = {"held": "held", "open": "is open", "broke": "broke"}[self.state]
        moved = f"Guard {self.name} {said}: {self.comparison:.3f} → {self.candidate:.3f}"
        if self.state == "broke":
            return f"{moved}, significantly (p = {self.p_value:.3f}).{note}"
        upper = "unknown" if self.upper is None else f"{self.upper:.3f}"
        sure = f"at most {upper} with {100 * self.confidence:.4g} % confidence"
        above = "above" if self.state == "open" else "within"
        return f"{moved}, {sure}, {above} its limit {self.limit:.3f}.{note}"


@dataclass(frozen=True)
class Judged:
    """Rows of one kind that nobody trained on, with the unit of each; `keys` runs beside the pair.

    `held_rise` is the rise that has to be disproved, where it is not the one that is allowed.
    """

    name: str
    unit: str
    pair: Pair
    keys: Sequence[Hashable]
    held_rise: float | None = None


def check_guards(
    test: Pair,
    keys: Sequence[str],
    other: Sequence[int],
    terms: Iterable[str],
    general: GuardSet | None,
    limits: DecisionPolicy,
    look: int = 1,
) -> list[Guard]:
    """Check every guard on the benchmark's test rows and on general speech, each for itself.

    `keys` names the term of each test row, `other` the positions of those outside the priority
    categories, `terms` every term of the benchmark, `look` is the number of this look at them.
    """
    alpha = alpha_of_look(look)
    known = Keywords.of(terms)
    sets = [Judged("clinical", "term", test, keys, limits.clinical_rise)]
    guards = [general_wer(general, limits.general_wer_rise, alpha)]
    guards += other_terms(test.at(other), [keys[n] for n in other], limits.other_term_rise, alpha)
    if general is not None:
        clips = range(len(general.keys))
        sets.append(Judged("general", "clip", general.pair, clips))

    def false_keyword(reference: str, hypothesis: str) -> int:
        return int(bool(known.found_in(hypothesis) - known.found_in(reference)))

    def empty(_: str, hypothesis: str) -> int:
        return int(empty_or_unknown(hypothesis))

    for judged in sets:
        guards.append(
            harm_guard("false_keywords", judged, false_keyword, limits.false_keyword_rise, alpha)
        )
        guards.append(
            harm_guard("empty_or_unknown", judged, empty, limits.empty_or_unknown_rise, alpha)
        )
        if limits.critical_tokens == "guard":
            guards += critical_guard(judged, limits.critical_token_rise, alpha)
    return guards


def general_wer(general: GuardSet | None, allowed: float, alpha: float = ALPHA) -> Guard:
    """Corpus WER of general speech: non-inferiority over voices, or over clips."""
    if general is None:
        note = "General speech was not measured: the workspace has no general.jsonl."
        return _unknown("general_wer", "clip", alpha, note)
    pair, unit = general.pair, general.unit
    both = [summarize(model.scores).wer_corpus for model in (pair.comparison, pair.candidate)]
    before, after = (
        model.scores.word_errors.tolist() for model in (pair.comparison, pair.candidate)
    )
    data = clusters(general.keys, before, after)
    words = int(pair.comparison.scores.words.sum())
    tested = excess(data.before, data.after, allowed, alpha)
    rows, units = len(before), len(data.rows)
    if both[0] is None or both[1] is None or tested is None:
        note = "It takes two clips or more to say anything."
        return _unknown("general_wer", unit, alpha, note, both[0], both[1])
    p_value = sign_flip_p(-data.fixed)
    limit = both[0] * (1.0 + allowed)
    state = _state(sum(after) > (1.0 + allowed) * sum(before), p_value, tested.bound < 0)
    note = ""
    if state == "open" and tested.clusters_needed is None:
        note = "The comparison model makes no error on it: make general.jsonl harder, or larger."
    elif state == "open":
        missing = max(units + 1, tested.clusters_needed or 0)
        note = (
            f"To show a rise below {allowed:.0%} takes about {missing} {unit}s; there are {units}."
        )
    return Guard(
        "general_wer",
        both[0],
        both[1],
        limit,
        limit + tested.bound * units / words,
        state,
        state == "held",
        rows,
        unit,
        units,
        1 - alpha,
        p_value,
        note,
    )


def other_terms(
    pair: Pair, keys: Sequence[str], allowed: float, alpha: float = ALPHA
) -> list[Guard]:
    """KER of clinical terms outside the priority categories; no guard where none was judged."""
    if not keys:
        return []
    return [
        _rate_guard(
            "other_terms",
            "term",
            keys,
            (pair.comparison.missed, pair.candidate.missed),
            [1] * len(keys),
            allowed,
            allowed,
            alpha,
        )
    ]


def acceptance(pair: Pair, keys: Sequence[str], held_rise: float, alpha: float = ALPHA) -> Guard:
    """Priority KER on clinical rows of another source: any significant rise breaks it."""
    both = (pair.comparison.missed, pair.candidate.missed)
    return _rate_guard("acceptance", "term", keys, both, [1] * len(keys), 0.0, held_rise, alpha)


def harm_guard(
    name: str, judged: Judged, harm: Harm, allowed: float, alpha: float = ALPHA
) -> Guard:
    """The share of rows that are harmed, in one set of rows."""
    references = judged.pair.references
    both = tuple(
        [harm(*row) for row in zip(references, model.texts, strict=True)]
        for model in (judged.pair.comparison, judged.pair.candidate)
    )
    name = f"{name}_{judged.name}"
    sizes = [1] * len(references)
    return _rate_guard(
        name, judged.unit, judged.keys, both, sizes, allowed, judged.held_rise, alpha
    )


def critical_guard(judged: Judged, allowed: float, alpha: float = ALPHA) -> list[Guard]:
    """The share of critical words that were deleted, inserted or changed; none where none was said."""
    references = judged.pair.references
    both = tuple(
        [sum(row.values()) for row in critical_errors(references, model.texts)]
        for model in (judged.pair.comparison, judged.pair.candidate)
    )
    sizes = [  # an insertion where no critical word was said counts as a word of its own
        len(critical_words(text)) or int(any(errors))
        for text, *errors in zip(references, *both, strict=True)
    ]
    if not sum(sizes):
        return []
    name = f"critical_tokens_{judged.name}"
    return [
        _rate_guard(name, judged.unit, judged.keys, both, sizes, allowed, judged.held_rise, alpha)
    ]


def _rate_guard(
    name: str,
    unit: str,
    keys: Sequence[Hashable],
    both: tuple[Sequence[int], ...],
    sizes: Sequence[int],
    allowed: float,
    held_rise: float | None,
    alpha: float,
) -> Guard:
    """Judge the rise of Σ errors / Σ sizes: broken above `allowed`, held within `held_rise`."""
    held_rise = allowed if held_rise is None else held_rise
    before, after = both
    total = sum(sizes)
    data = clusters(keys, before, after)
    sized = clusters(keys, sizes, sizes).before
    # a unit that nothing is counted over, and in which nothing happened, proves nothing
    real = (sized > 0) | (data.fixed != 0)
    if not total:
        note = "No row of the test side says anything about it."
        return _unknown(name, unit, alpha, note)
    comparison, candidate = sum(before) / total, sum(after) / total
    upper = rate_bound(-data.fixed[real], sized[real], alpha)
    p_value = sign_flip_p(-data.fixed)
    risen = sum(after) - sum(before) > allowed * total + 1e-9
    units = int(real.sum())
    needed = units_needed(held_rise, alpha)  # fewer prove nothing, whatever happened in them
    state = _state(risen, p_value, upper <= held_rise and units >= needed)
    note = ""
    if state == "open":
        note = (
            f"It takes {needed} {unit}s without harm to show a rise below {held_rise:.0%}; "
            f"there are {units}."
            if units < needed
            else f"Add {unit}s: the {units} leave it undecided."
        )
    return Guard(
        name,
        comparison,
        candidate,
        comparison + held_rise,
        comparison + upper,
        state,
        state == "held",
        len(keys),
        unit,
        units,
        1 - alpha,
        p_value,
        note,
    )


def _unknown(
    name: str,
    unit: str,
    alpha: float,
    note: str,
    comparison: float | None = None,
    candidate: float | None = None,
) -> Guard:
    """An open guard that nothing can be said of."""
    return Guard(
        name, comparison, candidate, None, None, "open", False, 0, unit, 0, 1 - alpha, note=note
    )


def _state(risen: bool, p_value: float, bounded: bool) -> State:
    if risen and p_value < ALPHA:
        return "broke"
    return "held" if bounded else "open"


def units_needed(rise: float, alpha: float = ALPHA) -> int:
    """Units in which nothing happened that show a rise below this, with 1 − alpha confidence.

    >>> units_needed(0.1), units_needed(0.01), units_needed(0.1, 0.025)
    (29, 299, 36)
    """
    return math.ceil(math.log(alpha) / math.log(1.0 - rise))


def empty_or_unknown(hypothesis: str) -> bool:
    """Tell whether a hypothesis is empty or holds the tokenizer's unknown piece.

    >>> [empty_or_unknown(text) for text in ("", " ⁇ ", "give <unk> now", "give it now")]
    [True, True, True, False]
    """
    return any(piece in hypothesis.lower() for piece in UNKNOWN_PIECES) or not normalize(hypothesis)
