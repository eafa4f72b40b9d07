"""The summary of a run at its end, in markdown, on a terminal and in the Prefect UI."""

from __future__ import annotations

from contextlib import suppress

from tasks.domain.errors import DamagedFile
from tasks.domain.gate import transcripts_of
from tasks.domain.progress import Stage
from tasks.domain.scoring.leaderboard import table
from tasks.domain.verdict.summary import arm_table
from tasks.records.record import read_record
from tasks.records.stages import BoostRecord, DecisionRecord, GateRecord
from tasks.workspace.commands import approve_command, cycle_command
from tasks.workspace.cycle import Cycle, decision_of
from tasks.workspace.ledger import read_champion
from tasks.workspace.models import current_boost
from tasks.workspace.times import stage_times


def gate_summary(gate: GateRecord) -> str:
    """Write the gate's outcome in markdown."""
    state = "passed" if gate.passed else f"stopped, route `{gate.route}`"
    if gate.system and (gate.passed or gate.stopped_by_given):
        state += f", by {transcripts_of(gate.system)}"
    counts = ", ".join(f"{name} {count}" for name, count in gate.rows_per_category.items())
    reasons = "\n".join(f"- {reason}" for reason in gate.reasons)
    return (
        f"# Gate of cycle {gate.cycle}: {state}\n\n{reasons}\n\n"
        f"Rows: {gate.rows} ({counts or 'none'}). Next: {gate.next}.\n"
    )


def boost_summary(cycle: Cycle) -> str:
    """Write what phrase boosting alone gives, where it was measured."""
    boost: BoostRecord | None = None
    with suppress(DamagedFile):  # stage boost makes it again; a decided cycle does not need it
        boost = current_boost(cycle)
    if boost is None:
        return ""
    parts = ["\n## Before any training: phrase boosting"]
    parts += [arm_table(boost.arms)] if boost.arms else []
    return "\n\n".join([*parts, "\n".join(f"- {reason}" for reason in boost.reasons)]) + "\n"


def terminal_summary(cycle: Cycle, since: int, stop_after: Stage | None) -> str:
    """Write what the command prints: stage times from line `since` on, then decision or gate, where
    to look and what to type next."""
    parts = [_stage_table(cycle, since)]
    decision, gate = decision_of(cycle), read_record(cycle.gate, GateRecord)
    if decision:
        parts += [decision.summary, _where(cycle, decision)]
    elif gate:
        parts += [gate_summary(gate) + boost_summary(cycle)]
        if gate.passed:
            parts.append(f"Stopped after {stop_after}, as asked.")
        parts.append(to_go_on(gate.command or cycle_command(cycle.root, cycle.number), gate.needs))
    return "\n\n".join(part.strip("\n") for part in parts if part)


def cycle_record(cycle: Cycle) -> dict[str, object]:
    """Return the outcome of a cycle for programs, with its gate and its decision whole.

    The outcome is the verdict, `gate` where the gate stopped it, or `stopped` where --stop-after did.
    """
    decision, gate = decision_of(cycle), read_record(cycle.gate, GateRecord)
    stopped = "gate" if gate and not gate.passed else "stopped"
    return {
        "workspace": str(cycle.root),
        "cycle": cycle.number,
        "outcome": decision.verdict if decision else stopped,
        "gate": gate.model_dump(mode="json", by_alias=True) if gate else None,
        "decision": decision.model_dump(mode="json", by_alias=True) if decision else None,
    }


def _stage_table(cycle: Cycle, since: int) -> str:
    times = stage_times(cycle, since)
    if not times:
        return ""
    rows = [[line.stage, f"{line.seconds:.1f}", line.reused] for line in times]
    total = sum(line.seconds for line in times)
    return table(["Stage", "Seconds", ""], [*rows, ["total", f"{total:.1f}", ""]])


def _where(cycle: Cycle, decision: DecisionRecord) -> str:
    """Name the report, the model to use now, the plan of what to add, and the next command."""
    champion, base = read_champion(cycle.root), decision.base
    model = (champion.path or champion.sha256) if champion else (base.path or base.name)
    lines = [f"Report: {cycle.next_folder / 'report.html'}", f"Model to use: {model}"]
    plan = cycle.next_folder / "growth_plan.csv"
    if decision.verdict != "keep" and plan.exists():
        lines.append(f"Terms to add: {plan}")
    if decision.approval == "waiting":
        answer = approve_command(cycle.root, cycle.number)
        return "\n".join([*lines, f"To approve or decline: {answer}"])
    following = cycle.root / f"cycle{cycle.number + 1}" / "manifest.jsonl"
    command = cycle_command(cycle.root, cycle.number + 1)
    return "\n".join([*lines, to_go_on(command, "" if following.exists() else str(following))])


def to_go_on(command: str, needs: str = "") -> str:
    """Write the last line: the next command, and what has to be there for it."""
    return f"To continue{f' with {needs}' if needs else ''}: {command}"
