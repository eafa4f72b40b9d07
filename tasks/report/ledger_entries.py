"""Each line of the ledger in words, with what changed since the line before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.domain.decoding import GREEDY
from tasks.domain.policy import RECOMMENDED_BASE
from tasks.records.ledger_line import (
    ApprovalLine,
    BuildLine,
    DecisionLine,
    GateLine,
    LedgerLine,
    RollbackLine,
    ServedLine,
)
from tasks.records.record import ModelRecord

NO_GUARD_SET = "none"


@dataclass(frozen=True)
class Entry:
    """A line of the ledger in words; a figure that it does not have is None, a text empty.

    `changed` is None where it is the first line, and for a rollback. `report` is the path, in the
    workspace, of the page that shows this line: a cycle that was decided again has it at the latest one.
    """

    cycle: int | None
    when: str
    outcome: str
    ker_before: float | None = None
    ker_after: float | None = None
    newly_missed: int | None = None
    fixed: int | None = None
    compared: str = ""
    changed: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    anchor: str = ""
    why: str = ""
    spent: str = ""
    report: str = ""


def ledger_entries(root: Path, lines: Sequence[LedgerLine]) -> list[Entry]:
    """Return every line in words, oldest first."""
    latest = {line.cycle: line for line in lines if isinstance(line, DecisionLine)}
    known: dict[str, str] = {}
    entries = []
    for line in lines:
        facts = _facts(line)
        changed = _differences(known, facts) if known else None
        report = _report(root, line) if latest.get(line.cycle) is line else ""
        entries.append(_entry(line, changed, report))
        known |= facts
    return entries


def _entry(line: LedgerLine, changed: tuple[str, ...] | None, report: str) -> Entry:
    when = line.finished_at[:16].replace("T", " ")
    why = line.reasons[0] if line.reasons else ""
    if isinstance(line, RollbackLine):
        to = f"cycle {line.cycle}" if line.cycle else "no champion"
        return Entry(None, when, f"rollback to {to}", why=why)
    if isinstance(line, ApprovalLine):
        outcome = f"{line.outcome} by override" if line.override else line.outcome
        return Entry(line.cycle, when, outcome, why=why)
    if isinstance(line, BuildLine):
        return Entry(line.cycle, when, line.outcome, why=why)
    if isinstance(line, ServedLine):
        outcome = "served, worse" if line.worse else "served"
        return Entry(line.cycle, when, outcome, why=why, compared=f"{line.source} {line.name}")
    spent = line.spent.sentence if line.spent else ""
    if isinstance(line, GateLine):
        ker = line.priority_ker
        notes: tuple[str, ...] = ()
        if line.system and ker is not None:
            notes = (f"KER of {line.system}, not of the comparison model",)
        return Entry(
            line.cycle, when, line.outcome, ker, changed=changed, notes=notes, why=why, spent=spent
        )
    return Entry(
        line.cycle,
        when,
        line.outcome,
        line.priority.ker_comparison,
        line.priority.ker_candidate,
        line.newly_missed,
        line.fixed,
        f"{system_name(line.base)} with {system_name(line.candidate, line.run)}",
        changed,
        tuple(_notes(line)),
        line.against_anchor.figures if line.against_anchor else "",
        why,
        spent,
        report,
    )


def _report(root: Path, line: LedgerLine) -> str:
    """Return the page of a decided cycle, relative to the workspace; empty where it is not there."""
    pages = sorted((root / f"cycle{line.cycle + 1}").glob("report*.html"))
    return str(pages[0].relative_to(root)) if pages else ""


def _facts(line: LedgerLine) -> dict[str, str]:
    """Return what may differ from line to line, as far as this one names it."""
    if isinstance(line, RollbackLine | ApprovalLine | BuildLine | ServedLine):
        return {}
    facts = {
        "manifest": str(line.manifest_sha256),
        "policy": line.policy_sha256,
        "scoring": line.scoring,
    }
    if isinstance(line, DecisionLine):
        facts |= {"base": system_name(line.base), "decoding": line.candidate.decoding.name}
        facts |= {"recipe": line.recipe_sha256} if line.recipe_sha256 else {}
        if line.rows is not None:
            guard_set = line.general_sha256 or NO_GUARD_SET
            facts |= {"rows": str(line.rows), "guard set": guard_set}
    return facts


def _differences(known: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """Write what is otherwise than it was: counts and names from → to, digests by what they are of."""
    changed = {name for name in known.keys() & now.keys() if known[name] != now[name]}
    shown = []
    if "rows" in changed:
        shown.append(f"rows {known['rows']} → {now['rows']}")
    elif "manifest" in changed:
        shown.append("rows")
    if "recipe" in changed:
        shown.append("recipe")
    if "guard set" in changed:
        added = {NO_GUARD_SET: " added"}.get(known["guard set"], "")
        shown.append("guard set" + {NO_GUARD_SET: " gone"}.get(now["guard set"], added))
    if "policy" in changed and not changed & {"base", "decoding", "recipe"}:
        shown.append("policy")
    shown += [
        f"{name} {known[name]} → {now[name]}" for name in ("decoding", "base") if name in changed
    ]
    return tuple(shown)


def _notes(line: DecisionLine) -> list[str]:
    """Name what a verdict does not rest on, and whether a person was asked."""
    notes = []
    if line.override:
        notes.append("champion by override")
    elif line.approval is not None:
        notes.append("a person is asked to approve it")
    if line.rows is not None and line.general_sha256 is None:
        notes.append("general speech not measured")
    if line.outcome == "keep" and line.open_guards:
        notes.append(f"kept with open guards: {', '.join(line.open_guards)}")
    if line.limits_changed:
        notes.append(line.limits_changed)
    if line.evidence:
        notes.append(f"evidence: {line.evidence}")
    if line.rule != "held_out":
        notes.append(f"by the {line.rule} rule")
    return notes


def system_name(model: ModelRecord, run: str = "") -> str:
    """Name a system: its run, or its file and the start of its digest, and how it decodes."""
    default = " (the base where the policy names none)" if model.name == RECOMMENDED_BASE else ""
    name = Path(model.path).name or model.name + default
    digest = f" {model.sha256[:8]}" if model.sha256 else ""
    decoding = "" if model.decoding == GREEDY else f", {model.decoding.name}"
    return f"{run or name + digest}{decoding}"
