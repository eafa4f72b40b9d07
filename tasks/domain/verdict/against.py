"""What a candidate is judged against besides the comparison model: the first base, and boosting alone.

Ten champions that are each a little worse than the one before add up to a harm that no comparison with
the champion shows, so every guard is held against the first base of the workspace too. And where
boosting alone gives the base a gain, a fine-tune is worth keeping only beyond that gain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tasks.domain.scoring.metrics import rate
from tasks.domain.verdict.comparison import GuardSet, ScoredHypotheses
from tasks.domain.verdict.noninferiority import Guard
from tasks.domain.verdict.priority import Priority, p_text
from tasks.domain.verdict.statistics import alpha_of_look

FOLDS_CHOSE = (
    "With folds the rows that chose the boosting would judge it, so it is not judged here: "
    "`boost: stop` without folds does."
)


def alpha_of_anchor(earlier: Sequence[bool]) -> float:
    """Return the level of a candidate's guards against the first base: 0.05 for all candidates together.

    `earlier` has, for each candidate before this one, whether all its guards were held. Where they were
    not, it has spent its level, which is half of what was left. Where they were, it has spent nothing, as
    a sequentially rejective test passes on the level of what is rejected: a first error then still has
    a chance of at most 0.05 (Goeman and Solari 2010, doi 10.1214/10-AOS829).

    >>> [alpha_of_anchor(earlier) for earlier in ([], [True] * 9, [True, False, True])]
    [0.025, 0.025, 0.0125]
    """
    return alpha_of_look(1 + list(earlier).count(False))


@dataclass(frozen=True)
class Anchored:
    """Transcripts of the first base: of the rows that decide, in their order, and of general speech.

    None for both where the first base is the comparison model. `earlier` has, for each candidate that
    was judged against it before, whether its guards were held.
    """

    earlier: Sequence[bool] = ()
    clinical: ScoredHypotheses | None = None
    general: GuardSet | None = None

    @property
    def alpha(self) -> float:
        return alpha_of_anchor(self.earlier)


@dataclass(frozen=True)
class AnchorGuard(Guard):
    """A guard whose comparison is the first base."""

    @property
    def sentence(self) -> str:
        return f"Against the first base: {super().sentence.replace('Guard', 'guard', 1)}"


@dataclass(frozen=True)
class AgainstAnchor:
    """Every guard against the first base of the workspace.

    `candidate` is this one's number, from 1, among those judged against it. Where the first base
    `is_comparison`, the guards are those against the comparison model.
    """

    candidate: int
    is_comparison: bool
    confidence: float
    guards: tuple[AnchorGuard, ...]

    @property
    def figures(self) -> str:
        """Return the rates of the first base and of the candidate, and the state, guard by guard."""
        return "; ".join(
            f"{g.name} {rate(g.comparison)} → {rate(g.candidate)} {g.state}" for g in self.guards
        )

    @property
    def held(self) -> bool:
        return all(guard.state == "held" for guard in self.guards)

    @property
    def unproven(self) -> tuple[AnchorGuard, ...]:
        """The guards that are not held against the first base, where it is another model."""
        return tuple(guard for guard in self.apart if guard.state != "held")

    @property
    def apart(self) -> tuple[AnchorGuard, ...]:
        """The guards that are not those against the comparison model."""
        return () if self.is_comparison else self.guards

    @property
    def sentence(self) -> str:
        """Return the guards that are held, with their figures; empty where no others are shown."""
        if self.is_comparison:
            return ""
        held = [guard for guard in self.guards if guard.state == "held"]
        moved = "; ".join(f"{g.name} {rate(g.comparison)} → {rate(g.candidate)}" for g in held)
        return (
            f"Against the first base, as candidate {self.candidate}: {len(held)} of {len(self.guards)} "
            f"guards held with {100 * self.confidence:.4g} % confidence{f' ({moved})' if moved else ''}."
        )


def every_guard(guards: Sequence[Guard], first_base: AgainstAnchor | None) -> tuple[Guard, ...]:
    """Return the guards against the comparison model, then, by other names, those against the first base."""
    apart = first_base.apart if first_base else ()
    named = (replace(one, name=f"{one.name} against the first base") for one in apart)
    return (*guards, *named)


def against_anchor(anchor: Anchored, guards: Sequence[Guard], alpha: float) -> AgainstAnchor:
    """Return the guards as those against the first base.

    One that could not be measured is open against the comparison model already, and is left out.
    """
    return AgainstAnchor(
        candidate=len(anchor.earlier) + 1,
        is_comparison=anchor.clinical is None,
        confidence=1 - alpha,
        guards=tuple(
            AnchorGuard(**vars(guard)) for guard in guards if guard.comparison is not None
        ),
    )


@dataclass(frozen=True)
class Alternative:
    """The comparison model with the boosting that was chosen for it: nothing has to be trained.

    `clinical` are its transcripts of the rows that decide, in their order.
    """

    name: str
    clinical: ScoredHypotheses


@dataclass(frozen=True)
class AgainstBoosting:
    """A fine-tune against the comparison model boosted, on the priority rows that decide.

    It is `beaten` where the fine-tune misses fewer terms, significantly. `is_judged`: the whole gain is
    boosting's, and the boosted model is judged next.
    """

    name: str
    ker_boosted: float | None
    ker_candidate: float | None
    relative_drop: float | None
    p_value: float | None
    p_value_voices: float | None
    alpha: float
    beaten: bool
    is_judged: bool = False
    note: str = ""

    @property
    def sentence(self) -> str:
        moved = f"priority KER {rate(self.ker_boosted)} → {rate(self.ker_candidate)}"
        tests = {"terms": self.p_value, "voices": self.p_value_voices}
        tested = ", ".join(f"{p_text(p)} over {unit}" for unit, p in tests.items() if p is not None)
        figures = f"{moved} ({tested or 'untested'}; tested at {self.alpha:.2g})"
        if self.beaten:
            return f"Against {self.name}, which needs no training: {figures}."
        end = " The boosted model is judged as the system to keep." if self.is_judged else ""
        gain = f"The gain is boosting's: against {self.name}, which needs no training, {figures}."
        return f"{gain}{end}{f' {self.note}' if self.note else ''}"


def against_boosting(
    alternative: Alternative, measured: Priority, *, gained: bool, folds: bool
) -> AgainstBoosting:
    """Compare a candidate with boosting alone, as `measured` on the rows that decide.

    `gained`: its drop against the comparison model would do to keep it.
    """
    beaten = measured.significant and (measured.relative_drop or 0.0) > 0
    lost = gained and not beaten
    return AgainstBoosting(
        name=alternative.name,
        ker_boosted=measured.ker_comparison,
        ker_candidate=measured.ker_candidate,
        relative_drop=measured.relative_drop,
        p_value=measured.p_value,
        p_value_voices=measured.p_value_voices,
        alpha=measured.alpha,
        beaten=beaten,
        is_judged=lost and not folds,
        note=FOLDS_CHOSE if lost and folds else "",
    )
