"""Whether a person may let a candidate become the champion that the verdict did not keep.

Only what was not proven is overridden: an open guard, a benchmark too small to show it. Proven harm, a
bound that lets a harm be twice as large as allowed, a worse KER and a drop that is too small are not.
"""

from __future__ import annotations

from collections.abc import Sequence

from tasks.domain.policy import DecisionPolicy
from tasks.domain.verdict.noninferiority import Guard
from tasks.domain.verdict.priority import Priority
from tasks.domain.verdict.rule import Verdict, keeps

MOST_MARGINS = 2


def override_refusal(
    verdict: Verdict, priority: Priority, guards: Sequence[Guard], limits: DecisionPolicy
) -> str:
    """Return why this verdict cannot be overridden; empty where it can be."""
    if verdict == "keep":
        return "it was decided: keep, and there is nothing to override"
    broken = [guard.name for guard in guards if guard.state == "broke"]
    if broken:
        return f"proven harm is not overridden: broken {_and(broken)}"
    moved = priority.relative_drop
    if moved is None:
        return "nothing shows that it is better: no priority row decides that was missed before"
    if moved < 0 or verdict == "reject":
        return "a worse KER is not overridden"
    if not keeps(moved, limits):
        needed = f"{limits.keep_drop:.0%}"
        return f"its priority KER is down {moved:.1%}, and less than {needed} is not overridden"
    loose = [bound for guard in guards if (bound := _loose(guard))]
    return f"a bound beyond twice its margin is not overridden: {_and(loose)}" if loose else ""


def _loose(guard: Guard) -> str:
    """Name an open guard that lets the harm be over twice as large as allowed; one that was not
    measured has no bound."""
    if guard.state != "open" or None in (guard.comparison, guard.upper, guard.limit):
        return ""
    before, upper, limit = guard.comparison or 0.0, guard.upper or 0.0, guard.limit or 0.0
    if upper - before <= MOST_MARGINS * (limit - before):
        return ""
    return f"{guard.name} may be {upper:.3f}, its limit is {limit:.3f}"


def not_proven(priority: Priority, guards: Sequence[Guard]) -> tuple[str, ...]:
    """Name what an override passes over."""
    named = [f"guard {guard.name} is open" for guard in guards if guard.state == "open"]
    if not priority.significant:
        named.append("the drop may be chance on a benchmark this small")
    elif priority.not_shown:
        named.append(f"the rows of engine {priority.not_shown.engine} show no drop")
    return tuple(named)


def _and(words: Sequence[str]) -> str:
    """Write a list in words.

    >>> _and(["general_wer", "other_terms"])
    'general_wer and other_terms'
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
