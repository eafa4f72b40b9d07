"""Whether a kept model is still the champion, as its card says it."""

from __future__ import annotations

from pathlib import Path

from tasks.records.record import ModelRecord
from tasks.workspace.champion_note import champion_note
from tasks.workspace.ledger import promote, read_champion

FIRST, SECOND = (ModelRecord(name=sha, path=f"{sha}.nemo", sha256=sha) for sha in ("a", "b"))


def test_the_champion_needs_no_note_and_a_model_before_it_has_one(tmp_path: Path) -> None:
    promote(tmp_path, 1, FIRST, "2026-01-01T00:00:00+00:00", None)
    assert champion_note(tmp_path, 1, FIRST) == ""
    promote(tmp_path, 2, SECOND, "2026-01-02T00:00:00+00:00", read_champion(tmp_path))
    assert champion_note(tmp_path, 2, SECOND) == ""
    assert champion_note(tmp_path, 1, FIRST) == (
        "This model is not the champion now: the champion is that of cycle 2."
    )
