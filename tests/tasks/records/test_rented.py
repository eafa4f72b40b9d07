"""rented.json names every machine until somebody recorded its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.domain.errors import DamagedFile
from tasks.records.rented import Rental, left_rentals, read_rentals, write_rental

FIRST = Rental(
    name="flywheel-a", provider="brev", instance="g6e.xlarge", price_per_hour=1.5, price_source="",
    estimated_cost=1.0, max_hours=6.0, after="delete", created_at="2026-01-01T23:30:00+00:00",
)  # fmt: skip


def test_a_rental_replaces_what_was_recorded_of_its_machine_alone(tmp_path: Path) -> None:
    path, second = tmp_path / "cycle2/rented.json", FIRST.model_copy(update={"name": "flywheel-b"})
    assert read_rentals(path) == ()
    write_rental(path, FIRST)
    write_rental(path, second)
    ended = FIRST.ended_as("deleted", "2026-01-03T00:00:00+00:00")
    write_rental(path, ended)
    assert set(read_rentals(path)) == {ended, second}
    assert left_rentals(tmp_path) == [(path, second)]


def test_the_cost_is_that_of_all_its_time(tmp_path: Path) -> None:
    ended = FIRST.ended_as("stopped", "2026-01-03T00:00:00+00:00")
    assert (ended.seconds, ended.cost, ended.ended) == (24.5 * 3600, 24.5 * 1.5, True)
    assert ended.sentence == "flywheel-a was rented for 24.50 h, about $36.75; it is stopped."


def test_a_damaged_record_is_not_taken_for_no_machine(tmp_path: Path) -> None:
    path = tmp_path / "cycle1/rented.json"
    path.parent.mkdir()
    path.write_text('{"schema_version": 1, "cycle": 1}')
    with pytest.raises(DamagedFile, match="see at the provider that no machine is left"):
        left_rentals(tmp_path)
