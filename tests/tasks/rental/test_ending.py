"""A machine is ended when the provider confirms it, and not before."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tasks.domain.errors import RentalFailed
from tasks.records.rented import Rental, read_rentals, write_rental
from tasks.rental import ending
from tasks.rental.brev import Brev
from tasks.rental.ending import end_rental
from tests.cloud import Cloud

NAME = "flywheel-a"
PAUSE = 0.02


@pytest.fixture
def record(cloud: Cloud, tmp_path: Path) -> Path:
    """The rented.json of a machine that is on."""
    make(tmp_path)
    return written(tmp_path)


def make(tmp_path: Path) -> None:
    startup = tmp_path / "startup.sh"
    startup.write_text("true\n")
    Brev().create(NAME, "g6e.xlarge", startup)


def written(tmp_path: Path, **changes: object) -> Path:
    fields = {
        "name": NAME, "provider": "brev", "instance": "g6e.xlarge", "price_per_hour": 1.5,
        "price_source": "", "estimated_cost": 1.0, "max_hours": 6.0, "after": "delete",
        "state": "on", "created_at": "2026-01-01T00:00:00+00:00",
    }  # fmt: skip
    path = tmp_path / "w/cycle1/rented.json"
    write_rental(path, Rental.model_validate(fields | changes))
    return path


def test_an_ended_machine_is_recorded_with_its_cost_and_ended_once(
    record: Path, cloud: Cloud
) -> None:
    ended = end_rental(record, NAME, PAUSE)
    assert (ended.state, cloud.states) == ("deleted", ["deleted"])
    assert read_rentals(record) == (ended,)
    assert ended.cost == round((ended.seconds or 0) / 3600 * 1.5, 4)
    asked = len(cloud.calls)
    assert end_rental(record, NAME, PAUSE) == ended
    assert len(cloud.calls) == asked


def test_a_provider_that_refuses_for_a_while_is_asked_again(record: Path, cloud: Cloud) -> None:
    cloud.fail_at("delete", "ls")
    threading.Timer(0.5, cloud.fail_at).start()
    assert end_rental(record, NAME, PAUSE).state == "deleted"
    assert cloud.states == ["deleted"]


def test_a_machine_that_cannot_be_ended_is_named_with_its_price_and_stays_recorded(
    record: Path, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "TRIES", 2)
    cloud.fail_at("delete")
    with pytest.raises(RentalFailed, match=r"flywheel-a could not be ended \(.*\$1.50 an hour"):
        end_rental(record, NAME, PAUSE)
    assert not read_rentals(record)[0].ended


def test_a_machine_that_cannot_be_stopped_is_deleted(
    cloud: Cloud, tmp_path: Path, record: Path
) -> None:
    cloud.fail_at("stop")
    assert end_rental(written(tmp_path, after="stop"), NAME, PAUSE).state == "deleted"
    assert len(cloud.called("brev", "stop")) == 3
    assert cloud.states == ["deleted"]


def test_a_machine_that_appears_late_after_its_making_was_cut_short_is_deleted(
    cloud: Cloud, tmp_path: Path
) -> None:
    path = written(tmp_path, state="creating")
    late = threading.Thread(target=lambda: (time.sleep(0.3), make(tmp_path)))
    late.start()
    ended = end_rental(path, NAME, 0.2)
    late.join()
    assert (ended.state, cloud.states) == ("deleted", ["deleted"])
