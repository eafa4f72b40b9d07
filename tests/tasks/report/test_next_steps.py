"""The first screen ends with the model to use, what a clinician is asked for, and the next command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tasks.records.stages import Approval
from tasks.report.next_steps import next_steps
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.models import candidate_system
from tests.tasks.domain.verdict.judged import Maker
from tests.tasks.report.test_first_screen import decided


@pytest.mark.parametrize(
    ("missed", "approval", "model", "last"),
    [
        ([[1] * 70, [0] * 70], None, "the new one", "Next command"),
        ([[1] * 70, [0] * 70], "waiting", "the present one", "To approve or decline"),
        ([[1] * 70, [0] * 70], "no", "the present one", "Next command"),
        ([[1] * 70, [1] * 70], None, "the present one", "Next command"),
    ],
)
def test_the_model_to_use_and_the_next_command_are_named(
    decoded: Callable[..., Cycle],
    row: Maker,
    missed: list[list[int]],
    approval: Approval | None,
    model: str,
    last: str,
) -> None:
    texts = [f"start metoprolol {n}" for n in range(3)]
    cycle = decoded([{"text": text} for text in texts], texts, texts)
    steps = next_steps(cycle, decided(row, missed), candidate_system(Run(cycle)), approval)
    assert list(steps) == ["Present model", "Model to use", "For a clinician", last]
    assert steps["Present model"] == "base.nemo, decoded by greedy"
    assert steps["Model to use"].endswith(f".nemo ({model})")
    assert ("adapted_model" in steps["Model to use"]) == (model == "the new one")
    assert str(cycle.root) in steps[last]


def test_what_is_asked_of_a_clinician_is_on_the_first_screen(
    decoded: Callable[..., Cycle], row: Maker
) -> None:
    cycle = decoded([{"text": "start metoprolol"}], ["start metoprolol"], ["start metoprolol"])
    kept, system = decided(row, [[1] * 70, [0] * 70]), candidate_system(Run(cycle))
    recorded = replace(kept, evidence="synthetic, recorded (5 speakers)")
    asked = {
        name: next_steps(cycle, decision, system, approval)["For a clinician"].partition(".")[0]
        for name, decision, approval in (
            ("synthetic", kept, None),
            ("people", recorded, None),
            ("waiting", kept, "waiting"),
            ("declined", kept, "no"),
        )
    }
    assert asked == {
        "synthetic": "Nothing yet",
        "people": "Nothing",
        "waiting": "Approve or decline the new model, with the engineer who runs the command below",
        "declined": "Nothing",
    }


def test_a_practice_model_is_not_for_a_pilot_and_waits_for_its_approval_too(
    decoded: Callable[..., Cycle], row: Maker
) -> None:
    cycle = decoded([{"text": "start metoprolol"}], ["start metoprolol"], ["start metoprolol"])
    kept, system = decided(row, [[1] * 70, [0] * 70]), candidate_system(Run(cycle))
    steps = next_steps(cycle, kept, system, None, practice=True)
    assert steps["For a clinician"].startswith("Nothing: a practice model is not for a pilot.")
    waiting = next_steps(cycle, kept, system, "waiting", practice=True)
    assert waiting["For a clinician"].startswith("Approve or decline the new model")
    assert "To approve or decline" in waiting
