"""Guards: harms that a better KER would hide. Each compares both models on rows not trained on."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated

from pydantic import Field

from tasks.domain.policy import DecisionPolicy
from tasks.domain.scoring.metrics import summarize
from tasks.domain.scoring.normalize import normalize
from tasks.domain.verdict.comparison import Pair
from tasks.domain.verdict.critical import critical_errors, critical_words
from tasks.domain.verdict.statistics import ALPHA, clusters, rise, sign_flip_p

UNKNOWN_PIECES = ("⁇", "<unk>")


@dataclass(frozen=True)
class Guard:
    """A harm that must not happen; `limit` is the highest candidate figure that passes.

    A figure above its limit breaks the guard when the rise is significant too: `p_value` is
    one-sided, None where nothing varies. `note` says what the guard cannot see.
    """

    name: str
    comparison: Annotated[float, Field(alias="base")]
    candidate: float
    limit: float
    passed: bool
    rows: int
    p_value: float | None = None
    note: str = ""

    @property
    def sentence(self) -> str:
        moved = f"{self.comparison:.3f} → {self.candidate:.3f}, limit {self.limit:.3f}"
        above = self.passed and self.candidate > self.limit
        doubt = f", above it but not significantly (p = {self.p_value:.3f})" if above else ""
        note = f" {self.note}" if self.note else ""
        state = "held" if self.passed else "broke"
        return f"Guard {self.name} {state}: {moved}{doubt}.{note}"


def check_guards(
    held_out: Pair,
    keys: Sequence[str],
    terms: Iterable[str],
    general: Pair | None,
    limits: DecisionPolicy,
) -> list[Guard]:
    """Check every guard on held-out benchmark rows and general speech.

    `keys` names the term of each held-out row, `terms` every term of the benchmark.
    """
    texts, clusters_of = joined(held_out, general), [*keys]
    if general is not None:
        clusters_of += [f"clip {number}" for number in range(len(general.references))]
    known = frozenset(normalize(term) for term in terms)
    guards = [] if general is None else general_wer(general, limits.general_wer_rise)
    guards += harm_guard(
        "false_keywords",
        texts,
        clusters_of,
        lambda reference, hypothesis: int(
            bool(keywords(hypothesis, known) - keywords(reference, known))
        ),
        limits.false_keyword_rise,
    )
    guards += harm_guard(
        "empty_or_unknown",
        texts,
        clusters_of,
        lambda _, hypothesis: int(empty_or_unknown(hypothesis)),
        limits.empty_or_unknown_rise,
    )
    if limits.critical_tokens == "guard":
        guards += critical_guard(texts, clusters_of, limits.critical_token_rise)
    return guards


Texts = tuple[Sequence[str], Sequence[str], Sequence[str]]


def joined(held_out: Pair, general: Pair | None) -> Texts:
    """References, comparison and candidate hypotheses of all rows that nobody trained on."""
    pairs = [held_out] if general is None else [held_out, general]
    return (
        [text for one in pairs for text in one.references],
        [text for one in pairs for text in one.comparison.texts],
        [text for one in pairs for text in one.candidate.texts],
    )


def general_wer(general: Pair, allowed: float) -> list[Guard]:
    """Corpus WER of general speech; its rise is tested by a paired bootstrap over clips."""
    comparison = summarize(general.comparison.scores).wer_corpus
    candidate = summarize(general.candidate.scores).wer_corpus
    if comparison is None or candidate is None:
        return []
    clips = len(general.references)
    before, after = (
        [score.words.errors for score in model.scores]
        for model in (general.comparison, general.candidate)
    )
    tested = rise(clusters(range(clips), before, after))
    limit = comparison * (1.0 + allowed)
    broken = candidate > limit and (tested is None or tested.p_value < ALPHA)
    note = ""
    if tested and tested.minimum_detectable > allowed and not broken:
        note = (
            f"{clips} clips show a rise of {tested.minimum_detectable:.0%} or more 80 times in 100, "
            f"not one of {allowed:.0%}: add clips."
        )
    p_value = tested.p_value if tested else None
    return [Guard("general_wer", comparison, candidate, limit, not broken, clips, p_value, note)]


def harm_guard(
    name: str,
    texts: Texts,
    keys: Sequence[Hashable],
    harmed: Callable[[str, str], int],
    allowed: float,
) -> list[Guard]:
    """The share of rows that `harmed(reference, hypothesis)`; tested by sign flips over terms."""
    references, *both = texts
    if not references:
        return []
    before, after = (
        [harmed(*row) for row in zip(references, hypotheses, strict=True)] for hypotheses in both
    )
    return [_guard(name, before, after, keys, len(references), allowed)]


def critical_guard(texts: Texts, keys: Sequence[Hashable], allowed: float) -> list[Guard]:
    """The share of critical reference words that were deleted or substituted."""
    references, *both = texts
    total = sum(len(critical_words(text)) for text in references)
    if not total:
        return []
    before, after = (
        [sum(row.values()) for row in critical_errors(references, hypotheses)]
        for hypotheses in both
    )
    return [_guard("critical_tokens", before, after, keys, total, allowed)]


def _guard(
    name: str,
    before: Sequence[int],
    after: Sequence[int],
    keys: Sequence[Hashable],
    total: int,
    allowed: float,
) -> Guard:
    comparison, candidate = sum(before) / total, sum(after) / total
    p_value = sign_flip_p(clusters(keys, after, before).fixed)
    limit = comparison + allowed
    return Guard(
        name,
        comparison,
        candidate,
        limit,
        candidate <= limit or p_value >= ALPHA,
        len(keys),
        p_value,
    )


def keywords(text: str, terms: frozenset[str]) -> frozenset[str]:
    """The benchmark terms (normalized) that stand in a text.

    >>> sorted(keywords("Start Mitral valve repair", frozenset({"mitral valve", "valve", "lung"})))
    ['mitral valve', 'valve']
    """
    words = normalize(text).split()
    return frozenset(
        gram
        for length in _lengths(terms)
        for start in range(len(words) - length + 1)
        if (gram := " ".join(words[start : start + length])) in terms
    )


@cache
def _lengths(terms: frozenset[str]) -> tuple[int, ...]:
    return tuple(sorted({len(term.split()) for term in terms}))


def empty_or_unknown(hypothesis: str) -> bool:
    """Tell whether a hypothesis is empty or holds the tokenizer's unknown piece.

    >>> [empty_or_unknown(text) for text in ("", " ⁇ ", "give <unk> now", "give it now")]
    [True, True, True, False]
    """
    return any(piece in hypothesis.lower() for piece in UNKNOWN_PIECES) or not normalize(hypothesis)
