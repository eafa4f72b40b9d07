"""Brev is asked in the words of its command line, and its answers are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.domain.errors import RentalFailed
from tasks.rental.brev import Brev
from tests.cloud import Cloud


def answering(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let brev print this, whatever it is asked."""
    (folder / "brev").write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
    (folder / "brev").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_a_machine_is_made_looked_at_stopped_and_deleted(cloud: Cloud, tmp_path: Path) -> None:
    script, brev = tmp_path / "startup.sh", Brev()
    script.write_text("sudo shutdown -h +60\n")
    assert brev.state("flywheel-a") == "gone"
    brev.create("flywheel-a", "g6e.xlarge", script)
    assert brev.address("flywheel-a") == "flywheel-a"
    states = [brev.state("flywheel-a")]
    brev.stop("flywheel-a")
    states.append(brev.state("flywheel-a"))
    brev.delete("flywheel-a")
    states.append(brev.state("flywheel-a"))
    assert states == ["on", "stopped", "gone"]
    assert [call[1:] for call in cloud.called("brev") if call[1] != "ls"] == [
        ["create", "flywheel-a", "--type", "g6e.xlarge", "--startup-script", f"@{script}",
         "--jupyter=false", "--timeout", "900"],
        ["refresh"],
        ["stop", "flywheel-a"],
        ["delete", "flywheel-a"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "state"),
    [("RUNNING", "on"), ("DEPLOYING", "on"), ("FAILURE", "on"), ("UNHEALTHY", "on"),
     ("STOPPING", "stopped"), ("DELETING", "gone")],
)  # fmt: skip
def test_a_machine_that_may_still_cost_is_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str, state: str
) -> None:
    listed = f'{{"workspaces": [{{"name": "b"}}, {{"name": "a", "status": "{status}"}}]}}'
    answering(tmp_path, listed, monkeypatch)
    assert Brev().state("a") == state


@pytest.mark.parametrize("text", ["", "not logged in", "[]", "{}", '"words"'])
def test_an_answer_that_cannot_be_read_is_not_taken_for_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    answering(tmp_path, text, monkeypatch)
    with pytest.raises(RentalFailed, match="brev printed no list"):
        Brev().state("a")


def test_a_kind_of_machine_that_is_not_listed_has_no_price(cloud: Cloud) -> None:
    assert Brev().price_per_hour("g6e.xlarge") == 1.86
    assert Brev().price_per_hour("g6e") is None
