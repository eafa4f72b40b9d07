"""The end of a report's first screen: which model to use, what a clinician is asked for, what to run."""

from __future__ import annotations

from pathlib import Path

from tasks.domain.decoding import GREEDY
from tasks.domain.verdict.decide import Decision
from tasks.records.stages import Approval
from tasks.workspace.commands import approve_command, cycle_command
from tasks.workspace.cycle import Cycle, System


def next_steps(
    cycle: Cycle,
    decision: Decision,
    candidate: System,
    approval: Approval | None,
    *,
    practice: bool = False,
) -> dict[str, str]:
    """Name the model compared with, the one to use from now on, their decodings, and the next command.

    `practice` is whether the model is one to try the flywheel with.
    """
    used = bool(decision.override) or (decision.verdict == "keep" and approval in (None, "yes"))
    model = (candidate if used else cycle.comparison).record()
    path = Path(model.path)
    inside = bool(model.path) and path.is_relative_to(cycle.root)
    name = str(path.relative_to(cycle.root)) if inside else model.path or model.name
    waits = approval == "waiting"
    command = (
        approve_command(cycle.root, cycle.number)
        if waits
        else cycle_command(cycle.root, cycle.number + 1)
    )
    which, decoded = "the new one" if used else "the present one", model.decoding
    how = "" if decoded == GREEDY else f", decoded by {decoded.name}"
    before = cycle.comparison.record()
    return {
        "Present model": f"{Path(before.path).name or before.name}, decoded by {before.decoding.name}",
        "Model to use": f"{name} ({which}{how})",
        "For a clinician": _asked(decision, used=used, waits=waits, practice=practice),
        "To approve or decline" if waits else "Next command": command,
    }


def _asked(decision: Decision, *, used: bool, waits: bool, practice: bool) -> str:
    """Return what a clinician is asked for."""
    if waits:
        return "Approve or decline the new model, with the engineer who runs the command below."
    if practice:
        return (
            "Nothing: a practice model is not for a pilot. A hospital's model has to be tested on recordings "
            "of its clinicians first, with doses and units."
        )
    if used and "recorded" not in decision.evidence:
        return (
            "Nothing yet. Before a pilot, the new model has to be tested on recordings of your clinicians, "
            "with doses and units."
        )
    return "Nothing."
