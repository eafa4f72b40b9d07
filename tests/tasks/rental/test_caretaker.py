"""The caretaker is no child of the renter, and one workspace has one at a time.

What it does when the renter is interrupted is in tests/flows/test_rent.py.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tasks.domain.errors import CycleBusy, RentalFailed
from tasks.records.rented import Rental, read_rentals, write_rental
from tasks.rental.caretaker import Caretaker
from tests.cloud import Cloud

NAME = "flywheel-a"


@pytest.fixture
def record(cloud: Cloud, tmp_path: Path) -> Path:
    rental = Rental(
        name=NAME, provider="brev", instance="g6e.xlarge", price_per_hour=1.5, price_source="",
        estimated_cost=1.0, max_hours=6.0, after="delete", created_at="2026-01-01T00:00:00+00:00",
        state="on",
    )  # fmt: skip
    path = tmp_path / "w/cycle1/rented.json"
    write_rental(path, rental)
    (cloud.folder / "machines" / NAME).mkdir(parents=True)
    (cloud.folder / "machines" / NAME / "status").write_text("RUNNING")
    return path


def caretakers(record: Path) -> list[psutil.Process]:
    found = psutil.process_iter(["cmdline"])
    return [one for one in found if str(record) in (one.info["cmdline"] or [])]


def test_it_waits_outside_of_the_renters_processes_and_ends_the_machine_when_the_renter_is_done(
    record: Path, cloud: Cloud
) -> None:
    with Caretaker(record, NAME):
        (caretaker,) = caretakers(record)
        assert caretaker not in psutil.Process().children(recursive=True)
        assert cloud.states == ["RUNNING"]
        with pytest.raises(CycleBusy, match="is in use or is being ended"):
            Caretaker(record, NAME)
    assert cloud.states == ["deleted"]
    assert read_rentals(record)[0].state == "deleted"


def test_an_interrupted_renter_does_not_wait_for_it(
    record: Path, cloud: Cloud, wait_for: Callable[..., Any]
) -> None:
    cloud.fail_at("delete")
    with pytest.raises(KeyboardInterrupt), Caretaker(record, NAME):
        raise KeyboardInterrupt
    assert cloud.states == ["RUNNING"]
    cloud.fail_at()
    wait_for(lambda: cloud.states == ["deleted"], seconds=20)
    wait_for(lambda: not caretakers(record), seconds=20)


def test_where_it_was_killed_the_renter_ends_the_machine(record: Path, cloud: Cloud) -> None:
    with Caretaker(record, NAME):
        for one in caretakers(record):
            one.kill()
    assert cloud.states == ["deleted"]


def test_a_failure_of_the_renter_is_reported_after_the_machine_is_ended(
    record: Path, cloud: Cloud
) -> None:
    with pytest.raises(RentalFailed, match="the fine-tune failed"), Caretaker(record, NAME):
        raise RentalFailed("the fine-tune failed")
    assert cloud.states == ["deleted"]
