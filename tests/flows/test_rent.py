"""A rented machine is always ended: after success, failure, an interruption and kill -9."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from flows.commands.rent import RentFlags, run
from flows.rent import rent_cycle
from tasks.domain.errors import InvalidInput, RentalFailed
from tasks.records.rented import Rental, read_rentals
from tests.cloud import Cloud
from tests.terminal import CTRL_C, SECONDS, OnTerminal

pytestmark = pytest.mark.usefixtures("prefect_server")
Flywheel = Callable[..., Path]
COVERED = "rent: {max_cost: 20}\n"


def rentals(root: Path) -> tuple[Rental, ...]:
    return read_rentals(root / "cycle1/rented.json")


def test_a_cycle_is_run_on_a_rented_machine_and_decided_here(
    flywheel: Flywheel, cloud: Cloud, tmp_path: Path
) -> None:
    root = flywheel(policy=COVERED)
    cloud.look_every(seconds=1)
    shown = run(RentFlags(workspace=root, cycle=1)).text
    assert "# Cycle 1: keep" in shown
    assert shown.endswith(rentals(root)[0].sentence)
    journal = (tmp_path / "decodings").read_text().splitlines()
    assert len(journal) == 2, "decoded there, and not again here"
    (rental,) = rentals(root)
    assert cloud.states == ["deleted"]
    assert (rental.state, rental.gpu) == ("deleted", "L40S")
    assert rental.price_per_hour == 1.86
    assert rental.cost == round((rental.seconds or 0) / 3600 * 1.86, 4)
    champion = json.loads((root / "champion.json").read_text())
    assert champion["path"].startswith(f"{root}/cycle1/models/")


def test_a_decided_cycle_and_one_that_the_gate_stops_rent_nothing(
    flywheel: Flywheel, cloud: Cloud
) -> None:
    root = flywheel(policy=COVERED, rows=10)
    transcripts = [{"audio_filepath": f"audio/{number}.wav", "hyp": ""} for number in range(10)]
    lines = [json.dumps(row) for row in transcripts]
    (root / "cycle1/per_sample.json").write_text("\n".join(lines) + "\n")
    for _ in range(2):
        state = rent_cycle(root, 1, return_state=True)
        assert (state.name, str(state.message)[:7]) == ("Completed", "Gated: ")
    assert not cloud.calls


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        ("", r"flywheel.yaml: rent.max_cost: expected a terminal, to type YES to about \$"),
        (
            "rent: {max_cost: 0.5}\n",
            r"rent: expected a rental of at most \$0.50; it is estimated at",
        ),
        (
            "folds: 5\nrent: {max_hours: 0.5}\n",
            "rent: expected at most 0.5 hours; 0.8 are estimated",
        ),
    ],
)
def test_without_a_terminal_nothing_is_rented_unless_the_policy_covers_it(
    flywheel: Flywheel, cloud: Cloud, policy: str, sentence: str
) -> None:
    root = flywheel(policy=policy)
    with pytest.raises(InvalidInput, match=sentence):
        run(RentFlags(workspace=root, cycle=1))
    assert not cloud.called("brev", "create")
    assert not rentals(root)


@pytest.mark.usefixtures("on_session_server")
def test_a_cycle_that_fails_there_leaves_what_its_stages_finished_and_the_same_command_goes_on(
    flywheel: Flywheel, cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = flywheel(policy=f"{COVERED}sft: {{batch_size: 4}}\n")
    cloud.look_every(seconds=1)
    monkeypatch.setenv("FAKE_TRAINING", "crash")
    with pytest.raises(RentalFailed, match=r"with exit code 1: .*the fake was asked to fail"):
        run(RentFlags(workspace=root, cycle=1))
    assert cloud.states == ["deleted"]
    assert not (root / "ledger.jsonl").exists()
    monkeypatch.delenv("FAKE_TRAINING")
    assert "# Cycle 1: keep" in run(RentFlags(workspace=root, cycle=1)).text
    assert cloud.states == ["deleted", "deleted"]
    assert len((tmp_path / "decodings").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    "flags",
    [{}, {"cycle": 1, "workspace": Path("/nowhere")}, {"end": True, "workspace": Path("/nowhere")}],
)
def test_a_wrong_request_is_invalid_input(
    flywheel: Flywheel, cloud: Cloud, flags: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput, match="expected"):
        run(RentFlags(**{"workspace": flywheel()} | flags))
    assert not cloud.calls


ANSWER = b"YES\n"


def started(root: Path, **environment: str) -> OnTerminal:
    command = ["-m", "flows.rent", "--workspace", root, "--cycle", 1]
    return OnTerminal(*command, environment=environment)


def asked(running: OnTerminal) -> bool:
    return "Type YES to continue:" in running.shown


@pytest.mark.real
@pytest.mark.usefixtures("on_session_server")
@pytest.mark.parametrize("words", [b"yes\n", b"\n"])
def test_a_person_who_does_not_type_yes_rents_nothing(
    flywheel: Flywheel, cloud: Cloud, wait_for: Callable[..., Any], words: bytes
) -> None:
    root = flywheel(policy=COVERED)
    running = started(root)
    wait_for(lambda: asked(running))
    running.press(words)
    running.wait_for_end()
    assert running.process.returncode == 2
    shown = " ".join(running.lines)
    for cost in (
        "$1.86",
        "this run, estimated",
        "$44.64",
        "about $20.00",
        "Data leaves this machine",
    ):
        assert cost in shown
    assert not cloud.called("brev", "create")


def interrupt(running: OnTerminal, how: str) -> None:
    if how == "Ctrl-C":
        running.press(CTRL_C)
    else:
        running.process.send_signal(getattr(signal, how))


@pytest.mark.real
@pytest.mark.usefixtures("on_session_server")
@pytest.mark.parametrize(
    ("step", "how", "code"),
    [
        ("created", "SIGKILL", -signal.SIGKILL),
        ("setup", "Ctrl-C", 130),
        ("setup", "SIGTERM", 143),
        ("look", "SIGKILL", -signal.SIGKILL),
    ],
)
def test_a_machine_is_ended_when_the_command_that_rented_it_is_interrupted(
    flywheel: Flywheel, cloud: Cloud, wait_for: Callable[..., Any], step: str, how: str, code: int
) -> None:
    root = flywheel()
    cloud.run_instead("sleep 0.1")
    cloud.hang_at(step)
    running = started(root)
    wait_for(lambda: asked(running))
    running.press(ANSWER)
    wait_for(lambda: cloud.hanging)
    interrupt(running, how)
    assert running.process.wait(SECONDS) == code
    wait_for(lambda: rentals(root)[0].ended)
    running.wait_for_end()
    assert cloud.states == ["deleted"]
    assert "is being ended in the background" in running.shown
    assert "Traceback" not in running.shown


@pytest.mark.real
@pytest.mark.usefixtures("on_session_server")
def test_a_machine_without_renter_and_caretaker_shuts_itself_down_and_the_next_command_ends_it(
    flywheel: Flywheel, cloud: Cloud, wait_for: Callable[..., Any]
) -> None:
    root = flywheel(policy="rent: {max_hours: 1}\n")
    cloud.run_instead("sleep 0.1")
    cloud.hang_at("setup")
    running = started(root, FAKE_MINUTE="0.2")
    wait_for(lambda: asked(running))
    running.press(ANSWER)
    wait_for(lambda: cloud.hanging)
    (caretaker,) = (
        one for one in psutil.process_iter(["cmdline"])
        if "tasks.rental.caretaker" in one.cmdline() and str(root / "cycle1/rented.json") in one.cmdline()
    )  # fmt: skip
    caretaker.kill()
    running.process.kill()
    running.wait_for_end()
    wait_for(lambda: cloud.states == ["STOPPED"])
    assert not rentals(root)[0].ended
    assert run(RentFlags(workspace=root, end=True)).text == rentals(root)[0].sentence
    assert cloud.states == ["deleted"]
    assert run(RentFlags(workspace=root, end=True)).text == "No rented machine was left."
