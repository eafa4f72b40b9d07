"""The rule of the verdict: reject proven harm, keep a proven gain, else grow and name what is lacking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tasks.domain.policy import DecisionPolicy
from tasks.domain.verdict.noninferiority import Guard
from tasks.domain.verdict.priority import Priority, p_text
from tasks.domain.verdict.statistics import ALPHA, alpha_of_look

Verdict = Literal["keep", "grow", "reject"]
Lack = Literal["nothing missed", "too little", "chance", "one engine", ""]


def published_verdict(
    priority: Priority, test_rows: int, limits: DecisionPolicy
) -> tuple[Verdict, list[str]]:
    """Apply the published rule: the drop over all rows, trained ones included, and nothing else."""
    label = "By the published rule, which counts trained rows and has no test and no guard"
    before, after = priority.ker_comparison, priority.ker_candidate
    if before is None or after is None:
        return "grow", [f"{label}: no row is of a priority category."]
    moved = f"{label}: priority KER {before:.3f} → {after:.3f} on {priority.rows} rows"
    moved += f"; only {test_rows} rows of the benchmark were held out."
    if after > before:
        return "reject", [moved]
    relative = priority.relative_drop
    return "keep" if relative is not None and keeps(relative, limits) else "grow", [moved]


def verdict_of(
    priority: Priority, guards: Sequence[Guard], limits: DecisionPolicy
) -> tuple[Verdict, list[str]]:
    """Apply the rule: reject proven harm, keep a drop that is large enough and significant while
    every guard holds, else grow and name what is lacking. The reason that decided comes first."""
    broken, opened, held = (
        [guard.sentence for guard in guards if guard.state == state]
        for state in ("broke", "open", "held")
    )
    before, after = priority.ker_comparison, priority.ker_candidate
    if before is None or after is None:
        reason = "No test row is of a priority category."
        if broken:
            return "reject", [*broken, reason, *opened, *held]
        return "grow", [reason, *opened, *held]
    moved, needed = priority.sentence, f"{limits.keep_drop:.0%}"
    worse = [
        f"Priority category {name} got worse ({p_text(p)}, Holm)."
        for name, p in priority.worse_p_values.items()
        if p < ALPHA
    ]
    if broken or worse:
        return "reject", [*worse, *broken, f"{moved}.", *opened, *held]
    why = _lack_figures(priority, limits)
    if why:
        return "grow", [f"{moved}: {why}.", *opened, *held]
    kept = f"{moved}: at least {needed} and significant"
    if not opened:
        return "keep", [f"{kept}.", *held]
    if limits.open_guard == "keep":
        stamp = f"Kept while {len(opened)} guards prove nothing, as open_guard: keep asks."
        return "keep", [f"{kept}.", stamp, *opened, *held]
    return "grow", [f"{kept}, but harm is not disproved.", *opened, *held]


def lack_of(priority: Priority, limits: DecisionPolicy) -> Lack:
    """Return what a candidate that is not worse lacks to be kept; empty where it lacks nothing."""
    if priority.relative_drop is None:
        return "nothing missed"
    if not keeps(priority.relative_drop, limits):
        return "too little"
    if not priority.significant:
        return "chance"
    return "one engine" if priority.not_shown else ""


def _lack_figures(priority: Priority, limits: DecisionPolicy) -> str:
    """Write what a candidate lacks to be kept, with its figures; empty where it lacks nothing."""
    needed, engine = f"{limits.keep_drop:.0%}", priority.not_shown
    match lack_of(priority, limits):
        case "nothing missed":
            return (
                "the comparison model misses nothing, so nothing can improve: make the benchmark "
                "harder"
            )
        case "too little":
            real = "significant, but" if priority.significant else "it may be chance, and is"
            return f"{real} less than {needed}"
        case "chance":
            level = f"{alpha_of_look(1):.2g}"
            fresh = f"; fresh rows would be tested at {level}" if priority.look > 1 else ""
            return f"at least {needed}, but it may be chance: too few terms or voices{fresh}"
        case "one engine" if engine:
            return (
                f"at least {needed} and significant, but the {engine.rows} rows of engine "
                f"{engine.engine} show no drop ({p_text(engine.p_value)})"
            )
    return ""


def keeps(relative_drop: float, limits: DecisionPolicy) -> bool:
    """Whether a drop is large enough to keep; the published rule asks for no more than this."""
    return relative_drop >= limits.keep_drop
