"""The decision and the ledger in markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tasks.domain.cost import Spent
from tasks.domain.scoring.leaderboard import table
from tasks.domain.scoring.metrics import rate
from tasks.domain.verdict.arms import Arm, Arms
from tasks.domain.verdict.audits import Audits
from tasks.domain.verdict.changes import SHOWN, Changes, named
from tasks.domain.verdict.decide import Decision, Scope
from tasks.domain.verdict.noninferiority import Guard
from tasks.domain.verdict.rule import Verdict

SHOWN_CONFUSIONS = 10
VERDICTS: Mapping[Verdict, str] = {
    "keep": "keep the new model",
    "grow": "grow the benchmark first",
    "reject": "reject the new model",
}
EXPLAINED = (
    "KER, the keyword error rate, is the share of phrases whose term is missed; WER, the word error rate, "
    "counts every word. docs/glossary.md explains the other words."
)
SCOPE_HEAD = ("Rows", "KER", "WER", "KER as published")


def decision_markdown(
    cycle: int,
    decision: Decision,
    audits: Audits,
    arms: Arms | None = None,
    spent: Spent | None = None,
) -> str:
    """Write verdict, reasons, scopes, categories, guards, arms, audits and what it took."""
    parts = [
        title(cycle, decision),
        decision.reasons[0],
        *([f"Evidence: {decision.evidence}."] if decision.evidence else []),
        _list([*decision.reasons[1:], *audits.advice]),
        EXPLAINED,
        f"## Rows that decide: {decision.changes.counts}",
        *_changed(decision.changes),
        "## KER of comparison model and candidate",
        _scope_table("Rows of", decision.scopes),
        "## KER of the rows that decide, by entity_category",
        _scope_table("Category", decision.categories),
    ]
    if decision.guards:
        parts += ["## Guards", _guard_table(decision.guards)]
    if decision.against_anchor and decision.against_anchor.apart:
        first_base = _guard_table(decision.against_anchor.apart, "First base")
        parts += ["## Guards against the first base", first_base]
    if decision.invented_sentence:
        parts += [decision.invented_sentence]
    if arms and arms.arms:
        parts += [f"## Systems, on {arms.measured_on}", arm_table(arms.arms), _list(arms.reasons)]
    elif arms:
        parts += ["## Systems", _list(arms.reasons)]
    parts += ["## Audits", _list(audit_sentences(audits))]
    if audits.confusions:
        parts += ["## Missed terms and their transcripts", _confusion_table(audits)]
    parts += [f"Jobs of this cycle: {spent.sentence}."] if spent else []
    return "\n\n".join([*parts, f"Next: {decision.next}"]) + "\n"


def title(cycle: int, decision: Decision) -> str:
    """Name the verdict, the rule where it is not the usual one, and an override."""
    by = "" if decision.rule == "held_out" else f" (by the {decision.rule} rule)"
    stamp = ", champion by override" if decision.override else ""
    return f"# Cycle {cycle}: {VERDICTS[decision.verdict]}{by}{stamp}"


def audit_sentences(audits: Audits) -> list[str]:
    """The findings of the audits, a sentence each."""
    gap = audits.pronunciation_gap
    critical = "; ".join(f"{kind} {found.text}" for kind, found in audits.critical_tokens.items())
    return [
        audits.split_overlap.text,
        f"Test KER of the {gap.rows_hinted} rows with a given pronunciation "
        f"{rate(gap.hinted_comparison)} → {rate(gap.hinted_candidate)}, of the {gap.rows_g2p} that g2p "
        f"pronounced {rate(gap.g2p_comparison)} → {rate(gap.g2p_candidate)}.",
        f"Test rows on which another benchmark term was transcribed instead: "
        f"{audits.look_alikes_comparison} → {audits.look_alikes_candidate}.",
        f"Critical words, comparison model → candidate: {critical}."
        if critical
        else "No reference has a dose, number, negation or left/right word.",
    ]


def _list(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _changed(changes: Changes) -> list[str]:
    """Name every term that is missed, those newly missed first, then some that are fixed."""
    lines = [
        [outcome, one.term, one.entity_category, one.rows]
        for outcome in SHOWN[:2]
        for one in changes.terms(outcome)
    ]
    missed = [table(["", "Term", "Category", "Rows"], lines)] if lines else []
    return [*missed, f"Fixed: {named(changes.fixed)}."] if changes.fixed else missed


def _guard_table(guards: Sequence[Guard], before: str = "Comparison") -> str:
    return table(
        ["Guard", before, "Candidate", "At most", "Limit", ""],
        [
            [
                guard.name,
                rate(guard.comparison),
                rate(guard.candidate),
                rate(guard.upper),
                rate(guard.limit),
                guard.state,
            ]
            for guard in guards
        ],
    )


def arm_table(arms: Sequence[Arm]) -> str:
    """Write the systems that were compared; test figures are there only when they describe."""
    return table(arm_head(arms), arm_lines(arms))


def arm_head(arms: Sequence[Arm]) -> list[str]:
    """Name the figures of systems; the last is there where test rows were decoded after the verdict."""
    head = [
        "System",
        "Rows",
        "Priority KER",
        "KER",
        "False keywords",
        "WER of replay clips",
        "Choice",
    ]
    return [*head, "Test KER, after the verdict"] if any(arm.test_rows for arm in arms) else head


def arm_lines(arms: Sequence[Arm]) -> list[list[str]]:
    """Return the figures of each system, in the order of its head."""
    described = any(arm.test_rows for arm in arms)
    return [
        [
            arm.name,
            str(arm.rows),
            rate(arm.priority_ker),
            rate(arm.ker),
            str(arm.false_keywords),
            rate(arm.general_wer),
            "chosen" if arm.chosen else "",
            *([rate(arm.test_priority_ker)] if described else []),
        ]
        for arm in arms
    ]


def _confusion_table(audits: Audits) -> str:
    return table(
        ["Term", "Transcript", "Rows", ""],
        [
            [
                one.term,
                one.heard_as or "(nothing)",
                one.rows,
                "look-alike" if one.look_alike else "",
            ]
            for one in audits.confusions[:SHOWN_CONFUSIONS]
        ],
    )


def _scope_table(name: str, scopes: Mapping[str, Scope]) -> str:
    """Write the rates before and after; those without a name are of the canonical view."""
    rows = [[label, *scope_cells(scope)] for label, scope in scopes.items()]
    return table([name, *SCOPE_HEAD], rows)


def scope_cells(scope: Scope) -> list[str]:
    """Return the rows of one scope, its canonical KER and WER and its published KER."""
    before, after = scope.comparison, scope.candidate
    moved = (
        (before.ker_canonical, after.ker_canonical),
        (before.wer_canonical, after.wer_canonical),
        (before.ker, after.ker),
    )
    return [str(scope.rows), *(f"{rate(first)} → {rate(second)}" for first, second in moved)]
