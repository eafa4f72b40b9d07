"""The outcome of a cycle: the named state of its run, and what the terminal shows."""

from __future__ import annotations

from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.domain.policy import Stage
from tasks.domain.scoring.leaderboard import table
from tasks.orchestration.artifacts import boost_summary, gate_summary, publish_decision
from tasks.orchestration.stage import stage_times
from tasks.workspace.paths import Cycle, decision_of
from tasks.workspace.records import GateRecord, read_record

VERDICT_STATES = {"keep": "Kept", "grow": "Grow", "reject": "Rejected"}
APPROVAL_STATES = {"waiting": "AwaitingApproval", "no": "Declined"}


def cycle_state(cycle: Cycle, stop_after: Stage | None = None) -> State[dict[str, Any]]:
    """Name the state after what the workspace says of the cycle, and publish the decision."""
    gate = read_record(cycle.gate, GateRecord)
    decision = decision_of(cycle)
    if decision is not None:
        publish_decision(cycle, decision)
        data = {"verdict": decision.verdict, "decision": str(cycle.decision)}
        name = VERDICT_STATES[decision.verdict]
        if decision.approval in APPROVAL_STATES:
            name = APPROVAL_STATES[decision.approval]
        return Completed(name=name, message=" ".join(decision.reasons), data=data)
    if gate is not None and not gate.passed:
        data = {"route": gate.route, "gate": str(cycle.gate)}
        return Completed(name="Gated", message=" ".join(gate.reasons), data=data)
    message = f"Stopped after {stop_after}, as asked."
    return Completed(name="Stopped", message=message, data={"stopped_after": str(stop_after)})


def terminal_summary(cycle: Cycle, since: int, stop_after: Stage | None) -> str:
    """Write what the command prints: stage times from line `since` on, then decision or gate."""
    times = stage_times(cycle, since)
    parts = []
    if times:
        rows = [[line.stage, f"{line.seconds:.1f}"] for line in times]
        total = sum(line.seconds for line in times)
        parts.append(table(["Stage", "Seconds"], [*rows, ["total", f"{total:.1f}"]]))
    decision = decision_of(cycle)
    if decision:
        parts += [decision.summary, f"Report: {cycle.next_folder / 'report.html'}"]
        by = "" if decision.rule == "held_out" else f" (by the {decision.rule} rule)"
        return "\n\n".join([*parts, f"Verdict: {decision.verdict}{by}"])
    gate = read_record(cycle.gate, GateRecord)
    if gate:
        parts.append(gate_summary(gate) + boost_summary(cycle))
        if gate.passed:
            parts.append(f"Stopped after {stop_after}, as asked.")
    return "\n\n".join(parts)
