"""The folder of a hand-off: which one may be used, and what a killed hand-off leaves in it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tasks.domain.errors import DamagedFile, InvalidInput
from tasks.workspace.destination import UNFINISHED, check_destination, handing_off

DEAD = f"{2**22 + 1}@{socket.gethostname()}.partial"


def test_an_absent_an_empty_and_an_unfinished_folder_may_be_used(tmp_path: Path) -> None:
    out = tmp_path / "out"
    check_destination(out, tmp_path / "w")
    out.mkdir()
    check_destination(out, tmp_path / "w")
    (out / f".{UNFINISHED}.{DEAD}").write_text("")  # killed before anything else was written
    check_destination(out, tmp_path / "w")
    (out / UNFINISHED).write_text("")
    (out / "adapted_model.nemo").write_text("")
    check_destination(out, tmp_path / "w")


@pytest.mark.parametrize("name", ["flywheel.yaml", "ledger.jsonl", "champion.json", "cycle1"])
def test_a_workspace_is_refused_even_where_a_model_was_once_handed_off_into_it(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / UNFINISHED).write_text("")
    (tmp_path / name).write_text("")
    with pytest.raises(InvalidInput, match="is a workspace"):
        check_destination(tmp_path, tmp_path / "w")


def test_a_record_that_is_none_of_a_hand_off_makes_no_earlier_hand_off(tmp_path: Path) -> None:
    (tmp_path / "hand_off.json").write_text("{}")
    with pytest.raises(DamagedFile, match="remove the folder and hand the model on again"):
        check_destination(tmp_path, tmp_path / "w")


def test_what_a_killed_hand_off_left_half_written_is_removed(tmp_path: Path) -> None:
    alive = f"{os.getpid()}@{socket.gethostname()}.partial"
    for name in (f".MODEL_CARD.md.{DEAD}", f".hand_off.json.{alive}", "hand_off.json"):
        (tmp_path / name).write_text("{")
    with handing_off(tmp_path):
        assert {path.name for path in tmp_path.iterdir()} == {
            UNFINISHED, f".hand_off.json.{alive}",
        }  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == [f".hand_off.json.{alive}"]
