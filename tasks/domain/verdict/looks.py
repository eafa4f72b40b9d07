"""Looks: how often candidates were judged on these terms before, and which limits changed since.

Each look at the same terms is another chance for a useless candidate, so each is tested at a lower
level (`alpha_of_look`). A split seed, a grouping, folds, a voice or a clip can be changed at no cost,
and the terms stay: looks are counted by terms. Those of the whole benchmark count, as the test side was
chosen among them: with few rows a term, or sides of whole terms, ten seeds would else judge other terms
each and be ten first looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tasks.domain.policy import Policy
from tasks.domain.verdict.decide import Decision

PRIORITY = "priority_categories"


@dataclass(frozen=True)
class Judged:
    """One judgment of a candidate: what it was judged on, and by which limits.

    `candidate` is the digest of its model and decoding, None before it is trained. `test` names what it
    was judged by: comparison model, view, priority categories, guard set, rows; None where one is not
    known. `terms` are those of the benchmark; None where they are not known, which counts as a look at
    any terms. `limits` are None before they were recorded.
    """

    candidate: str | None
    test: Mapping[str, str | None]
    terms: frozenset[str] | None
    limits: Mapping[str, str] | None = None
    look: int = 1

    def repeats(self, other: Judged) -> bool:
        """Whether both are the same test of the same candidate, as far as both are known."""
        return (
            self.candidate is not None
            and self.candidate == other.candidate
            and all(
                None in (value, other.test.get(name)) or value == other.test[name]
                for name, value in self.test.items()
            )
        )

    def holds_half_of(self, terms: frozenset[str]) -> bool:
        """Whether half of these terms were in its benchmark, or may have been."""
        return self.terms is None or 2 * len(self.terms & terms) >= len(terms)


@dataclass(frozen=True)
class Look:
    """The number of a look at some terms, from 1, and the limits that changed after earlier ones.

    `again`: this very candidate was judged before, by something else.
    """

    number: int = 1
    limits_changed: str = ""
    again: bool = False

    def stamped(self, decision: Decision) -> Decision:
        """Name the limits that changed in a decision, after its first reason."""
        if not self.limits_changed:
            return decision
        first, *others = decision.reasons
        sentence = f"{self.limits_changed[0].upper()}{self.limits_changed[1:]}."
        reasons = (first, sentence, *others)
        return replace(decision, reasons=reasons, limits_changed=self.limits_changed)


def look_of(
    present: Judged, terms: frozenset[str], categories: int, earlier: Sequence[Judged]
) -> Look:
    """Number a judgment of rows with these `terms`, of so many `categories`, after `earlier` ones.

    Earlier ones run in time. A test that was made before keeps its number: what was judged after it
    does not change it. Another choice of priority categories for the same candidate was made with the
    figures of all categories at hand: each that could be picked beside one counts as a look. Guards are
    stricter where the candidate itself was judged before (`alpha_of_guards`).

    >>> terms = frozenset({"metoprolol", "warfarin"})
    >>> first = Judged("a", {}, terms, {"keep_drop": "0.97"})
    >>> look_of(Judged("b", {}, terms, {"keep_drop": "0.3"}), terms, 1, [first])
    Look(number=2, limits_changed='limits changed after look 1: keep_drop 0.97 → 0.3', again=False)
    >>> look_of(first, terms, 1, [first])
    Look(number=1, limits_changed='', again=False)
    """
    same_terms = [one for one in earlier if one.holds_half_of(terms)]
    others: list[Judged] = []
    for one in same_terms:
        if present.repeats(one):
            break
        if not any(one.repeats(other) for other in others):
            others.append(one)
    picked = any(_other_categories(present, one) for one in others)
    number = 1 + len(others) + (categories - 1 if picked else 0)
    again = any(present.candidate == one.candidate is not None for one in others)
    return Look(number, _limits_changed(present, same_terms), again)


def _other_categories(present: Judged, earlier: Judged) -> bool:
    """Whether the same candidate was judged by other priority categories."""
    if present.candidate is None or present.candidate != earlier.candidate:
        return False
    both = [one.test.get(PRIORITY) for one in (present, earlier)]
    return None not in both and both[0] != both[1]


def _limits_changed(present: Judged, earlier: Sequence[Judged]) -> str:
    """Name each limit that differs from the one of the first look, as far as both are known.

    A limit that a newer version added is not known of earlier looks, and no change.
    """
    changed: dict[int, list[str]] = {}
    for name, now in (present.limits or {}).items():
        known = [
            (one.look, one.limits[name]) for one in earlier if one.limits and name in one.limits
        ]
        if known and known[0][1] != now:
            look, before = known[0]
            changed.setdefault(look, []).append(f"{name} {before} → {now}")
    after = "; ".join(f"after look {look}: {', '.join(changed[look])}" for look in sorted(changed))
    return f"limits changed {after}" if after else ""


def limits_of(policy: Policy) -> dict[str, str]:
    """Return the settings that decide what passes the gate and is kept, by name, as text.

    >>> limits = limits_of(Policy())
    >>> limits["keep_drop"], limits["ker_above"], limits["priority_categories"]
    ('0.2', '0.3', 'drug')
    """
    named = {
        PRIORITY: ", ".join(sorted(policy.priority_categories)),
        "acceptance": policy.acceptance,
        "anchor": policy.anchor or "the first base",
    }
    for section in (policy.decide, policy.gate):
        named |= {name: str(value) for name, value in section.model_dump(mode="json").items()}
    return named
