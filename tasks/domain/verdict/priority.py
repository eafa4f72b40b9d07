"""The rows that decide: how KER moved on them, and whether that may be chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from tasks.domain.manifest import ClinicalRow, engine_of
from tasks.domain.policy import Policy
from tasks.domain.scoring.metrics import mean
from tasks.domain.scoring.normalize import normalize
from tasks.domain.verdict.comparison import Pair
from tasks.domain.verdict.statistics import (
    alpha_of_look,
    clusters,
    drop,
    drop_interval,
    holm,
    mid_p,
    sign_flip_p,
    voice_interval,
    voices_p,
)

Judged = Literal["test", "folds", "all"]
MIN_ENGINE_ROWS = 10  # judged priority rows of an engine that is looked at by itself
ENGINE_ALPHA = 0.1  # of each engine's drop, beside the tests over terms and voices


@dataclass(frozen=True)
class EngineDrop:
    """What moved on the rows of one speech engine; the p-value is that of an improvement, over terms.

    The drop is −1 where nothing was missed before and something is now.
    """

    engine: str
    rows: int
    relative_drop: float
    p_value: float

    @property
    def shown(self) -> bool:
        return self.relative_drop > 0 and self.p_value < ENGINE_ALPHA


@dataclass(frozen=True)
class Priority:
    """The rows that decide: tested, of a priority category. Undefined figures are None.

    `ci95` is the interval of the relative drop over terms and voices, the wider of both. `p_value` and
    `p_value_voices` are the p-values of an improvement over terms and over voices: mid-p of sign
    flips, of voices too few for them Student's t, None with one. Both are tested at `alpha`, the level of
    this `look` at these rows. `engines` are the speech engines by which ten or more of the
    rows were made, the least drop first. `worse_p_values` test each priority
    category for a loss, with Holm's adjustment. The KER is that of the view which decides; the
    published KER is beside it, with the misses that are another spelling alone.
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
    published_comparison: Annotated[float | None, Field(alias="published_ker_base")] = None
    published_candidate: Annotated[float | None, Field(alias="published_ker_candidate")] = None
    spelling_comparison: Annotated[int, Field(alias="spelling_alone_base")] = 0
    spelling_candidate: Annotated[int, Field(alias="spelling_alone_candidate")] = 0
    engines: tuple[EngineDrop, ...] = ()

    @property
    def significant(self) -> bool:
        tested = [p for p in (self.p_value, self.p_value_voices) if p is not None]
        return bool(tested) and max(tested) < self.alpha

    @property
    def not_shown(self) -> EngineDrop | None:
        """The engine with the least drop of those on whose rows none is shown, if there are several."""
        unproven = [one for one in self.engines if not one.shown]
        return unproven[0] if unproven and len(self.engines) > 1 else None

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
        moved += f" ({facts}; tested at {self.alpha:.2g}{look})"
        if len(self.engines) < 2:
            return moved
        least = self.engines[0]
        direction = "down" if least.relative_drop >= 0 else "up"
        return (
            f"{moved}, least with engine {least.engine}: {direction} {abs(least.relative_drop):.1%}"
        )

    @property
    def views(self) -> str:
        """How the published view differs from the one that decides; empty where it does not."""
        before, after = self.published_comparison, self.published_candidate
        same = (before, after) == (self.ker_comparison, self.ker_candidate)
        if before is None or after is None or same:
            return ""
        found = (
            f"By the published scoring the KER goes {before:.3f} → {after:.3f}: "
            f"{self.spelling_comparison} misses before and {self.spelling_candidate} after are another "
            "way of writing the term"
        )
        published = after < before
        if published == ((self.ker_candidate or 0.0) < (self.ker_comparison or 0.0)):
            return f"{found}."
        shown = "published" if published else "canonical"
        return f"{found}. The drop is seen by the {shown} scoring alone."


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
        ci95=wider(drop_interval(by_term), voice_interval(by_voice)),
        p_value=mid_p(by_term.fixed) if rows else None,
        p_value_voices=voices_p(by_voice, alpha_of_look(look)),
        look=look,
        alpha=alpha_of_look(look),
        worse_p_values=holm(worse),
        published_comparison=pair.comparison.published_ker,
        published_candidate=pair.candidate.published_ker,
        spelling_comparison=pair.comparison.spelling_alone,
        spelling_candidate=pair.candidate.spelling_alone,
        engines=_engine_drops(rows, before, after),
    )


def _engine_drops(
    rows: Sequence[ClinicalRow], before: Sequence[int], after: Sequence[int]
) -> tuple[EngineDrop, ...]:
    """Measure the rows of each engine; a voice without a colon names no engine."""
    members: dict[str, list[int]] = {}
    for n, row in enumerate(rows):
        if ":" in row.voice_id:
            members.setdefault(engine_of(row.voice_id), []).append(n)
    drops = []
    for engine, positions in members.items():
        first, then = ([missed[n] for n in positions] for missed in (before, after))
        if len(positions) >= MIN_ENGINE_ROWS and sum(first) + sum(then):
            fixed = clusters([normalize(rows[n].term) for n in positions], first, then).fixed
            moved = drop(sum(first), sum(then))
            p_value = mid_p(fixed)
            drops.append(
                EngineDrop(engine, len(positions), -1.0 if moved is None else moved, p_value)
            )
    return tuple(sorted(drops, key=lambda one: (one.relative_drop, one.engine)))


def wider(
    terms: tuple[float, float] | None, voices: tuple[float, float] | None
) -> tuple[float, float] | None:
    """Join the interval over terms and that over voices."""
    if terms is None or voices is None:
        return terms
    return min(terms[0], voices[0]), max(terms[1], voices[1])


def p_text(value: float) -> str:
    """Write a p-value.

    >>> p_text(0.0312), p_text(2e-99)
    ('p = 0.031', 'p < 0.001')
    """
    return f"p = {value:.3f}" if value >= 0.001 else "p < 0.001"
