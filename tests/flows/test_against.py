"""Against what a candidate is judged, through the flow: champion, first base, boosting alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.cycle import flywheel_cycle
from tasks.records.files import read_json
from tasks.rollback import roll_back
from tasks.workspace.ledger import read_champion, read_ledger
from tasks.workspace.open import open_cycle
from tasks.workspace.verified import ledger_faults
from tests.tones import make_distinct

pytestmark = pytest.mark.usefixtures("prefect_server")
Flywheel = Callable[..., Path]
turn = partial(flywheel_cycle, return_state=True)


def decision_of(root: Path, cycle: int = 1) -> dict[str, Any]:
    found = read_json(root / f"cycle{cycle + 1}/decision.json")
    assert found is not None
    return found


def set_policy(root: Path, more: str) -> None:
    path = root / "flywheel.yaml"
    path.write_text(path.read_text() + more)


def test_a_cycle_that_is_run_again_has_to_beat_the_champion_that_it_made(
    flywheel: Flywheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fine-tune that misses 60 % is far better than the base, and far worse than the champion."""
    root = flywheel(after=0.05)
    make_distinct(root / "cycle1/audio")
    assert turn(root).name == "Kept"
    first = decision_of(root)["candidate"]
    monkeypatch.setenv("FAKE_MISSES", "0.6")
    set_policy(root, "sft: {epochs: 2}\n")
    assert turn(root).name in ("Reject", "Grow")
    again = decision_of(root)
    assert again["base"]["sha256"] == first["sha256"]
    assert again["priority"]["ker_candidate"] > again["priority"]["ker_base"]
    champion = read_champion(root)
    assert champion is not None
    assert champion.sha256 == first["sha256"]
    assert len(read_ledger(root)) == 2
    assert turn(root).name in ("Reject", "Grow")
    assert len(read_ledger(root)) == 2
    assert ledger_faults(root) == []


def test_a_better_candidate_of_a_cycle_that_is_run_again_follows_its_champion(
    flywheel: Flywheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = flywheel(after=0.3)
    make_distinct(root / "cycle1/audio")
    turn(root)
    first = decision_of(root)["candidate"]
    monkeypatch.setenv("FAKE_MISSES", "0.0")
    set_policy(root, "sft: {epochs: 2}\n")
    assert turn(root).name == "Kept"
    champion = read_champion(root)
    assert champion is not None
    assert champion.previous is not None
    assert champion.previous.sha256 == first["sha256"] == decision_of(root)["base"]["sha256"]
    second = champion
    roll_back(root, 0)
    roll_back(root, 1)
    assert read_champion(root) is not None
    champion = read_champion(root)
    assert champion is not None
    assert champion.sha256 == second.sha256
    assert ledger_faults(root) == []


def test_a_kept_candidate_that_is_judged_again_by_other_limits_is_not_compared_with_itself(
    flywheel: Flywheel,
) -> None:
    root = flywheel(policy="decide: {open_guard: keep}\n")
    turn(root)
    base = decision_of(root)["base"]
    path = root / "flywheel.yaml"
    path.write_text(
        path.read_text().replace("open_guard: keep", "open_guard: keep, keep_drop: 0.3")
    )
    assert open_cycle(root, 1).comparison.sha256 == base["sha256"]
    assert turn(root).name == "Kept"
    assert decision_of(root)["base"]["sha256"] == base["sha256"]
