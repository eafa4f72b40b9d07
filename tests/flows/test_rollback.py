"""A rollback by hand: refused in one sentence, done under the ledger's lock, without a server."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.commands.rollback import RollbackFlags, run
from flows.rollback import rollback_champion
from tasks.domain.verdict.priority import Priority
from tasks.orchestration.command import run_command
from tasks.records.files import file_sha256
from tasks.records.ledger_line import DecisionLine
from tasks.records.record import ModelRecord
from tasks.workspace.ledger import read_champion, read_ledger, record_decision
from tasks.workspace.locks import LEDGER, locked
from tasks.workspace.open import open_cycle


@pytest.fixture
def kept(workspace: Callable[..., Path], fake_model: Callable[..., Path]) -> Path:
    """A workspace whose cycle 1 was kept and is the champion."""
    root = workspace([{}], policy="base: base.nemo\n")
    fake_model(root / "base.nemo", 0.8)
    model = fake_model(root / "1.nemo", 0.2)
    line = DecisionLine(
        cycle=1, outcome="keep", reasons=("down 75 %",), run="smoke-1",
        rule="held_out", open_guards=(), manifest_sha256="m",
        policy_sha256="p", inputs_sha256="i", priority_ker=0.8,
        priority=Priority("test", 10, 5, 2, 0.8, 0.2, 0.75, None, 0.01, None, 1, 0.025, {}),
        base=ModelRecord(name="base", path="", sha256=None),
        candidate=ModelRecord(name="1", path=str(model), sha256=file_sha256(model)),
        finished_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    record_decision(open_cycle(root, 1), line, None)
    return root


@pytest.fixture
def no_server() -> Iterator[None]:
    """An address where no Prefect server is: a flow that is run here fails."""
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:1/api"}):
        yield


@pytest.mark.usefixtures("no_server")
@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ("2", "--to: expected a cycle that was kept, 1, or 0; got 2"),
        ("-1", "--to: expected at least 0; got '-1'"),
    ],
)
def test_a_rollback_to_a_cycle_that_was_not_kept_is_one_sentence_and_changes_nothing(
    kept: Path,
    to: str,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = (kept / "champion.json").read_bytes(), (kept / "ledger.jsonl").read_bytes()
    monkeypatch.setattr(sys, "argv", ["flows.rollback", "--workspace", str(kept), f"--to={to}"])
    assert run_command(RollbackFlags, run) == 2
    assert capsys.readouterr().err.splitlines() == [
        "Invalid input, 1 fault; nothing was written:",
        f"  {sentence}",
    ]
    assert ((kept / "champion.json").read_bytes(), (kept / "ledger.jsonl").read_bytes()) == before


@pytest.mark.usefixtures("no_server")
def test_the_command_rolls_back_without_a_server_and_shows_the_ledger(kept: Path) -> None:
    printed = run(RollbackFlags(workspace=kept, to=0)).text
    assert printed.splitlines()[-1] == "No champion."
    assert "By hand: there is no champion." in printed
    assert read_champion(kept) is None


def test_a_rollback_waits_for_whoever_holds_the_ledger(kept: Path) -> None:
    """A cycle that is being decided changes champion.json and ledger under the same lock."""
    rollback = threading.Thread(target=run, args=[RollbackFlags(workspace=kept, to=0)])
    with locked(kept, LEDGER):
        rollback.start()
        rollback.join(timeout=0.3)
        assert rollback.is_alive()
        assert read_champion(kept) is not None
        assert [line.outcome for line in read_ledger(kept)] == ["keep"]
    rollback.join()
    assert read_champion(kept) is None


@pytest.mark.usefixtures("prefect_server")
def test_the_flow_ends_in_a_state_that_names_the_champion(kept: Path) -> None:
    rollback_champion(kept, 0)
    state = rollback_champion(kept, 1, return_state=True)
    assert (state.name, state.message) == (
        "Completed", "By hand: the champion of cycle 1 is restored.",
    )  # fmt: skip
    assert state.result()["cycle"] == 1
    assert read_champion(kept) is not None
