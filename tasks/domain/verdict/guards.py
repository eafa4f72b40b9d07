"""Guards: harms that a better KER would hide. Each has to be disproved on rows not trained on."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from tasks.domain.policy import DecisionPolicy
from tasks.domain.scoring.metrics import summarize
from tasks.domain.scoring.normalize import normalize
from tasks.domain.verdict.comparison import GuardSet, Pair, Source
from tasks.domain.verdict.critical import critical_changes, critical_items
from tasks.domain.verdict.items import CRITICAL_ITEM
from tasks.domain.verdict.keywords import KnownTerms
from tasks.domain.verdict.noninferiority import Guard, rate_guard, state_of, unknown_guard
from tasks.domain.verdict.statistics import ALPHA, alpha_of_look, clusters, excess, sign_flip_p

UNKNOWN_PIECES = ("⁇", "<unk>")
NOT_THERE: dict[Source, str] = {
    "general.jsonl": "the workspace has no general.jsonl",
    "replay": "before the verdict it is measured on clips of `replay` in flywheel.yaml, beyond those "
    "that train, and there are none",
}
Harm = Callable[[str, str], int]  # reference, hypothesis: how often the row is harmed


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
    known: KnownTerms,
    general: GuardSet | None,
    limits: DecisionPolicy,
    look: int = 1,
    *,
    alpha: float | None = None,
) -> list[Guard]:
    """Check every guard on the benchmark's test rows and on general speech, each for itself.

    `keys` names the term of each test row, `other` the positions of those outside the priority
    categories, `known` every term of the benchmark, `look` is the number of this look at them,
    which has its level unless `alpha` is another.
    """
    alpha = alpha_of_look(look) if alpha is None else alpha
    sets = [Judged("clinical", "term", test, keys, limits.clinical_rise)]
    guards = [general_wer(general, limits.general_wer_rise, alpha)]
    guards += other_terms(test.at(other), [keys[n] for n in other], limits.other_term_rise, alpha)
    if general is not None and general.keys:
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
            allowed, held_rise = limits.critical_token_rise, limits.clinical_rise
            guards += critical_guard(judged, allowed, held_rise, alpha)
    return guards


def general_wer(general: GuardSet | None, allowed: float, alpha: float = ALPHA) -> Guard:
    """Corpus WER of general speech: non-inferiority over voices, or over clips."""
    if general is None or not general.keys:
        measured_on = general.source if general else "general.jsonl"
        note = f"General speech was not measured: {NOT_THERE[measured_on]}."
        return unknown_guard("general_wer", "clip", alpha, note)
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
        return unknown_guard("general_wer", unit, alpha, note, both[0], both[1])
    p_value = sign_flip_p(-data.fixed)
    limit = both[0] * (1.0 + allowed)
    state = state_of(sum(after) > (1.0 + allowed) * sum(before), p_value, tested.bound < 0)
    note = ""
    if state == "open" and tested.clusters_needed is None:
        note = (
            f"The comparison model makes no error on it: make {general.source} harder, or larger."
        )
    elif state == "open":
        missing = max(units + 1, tested.clusters_needed or 0)
        note = (
            f"To show a rise below {allowed:.0%} takes about {missing} {unit}s; there are {units}."
        )
    return Guard(
        name="general_wer",
        comparison=both[0],
        candidate=both[1],
        limit=limit,
        upper=limit + tested.bound * units / words,
        state=state,
        passed=state == "held",
        rows=rows,
        unit=unit,
        units=units,
        confidence=1 - alpha,
        p_value=p_value,
        note=note,
    )


def other_terms(
    pair: Pair, keys: Sequence[str], allowed: float, alpha: float = ALPHA
) -> list[Guard]:
    """KER of clinical terms outside the priority categories; no guard where none was judged."""
    if not keys:
        return []
    return [
        rate_guard(
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
    return rate_guard("acceptance", "term", keys, both, [1] * len(keys), 0.0, held_rise, alpha)


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
    return rate_guard(name, judged.unit, judged.keys, both, sizes, allowed, judged.held_rise, alpha)


def critical_guard(
    judged: Judged, allowed: float, held_rise: float, alpha: float = ALPHA
) -> list[Guard]:
    """The share of critical items that were left out, inserted or changed; no guard without any.

    A dose is one item. An insertion into a row that has no item counts as an item of its own. Few rows
    have an item, of general speech too: `held_rise` has to be disproved on both sets.
    """
    references = judged.pair.references
    both = tuple(
        [len(changes) for changes in critical_changes(references, model.texts)]
        for model in (judged.pair.comparison, judged.pair.candidate)
    )
    sizes = [
        items.total() or int(any(errors))
        for items, *errors in zip(critical_items(references), *both, strict=True)
    ]
    if not sum(sizes):
        return []
    name = f"critical_tokens_{judged.name}"
    return [
        rate_guard(
            name, judged.unit, judged.keys, both, sizes, allowed, held_rise, alpha,
            counted=f" with {CRITICAL_ITEM}",
        )
    ]  # fmt: skip


def empty_or_unknown(hypothesis: str) -> bool:
    """Tell whether a hypothesis is empty or holds the tokenizer's unknown piece.

    >>> [empty_or_unknown(text) for text in ("", " ⁇ ", "give <unk> now", "give it now")]
    [True, True, True, False]
    """
    return any(piece in hypothesis.lower() for piece in UNKNOWN_PIECES) or not normalize(hypothesis)
