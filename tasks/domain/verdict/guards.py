"""Guards: harms that a better KER would hide. Each has to be disproved on rows not trained on."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tasks.domain.policy import DecisionPolicy
from tasks.domain.scoring.metrics import Rate, summarize
from tasks.domain.scoring.normalize import normalize
from tasks.domain.verdict.comparison import GuardSet, Pair, Source
from tasks.domain.verdict.critical import Change, critical_changes, critical_items
from tasks.domain.verdict.items import CRITICAL_ITEM
from tasks.domain.verdict.keywords import KnownTerms
from tasks.domain.verdict.noninferiority import (
    GUARD_POWER,
    Guard,
    Harm,
    rate_guard,
    state_of,
    units_needed,
    unknown_guard,
)
from tasks.domain.verdict.statistics import (
    ALPHA,
    Clusters,
    alpha_of_more,
    clusters,
    clusters_needed,
    exact_rise,
    excess,
)

UNKNOWN_PIECES = ("⁇", "<unk>")
NOT_THERE: dict[Source, str] = {
    "general.jsonl": "the workspace has no general.jsonl",
    "replay": "before the verdict it is measured on clips of `replay` in flywheel.yaml, beyond those "
    "that train, and there are none",
}


@dataclass(frozen=True)
class Harms:
    """The harm by one system on each row, in row order.

    Whether it wrote a term that nobody spoke, whether its output is empty or unknown, and which critical
    items it changed. `spoken` counts the critical items of each reference.
    """

    invented: Sequence[int]
    empty: Sequence[int]
    changes: Sequence[Sequence[Change]]
    spoken: Sequence[int]

    @property
    def critical(self) -> list[int]:
        """The number of critical items that were changed."""
        return list(map(len, self.changes))


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
    alpha: float,
    beside: tuple[Sequence[Rate], Sequence[Rate]] | None = None,
    counted: tuple[Harms, Harms] | None = None,
) -> list[Guard]:
    """Check every guard on the benchmark's test rows and on general speech, each at a level.

    `keys` names the term of each test row, `other` the positions of those outside the priority
    categories, `known` every term of the benchmark and every boosted phrase. `beside` are both models'
    errors on the words beside the term of each test row, `counted` their harms there, where they are known.
    """
    sets = [Judged("clinical", "term", test, keys, limits.clinical_rise)]
    guards = [general_wer(general, limits.general_wer_rise, alpha)]
    if beside is not None:
        guards += clinical_wer(beside, keys, limits.clinical_wer_rise, alpha)
    guards += other_terms(test.at(other), [keys[n] for n in other], limits.other_term_rise, alpha)
    if general is not None and general.keys:
        clips = range(len(general.keys))
        sets.append(Judged("general", "clip", general.pair, clips))

    rises = limits.false_keyword_rise, limits.empty_or_unknown_rise
    for judged in sets:
        pair = judged.pair
        if counted is None or judged.name != "clinical":
            texts = [pair.comparison.texts, pair.candidate.texts]
            before, after = count_harms(pair.references, texts, known)
        else:
            before, after = counted
        invented = before.invented, after.invented
        guards += [
            still_hidden(harm_guard("false_keywords", judged, *invented, rises[0], alpha)),
            harm_guard("empty_or_unknown", judged, before.empty, after.empty, rises[1], alpha),
        ]
        if limits.critical_tokens == "guard":
            allowed, held_rise = limits.critical_token_rise, limits.clinical_rise
            guards += critical_guard(judged, before, after, allowed, held_rise, alpha)
    return guards


def count_harms(
    references: Sequence[str], systems: Sequence[Sequence[str]], known: KnownTerms
) -> list[Harms]:
    """Count the harms of several systems; the texts of each run beside the references."""
    spoken = [items.total() for items in critical_items(references)]
    terms = [known.found_in(reference) for reference in references]
    both = dict.fromkeys(row for texts in systems for row in zip(references, texts, strict=True))
    found = critical_changes([reference for reference, _ in both], [text for _, text in both])
    changes = dict(zip(both, found, strict=True))
    return [
        Harms(
            invented=[
                int(text != reference and bool(known.found_in(text) - expected))
                for reference, text, expected in zip(references, texts, terms, strict=True)
            ],
            empty=[int(empty_or_unknown(text)) for text in texts],
            changes=[changes[row] for row in zip(references, texts, strict=True)],
            spoken=spoken,
        )
        for texts in systems
    ]


def general_wer(general: GuardSet | None, allowed: float, alpha: float = ALPHA) -> Guard:
    """Corpus WER of general speech: non-inferiority over voices, or over clips that name none.

    Where nothing varies, Student's t would bound nothing, so the bound is at least the exact one on
    clips, of which each that is harmed has one error more.
    """
    name = "general_wer"
    if general is None or not general.keys:
        measured_on = general.source if general else "general.jsonl"
        note = f"General speech was not measured: {NOT_THERE[measured_on]}."
        return unknown_guard(name, "clip", alpha, note)
    pair, unit = general.pair, general.unit
    both = [summarize(model.scores).wer_corpus for model in (pair.comparison, pair.candidate)]
    before, after = (model.scores.word_errors for model in (pair.comparison, pair.candidate))
    data = clusters(general.keys, before.tolist(), after.tolist())
    rows, units = len(before), len(data.rows)
    words, total = int(pair.comparison.scores.words.sum()), int(before.sum())
    over = excess(-data.fixed, data.before, allowed, alpha)
    if both[0] is None or both[1] is None or over is None:
        note = (
            f"All clips of {general.source} are of one voice: add clips of others."
            if unit == "voice"
            else "At least two clips are needed."
        )
        return unknown_guard(name, unit, alpha, note, both[0], both[1])
    nets = (after - before).astype(np.int64)
    exact = exact_rise(nets, alpha, usual=1.0)
    bound = max(over.bound, (exact - allowed * total) / units)
    state = state_of(over, bound < 0)
    needed, note = None, ""
    if state == "open" and not total:
        note = (
            f"The comparison model makes no error on it: make {general.source} harder, or larger."
        )
    elif total:
        needed = _clips_needed(general, data, allowed, alpha)
        if state == "open":
            needed = max(needed, units + 1)
            note = (
                f"About {needed:,} {unit}s show a rise below {allowed:.0%} at the next look; there are "
                f"{units:,}."
            )
    limit = both[0] * (1.0 + allowed)
    return Guard(
        name=name,
        comparison=both[0],
        candidate=both[1],
        limit=limit,
        upper=limit + bound * units / words,
        state=state,
        passed=state == "held",
        rows=rows,
        unit=unit,
        units=units,
        confidence=1 - alpha,
        p_value=over.p_value,
        note=note,
        needed=needed,
    )


def _clips_needed(general: GuardSet, data: Clusters, allowed: float, alpha: float) -> int:
    """Return the clips or voices that hold general_wer at the next look, if the change is as measured."""
    units, clips = len(data.rows), len(general.keys)
    margin = allowed * float(data.before.mean())
    least = units_needed(min(0.99, margin * units / clips), alpha_of_more(alpha))
    seen = 1.0 if general.unit == "voice" else clips / (clips + least)
    left = max(margin / 2, margin + min(0.0, float(data.fixed.mean())) * seen)
    variance = float((-data.fixed - allowed * data.before).var(ddof=1))
    by_t = clusters_needed(variance, left, alpha_of_more(alpha), GUARD_POWER) or 0
    return by_t if general.unit == "voice" else max(by_t, least)


def clinical_wer(
    beside: tuple[Sequence[Rate], Sequence[Rate]],
    keys: Sequence[str],
    allowed: float,
    alpha: float = ALPHA,
) -> list[Guard]:
    """WER of the words beside the terms of clinical rows; no guard where rows are terms alone.

    A row that is harmed has one error more.
    """
    before, after = ([rate.errors for rate in rates] for rates in beside)
    words = [rate.total for rate in beside[0]]
    if not sum(words):
        return []
    return [
        rate_guard(
            Harm("clinical_wer", "term", keys, before, after, words, allowed, usual=1), alpha
        )
    ]


def other_terms(
    pair: Pair, keys: Sequence[str], allowed: float, alpha: float = ALPHA
) -> list[Guard]:
    """KER of clinical terms outside the priority categories; no guard where none was judged."""
    return [_missed("other_terms", pair, keys, allowed, None, alpha)] if keys else []


def final_model(folds: Pair, keys: Sequence[str], allowed: float, alpha: float = ALPHA) -> Guard:
    """Priority KER of the final model against that of the fold models that were judged in its place.

    On the rows that it was not trained on either. `folds` has the fold models' hypotheses as those of
    the comparison model.
    """
    return _missed("final_model", folds, keys, allowed, None, alpha)


def acceptance(pair: Pair, keys: Sequence[str], held_rise: float, alpha: float = ALPHA) -> Guard:
    """Priority KER on clinical rows of another source: any significant rise breaks it."""
    return _missed("acceptance", pair, keys, 0.0, held_rise, alpha)


def _missed(
    name: str, pair: Pair, keys: Sequence[str], allowed: float, held: float | None, alpha: float
) -> Guard:
    """Judge the rise of KER over terms."""
    before, after = pair.comparison.missed, pair.candidate.missed
    harm = Harm(name, "term", keys, before, after, [1] * len(keys), allowed, held)
    return rate_guard(harm, alpha)


def harm_guard(
    name: str,
    judged: Judged,
    before: Sequence[int],
    after: Sequence[int],
    allowed: float,
    alpha: float = ALPHA,
) -> Guard:
    """The share of rows that are harmed, in one set of rows."""
    name, sizes = f"{name}_{judged.name}", [1] * len(before)
    harm = Harm(name, judged.unit, judged.keys, before, after, sizes, allowed, judged.held_rise)
    return rate_guard(harm, alpha)


def still_hidden(guard: Guard) -> Guard:
    """Add how many more terms than before may be invented, as far as the bound shows; none where it is
    proven that fewer are."""
    rise = (guard.upper or 0.0) - (guard.comparison or 0.0)
    if guard.state == "broke" or guard.upper is None or rise <= 0:
        return guard
    hidden = f"At most 1 invented term in {math.floor(1.0 / rise):,} rows can still hide."
    return replace(guard, note=f"{guard.note} {hidden}".strip())


def critical_guard(
    judged: Judged,
    before: Harms,
    after: Harms,
    allowed: float,
    held_rise: float,
    alpha: float = ALPHA,
) -> list[Guard]:
    """The share of critical items that were left out, inserted or changed; no guard without any.

    A dose is one item. An insertion into a row that has no item counts as an item of its own. Few rows
    have an item, of general speech too: `held_rise` has to be disproved on both sets.
    """
    errors = before.critical, after.critical
    sizes = [
        spoken or int(any(changed)) for spoken, *changed in zip(before.spoken, *errors, strict=True)
    ]
    if not sum(sizes):
        return []
    harm = Harm(
        f"critical_tokens_{judged.name}", judged.unit, judged.keys, *errors, sizes, allowed,
        held_rise, counted=f" with {CRITICAL_ITEM}",
    )  # fmt: skip
    return [rate_guard(harm, alpha)]


def empty_or_unknown(hypothesis: str) -> bool:
    """Return whether a hypothesis is empty or holds the tokenizer's unknown piece.

    >>> [empty_or_unknown(text) for text in ("", " ⁇ ", "give <unk> now", "give it now")]
    [True, True, True, False]
    """
    return any(piece in hypothesis.lower() for piece in UNKNOWN_PIECES) or not normalize(hypothesis)
