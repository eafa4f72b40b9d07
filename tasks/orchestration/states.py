"""The outcome of a cycle, or of a check of its served model: a named state, and artifacts."""

from __future__ import annotations

from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.domain.hand_off import Served
from tasks.domain.progress import Stage
from tasks.orchestration.artifacts import publish_decision, publish_served
from tasks.orchestration.tracking import track_cycle
from tasks.records.record import read_record
from tasks.records.stages import GateRecord
from tasks.workspace.cycle import Cycle, decision_of
from tasks.workspace.ledger import CHECKS_DUE, read_champion, served_worse

VERDICT_STATES = {"keep": "Kept", "grow": "Grow", "reject": "Rejected"}
SERVED, SERVED_WORSE = "Served", "ServedWorse"
APPROVAL_STATES = {"waiting": "AwaitingApproval", "no": "Declined"}


def cycle_state(cycle: Cycle, stop_after: Stage | None = None) -> State[dict[str, Any]]:
    """Name the state after the outcome of the cycle in the workspace; publish and track its outcome."""
    track_cycle(cycle)
    gate = read_record(cycle.gate, GateRecord)
    decision = decision_of(cycle)
    if decision is not None:
        publish_decision(cycle, decision)
        data = {"verdict": decision.verdict, "decision": str(cycle.decision)}
        data |= {"evidence": decision.evidence} if decision.evidence else {}
        name = VERDICT_STATES[decision.verdict]
        if decision.override:
            name = "Overridden"
        elif decision.approval in APPROVAL_STATES:
            name = APPROVAL_STATES[decision.approval]
        rests_on = [f"Evidence: {decision.evidence}."] if decision.evidence else []
        return Completed(name=name, message=" ".join([*decision.reasons, *rests_on]), data=data)
    if gate is not None and not gate.passed:
        data = {"route": gate.route, "gate": str(cycle.gate)}
        data |= {"system": gate.system} if gate.system else {}
        return Completed(name="Gated", message=" ".join(gate.reasons), data=data)
    message = f"Stopped after {stop_after}, as asked."
    return Completed(name="Stopped", message=message, data={"stopped_after": str(stop_after)})


def served_state(cycle: Cycle, served: Served) -> State[dict[str, Any]]:
    """Name the state after what a check of a served model found, and publish that."""
    publish_served(cycle, served)
    champion = read_champion(cycle.root)
    own = champion if champion and champion.cycle == cycle.number else None
    due = own is not None and served_worse(cycle.root, own) is not None
    message = served.outcome
    if due:
        message += f" So it was in {CHECKS_DUE} checks in a row: cycle {cycle.number} is due."
    data = {"rows": served.rows, "differing": len(served.differing), "broke": list(served.broke)}
    name = SERVED_WORSE if served.broke else SERVED
    return Completed(name=name, message=message, data=data | {"due": due})
