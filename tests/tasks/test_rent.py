"""Stage rent: whatever fails, the machine is ended; tests/flows/test_rent.py has interruptions."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.domain.errors import CycleBusy, InvalidInput, RentalFailed
from tasks.records.rented import LOCK, read_rentals, write_rental
from tasks.rent import agree, end_left_machines, make_offer, run_on_rented_machine
from tasks.workspace.cycle import Cycle
from tasks.workspace.locks import locked
from tasks.workspace.open import open_cycle
from tests.cloud import Cloud

rent = inspect.unwrap(run_on_rented_machine)
CYCLE = (
    "mkdir -p {there}/cycle1/decoded; echo transcript >{there}/cycle1/decoded/one.jsonl; "
    "echo {words}; exit {code}"
)


@pytest.fixture
def cycle(flywheel: Callable[..., Path], cloud: Cloud) -> Cycle:
    """A cycle whose stand-in on a machine leaves hypotheses."""
    cycle = open_cycle(flywheel(), 1)
    run_instead(cloud, cycle, 0)
    return cycle


def run_instead(cloud: Cloud, cycle: Cycle, code: int) -> None:
    there = f"{cloud.folder}/machines/*/root{cycle.root}"
    script = CYCLE.format(there="$there", words="the last words", code=code)
    cloud.run_instead(f"there=$(echo {there})\n{script}\n")


def test_the_machine_can_shut_itself_down_before_anything_else_is_done_there(
    cycle: Cycle, cloud: Cloud
) -> None:
    done = rent(cycle, make_offer(cycle))
    assert (done.state, cloud.states) == ("deleted", ["deleted"])
    programs = [call[0] for call in cloud.calls]
    assert programs.index("shutdown") < programs.index("ssh") < programs.index("rsync")
    assert cloud.called("shutdown")[0] == ["shutdown", "-h", "+360"]
    assert len(cloud.called("shutdown")) == 2
    assert (cycle.folder / "decoded/one.jsonl").read_text() == "transcript\n"
    (rental,) = read_rentals(cycle.folder / "rented.json")
    assert (rental.gpu, rental.outcome) == ("L40S", "run there, and fetched")
    assert rental.work_seconds is not None


@pytest.mark.parametrize(
    "step",
    ["create", "created", "reach", "watchdog", "folders", "code", "send", "setup", "start", "fetch"],
)  # fmt: skip
def test_a_failure_at_any_step_ends_the_machine_and_is_one_sentence(
    cycle: Cycle, cloud: Cloud, step: str
) -> None:
    cloud.fail_at(step)
    with pytest.raises(RentalFailed, match=f"the stand-in was asked to fail at {step}"):
        rent(cycle, make_offer(cycle))
    assert cloud.states == ([] if step == "create" else ["deleted"])
    (rental,) = read_rentals(cycle.folder / "rented.json")
    assert rental.state == "deleted"
    assert rental.outcome.endswith(f"fail at {step}")
    assert rental.seconds is not None


def test_a_connection_that_is_lost_for_a_while_loses_nothing(
    cycle: Cycle, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.run_instead(
        f"echo look >{cloud.folder}/faults.txt; sleep 1; rm {cloud.folder}/faults.txt"
    )
    rent(cycle, make_offer(cycle))
    assert cloud.states == ["deleted"]


def test_a_cycle_that_failed_there_is_fetched_and_its_last_words_are_reported(
    cycle: Cycle, cloud: Cloud
) -> None:
    run_instead(cloud, cycle, 1)
    with pytest.raises(RentalFailed, match="with exit code 1: the last words"):
        rent(cycle, make_offer(cycle))
    assert cloud.states == ["deleted"]
    assert (cycle.folder / "decoded/one.jsonl").exists()


def test_a_policy_may_stop_the_machine_instead(flywheel: Callable[..., Path], cloud: Cloud) -> None:
    cycle = open_cycle(flywheel(policy="rent: {after: stop}\n"), 1)
    cloud.run_instead("exit 0")
    assert rent(cycle, make_offer(cycle)).state == "stopped"
    assert cloud.states == ["STOPPED"]


def test_nothing_is_rented_where_the_provider_does_not_answer(cycle: Cycle, cloud: Cloud) -> None:
    cloud.fail_at("ls")
    with pytest.raises(RentalFailed, match="fail at ls"):
        rent(cycle, make_offer(cycle))
    assert not cloud.called("brev", "create")
    assert not read_rentals(cycle.folder / "rented.json")


def test_values_of_a_policy_reach_no_shell(flywheel: Callable[..., Path], cloud: Cloud) -> None:
    root = flywheel(policy='name: "$(touch pwned); \'x"\n')
    cloud.run_instead("exit 0")
    cycle = open_cycle(root, 1)
    done = rent(cycle, make_offer(cycle))
    assert done.machine.startswith("flywheel-touch-pwned-x-cycle-1-")
    assert not [*cloud.folder.rglob("pwned")]


def test_the_price_is_that_of_the_provider_and_that_of_the_policy_where_it_names_none(
    flywheel: Callable[..., Path], cloud: Cloud
) -> None:
    cycle = open_cycle(flywheel(policy="rent: {price_per_hour: 2.5}\n"), 1)
    assert make_offer(cycle).price_per_hour == 1.86
    other = cycle.policy.rent.model_copy(update={"instance": "unknown"})
    policy = cycle.policy.model_copy(update={"rent": other})
    offer = make_offer(replace(cycle, policy=policy))
    assert (offer.price_per_hour, offer.price_source) == (2.5, "price of the policy")
    assert "clips of the benchmark: 100" in offer.disclosure
    assert not cloud.called("brev", "create")


def test_what_an_earlier_command_left_is_ended_unless_it_is_in_use(
    cycle: Cycle, cloud: Cloud
) -> None:
    assert end_left_machines(cycle.root) == []
    rent(cycle, make_offer(cycle))
    path = cycle.folder / "rented.json"
    (rental,) = read_rentals(path)
    write_rental(path, rental.model_copy(update={"state": "on"}))
    (cloud.folder / "machines" / rental.name / "status").write_text("RUNNING")
    with locked(cycle.root, LOCK), pytest.raises(CycleBusy, match="is in use or is being ended"):
        end_left_machines(cycle.root)
    assert cloud.states == ["RUNNING"]
    assert [one.state for one in end_left_machines(cycle.root)] == ["deleted"]
    assert cloud.states == ["deleted"]


def test_a_pipe_answers_nothing(cycle: Cycle, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match="expected a terminal, to type YES"):
        agree(make_offer(cycle))


def test_no_command_line_has_a_secret(
    cycle: Cycle, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLYWHEEL_NGC_API_KEY", "a-secret")
    rent(cycle, make_offer(cycle))
    assert "a-secret" not in json.dumps(cloud.calls)


HOSTILE = """
cd {there}
for name in flywheel.yaml general.jsonl terms.csv champion.json ledger.jsonl \\
  cycle1/manifest.jsonl cycle1/per_sample.json cycle1/audition.json cycle1/build.json cycle1/gate.json \\
  cycle1/audio/0.wav cycle1/rented.json cycle1/growth_plan.csv cycle1/decoded/own_baseline.json \\
  cycle1/models/another-recipe/adapted_model.nemo cycle1/new.txt cycle2/approval.json \\
  cycle2/decision.json cycle2/report.html cycle2/growth_plan.csv \\
  cycle2/audition.json cycle3/manifest.jsonl
do mkdir -p "$(dirname $name)"; echo hostile >$name; done
"""
THERE_ALREADY = (
    *("cycle1/audition.json", "cycle1/build.json", "cycle1/per_sample.json"),
    *("cycle1/models/another-recipe/adapted_model.nemo", "cycle2/growth_plan.csv"),
)


def test_nothing_comes_back_from_a_machine_but_what_stages_make(cycle: Cycle, cloud: Cloud) -> None:
    offer = make_offer(cycle)
    for name in THERE_ALREADY:
        (cycle.root / name).parent.mkdir(parents=True, exist_ok=True)
        (cycle.root / name).write_text("ours")
    before = contents(cycle.root)
    there = f"{cloud.folder}/machines/*/root{cycle.root}"
    script = CYCLE.format(there="$there", words="done", code=0)
    cloud.run_instead(f"there=$(echo {there})\n{HOSTILE.format(there='$there')}\n{script}\n")
    rent(cycle, offer)
    after = contents(cycle.root)
    new = {name for name, content in after.items() if before.get(name) != content}
    assert new == {"cycle1/decoded/one.jsonl", "cycle1/rented.json"}
    assert b"hostile" not in b"".join(after.values())


def contents(root: Path) -> dict[str, bytes]:
    paths = [path for path in root.rglob("*") if path.is_file() and ".locks" not in path.parts]
    return {str(path.relative_to(root)): path.read_bytes() for path in paths}
