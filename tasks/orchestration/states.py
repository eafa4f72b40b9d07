"""The outcome of a cycle: the named state of its run, its artifact, what the terminal shows."""

from __future__ import annotations

from typing import Any

from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.domain.policy import Stage
from tasks.domain.scoring.leaderboard import table
from tasks.orchestration.stage import stage_times
from tasks.workspace.paths import Cycle, decided, read_json

VERDICT_STATES = {"keep": "Kept", "grow": "Grow", "reject": "Rejected"}


def cycle_state(cycle: Cycle, stop_after: Stage | None = None) -> State[dict[str, Any]]:
    """Name the state after what the workspace says of the cycle, and publish its artifact."""
    gate = read_json(cycle.folder / "gate.json") or {}
    decision = decided(cycle)
    if gate:
        _publish(cycle, "gate", gate_summary(gate))
    if decision is not None:
        _publish(cycle, "decision", decision["summary"])
        name, reasons = VERDICT_STATES[decision["verdict"]], decision["reasons"]
        data = {"verdict": decision["verdict"], "decision": str(cycle.decision)}
    elif not gate.get("passed"):
        name, reasons = "Gated", gate["reasons"]
        data = {"route": gate["route"], "gate": str(cycle.folder / "gate.json")}
    else:
        name, reasons = "Stopped", [f"Stopped after {stop_after}, as asked."]
        data = {"stopped_after": str(stop_after)}
    return Completed(name=name, message=" ".join(reasons), data=data)


def gate_summary(gate: dict[str, Any]) -> str:
    """The gate's outcome in markdown."""
    state = "passed" if gate["passed"] else f"stopped, route `{gate['route']}`"
    counts = ", ".join(f"{name} {count}" for name, count in gate["rows_per_category"].items())
    reasons = "\n".join(f"- {reason}" for reason in gate["reasons"])
    return (
        f"# Gate of cycle {gate['cycle']}: {state}\n\n{reasons}\n\n"
        f"Rows: {gate['rows']} ({counts or 'none'}). Next: {gate['next']}.\n"
    )


def terminal_summary(cycle: Cycle, since: int, stop_after: Stage | None) -> str:
    """What the command prints: stage times of this run, then the decision or the gate."""
    times = stage_times(cycle, since)
    parts = []
    if times:
        total = sum(line["seconds"] for line in times)
        rows = [[line["stage"], f"{line['seconds']:.1f}"] for line in times]
        parts.append(table(["Stage", "Seconds"], [*rows, ["total", f"{total:.1f}"]]))
    decision = decided(cycle)
    gate = read_json(cycle.folder / "gate.json")
    if decision:
        parts += [decision["summary"], f"Report: {cycle.next_folder / 'report.html'}"]
        parts.append(f"Verdict: {decision['verdict']}")
    elif gate:
        parts.append(gate_summary(gate))
        if gate["passed"]:
            parts.append(f"Stopped after {stop_after}, as asked.")
    return "\n\n".join(parts)


def _publish(cycle: Cycle, kind: str, markdown: str) -> None:
    create_markdown_artifact(
        markdown, key=f"{kind}-cycle-{cycle.number}", description=str(cycle.root)
    )
