"""The rows that decide: how KER moved on them, and whether that may be chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.scoring.metrics import mean
from tasks.domain.scoring.normalize import normalize
from tasks.domain.verdict.comparison import MIN_VOICES, Pair
from tasks.domain.verdict.statistics import (
    alpha_of_look,
    clusters,
    drop,
    drop_interval,
    holm,
    mid_p,
    sign_flip_p,
)

Judged = Literal["test", "folds", "all"]


@dataclass(frozen=True)
class Priority:
    """The rows that decide: tested, of a priority category. Undefined figures are None.

    `ci95` is the interval of the relative drop over terms. `p_value` and `p_value_voices` are the
    mid-p-values of an improvement over terms and over voices (None with fewer than five); both are
    tested at `alpha`, the level of this `look` at these rows. `worse_p_values` test each priority
    category for a loss, with Holm's adjustment. The KER is that of the view which decides; the
    published KER stands beside it, with the misses that are another spelling alone.
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
        ci95=drop_interval(by_term),
        p_value=mid_p(by_term.fixed) if rows else None,
        p_value_voices=mid_p(by_voice.fixed) if voices >= MIN_VOICES else None,
        look=look,
        alpha=alpha_of_look(look),
        worse_p_values=holm(worse),
        published_comparison=pair.comparison.published_ker,
        published_candidate=pair.candidate.published_ker,
        spelling_comparison=pair.comparison.spelling_alone,
        spelling_candidate=pair.candidate.spelling_alone,
    )


def p_text(value: float) -> str:
    """Write a p-value.

    >>> p_text(0.0312), p_text(2e-99)
    ('p = 0.031', 'p < 0.001')
    """
    return f"p = {value:.3f}" if value >= 0.001 else "p < 0.001"
