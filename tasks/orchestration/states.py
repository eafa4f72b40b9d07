"""The outcome of a cycle: the named state of its run and its artifact."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.domain.errors import DamagedFile
from tasks.domain.policy import Stage
from tasks.domain.verdict.summary import arm_table
from tasks.workspace.models import standing_boost
from tasks.workspace.paths import Cycle, decision_of
from tasks.workspace.records import BoostRecord, GateRecord, read_record

VERDICT_STATES = {"keep": "Kept", "grow": "Grow", "reject": "Rejected"}


def cycle_state(cycle: Cycle, stop_after: Stage | None = None) -> State[dict[str, Any]]:
    """Name the state after what the workspace says of the cycle, and publish its artifact."""
    gate = read_record(cycle.gate, GateRecord)
    if gate is not None:
        _publish(cycle, "gate", gate_summary(gate) + boost_summary(cycle))
    decision = decision_of(cycle)
    if decision is not None:
        _publish(cycle, "decision", decision.summary)
        data = {"verdict": decision.verdict, "decision": str(cycle.decision)}
        name = VERDICT_STATES[decision.verdict]
        return Completed(name=name, message=" ".join(decision.reasons), data=data)
    if gate is not None and not gate.passed:
        data = {"route": gate.route, "gate": str(cycle.gate)}
        return Completed(name="Gated", message=" ".join(gate.reasons), data=data)
    message = f"Stopped after {stop_after}, as asked."
    return Completed(name="Stopped", message=message, data={"stopped_after": str(stop_after)})


def gate_summary(gate: GateRecord) -> str:
    """Write the gate's outcome in markdown."""
    state = "passed" if gate.passed else f"stopped, route `{gate.route}`"
    counts = ", ".join(f"{name} {count}" for name, count in gate.rows_per_category.items())
    reasons = "\n".join(f"- {reason}" for reason in gate.reasons)
    return (
        f"# Gate of cycle {gate.cycle}: {state}\n\n{reasons}\n\n"
        f"Rows: {gate.rows} ({counts or 'none'}). Next: {gate.next}.\n"
    )


def boost_summary(cycle: Cycle) -> str:
    """Write what phrase boosting alone gives, where it was measured."""
    boost: BoostRecord | None = None
    with suppress(DamagedFile):  # stage boost makes it anew; a decided cycle does not need it
        boost = standing_boost(cycle)
    if boost is None:
        return ""
    parts = ["\n## Before any training: phrase boosting"]
    parts += [arm_table(boost.arms)] if boost.arms else []
    return "\n\n".join([*parts, "\n".join(f"- {reason}" for reason in boost.reasons)]) + "\n"


def _publish(cycle: Cycle, kind: str, markdown: str) -> None:
    create_markdown_artifact(
        markdown, key=f"{kind}-cycle-{cycle.number}", description=str(cycle.root)
    )
