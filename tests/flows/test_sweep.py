"""A sweep runs what is due in every workspace, and one bad workspace holds up none of the others."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prefect.client.schemas.objects import State

from flows.sweep import flywheel_sweep
from tasks.workspace.ledger import read_ledger

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def gated(flywheel: Callable[..., Path]) -> Path:
    """A workspace with one cycle, which the gate stops for its few rows."""
    return flywheel(rows=10)


def sweep(*roots: Path) -> State:
    return flywheel_sweep(list(roots), return_state=True)


def outcomes(root: Path) -> list[str]:
    return [line.outcome for line in read_ledger(root)]


def test_a_cycle_that_is_due_is_run_and_the_next_sweep_leaves_it(gated: Path) -> None:
    first = sweep(gated)
    assert (first.name, first.message) == ("Completed", "1 cycles: 1 run, 0 not due, 0 failed")
    assert first.result() == {"cycles": 1, "run": 1}
    assert outcomes(gated) == ["gate:build"]
    gate = (gated / "cycle1/gate.json").stat()
    again = sweep(gated)
    assert (again.name, again.message) == ("Completed", "1 cycles: 0 run, 1 not due, 0 failed")
    assert (gated / "cycle1/gate.json").stat() == gate


def test_a_cycle_is_due_again_when_its_inputs_change(gated: Path) -> None:
    sweep(gated)
    (gated / "flywheel.yaml").write_text("base: base.nemo\ngate: {min_rows: 50}\n")
    assert sweep(gated).name == "Completed"
    assert outcomes(gated) == ["gate:build", "gate:build"]


def test_workspaces_that_fail_are_named_and_the_others_are_run(
    gated: Path, tmp_path: Path, artifacts: Callable[[str], list[Any]]
) -> None:
    invalid = tmp_path / "invalid"
    (invalid / "cycle1").mkdir(parents=True)
    (invalid / "cycle1/manifest.jsonl").write_text("{}\n")
    state = sweep(tmp_path / "absent", invalid, gated)
    assert (state.name, state.is_failed()) == ("Failed", True)
    assert state.message == "3 cycles: 1 run, 2 not due, 2 failed"
    assert outcomes(gated) == ["gate:build"]
    tables = [str(one.data) for one in artifacts("sweep")]
    (table,) = (one for one in tables if str(tmp_path) in one)
    assert "there is no such folder" in table
    assert "invalid input, " in table
    assert "Gated: The benchmark has 10 rows; a fine-tune needs 100: add 90." in table


def test_workspaces_that_are_at_work_at_once_are_named_in_their_order(
    gated: Path, tmp_path: Path, artifacts: Callable[[str], list[Any]]
) -> None:
    """Five, of which four have a thread each; none finds the pool."""
    roots = [tmp_path / f"pool{number}/w" for number in range(5)]
    for root in roots:
        shutil.copytree(gated, root)
    state = flywheel_sweep(roots, pool="none", return_state=True)
    assert state.message == "5 cycles: 5 run, 0 not due, 5 failed"
    table = str(artifacts("sweep")[-1].data)
    places = [table.index(f"{root} ") for root in roots]
    assert places == sorted(places)
    assert table.count("expected the deployment sft/none on") == 5


def test_a_cycle_that_fails_in_its_run_does_not_end_the_sweep(
    gated: Path, tmp_path: Path, flywheel: Callable[..., Path]
) -> None:
    """cycle1 opens and its run fails: its earlier baseline names rows that are gone."""
    broken = tmp_path / "broken"
    broken.mkdir()
    gated.rename(broken / "w")
    (broken / "w/cycle1/per_sample.json").write_text('{"audio_filepath": "a.wav", "hyp": ""}\n')
    good = flywheel(rows=10)
    state = sweep(broken / "w", good)
    assert (state.name, state.message) == ("Failed", "2 cycles: 2 run, 0 not due, 1 failed")
    assert outcomes(good) == ["gate:build"]


TERMS = "term,entity_category\n" + "".join(f"newdrug{letter},drug\n" for letter in "abcdefgh")
BUILD = "build: {rows_per_term: 1, audition: off, engines: [{voices: [en-us]}]}\n"


def test_a_sweep_that_advances_builds_what_grow_asks_for_and_names_the_reason_it_ends(
    flywheel: Callable[..., Path],
) -> None:
    root = flywheel(after=0.7, policy=f"{BUILD}advance: {{max_cycles: 2}}\n")
    (root / "terms.csv").write_text(TERMS)
    state = flywheel_sweep([root], advance=True, return_state=True)
    assert state.name == "Completed", state.message
    results = outcomes(root)
    assert results[:3] == ["grow", "built", results[2]]
    assert results[-1] == "advance:stopped"
    before = (root / "cycle1/manifest.jsonl").read_text()
    after = (root / "cycle2/manifest.jsonl").read_text()
    assert after.startswith(before)
    assert after.count("newdrug") > 0
    again = flywheel_sweep([root], advance=True, return_state=True)
    assert again.name == "Completed"
    assert outcomes(root) == results


def test_a_benchmark_that_cannot_be_built_is_named_and_ends_it(
    flywheel: Callable[..., Path],
) -> None:
    root = flywheel(after=0.7)
    state = flywheel_sweep([root], advance=True, return_state=True)
    assert state.name == "Failed"
    assert outcomes(root) == ["grow", "advance:stopped"]
    assert "expected a list of terms" in read_ledger(root)[-1].reasons[0]
    flywheel_sweep([root], advance=True, return_state=True)
    assert outcomes(root) == ["grow", "advance:stopped"], "it is recorded once"
    assert not (root / "cycle2/manifest.jsonl").exists()


Harm = Callable[[Path], object]
HARMS: dict[str, Harm] = {
    "a cut ledger": lambda root: (root / "ledger.jsonl").write_text('{"cycle": 1, "outco'),
    "a ledger that is a folder": lambda root: (
        (root / "ledger.jsonl").unlink(),
        (root / "ledger.jsonl").mkdir(),
    ),
    "a policy that is no YAML": lambda root: (root / "flywheel.yaml").write_text("{["),
    "an unknown key": lambda root: (root / "flywheel.yaml").write_text("advnce: {}\n"),
    "a cut champion": lambda root: (root / "champion.json").write_text("{"),
    "a file where the locks are": lambda root: (root / ".locks").write_text(""),
    "no folder": shutil.rmtree,
    "a file": lambda root: (shutil.rmtree(root), root.write_text("")),
    "a lock that cannot be had": lambda root: (root / ".locks/ledger").mkdir(parents=True),
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_a_sweep_that_advances_goes_on_after_any_workspace_that_it_cannot_use(
    harm: Harm, flywheel: Callable[..., Path], tmp_path: Path
) -> None:
    """Its cycle has ended before, so that the sweep asks its ledger and policy what follows."""
    bad, good = tmp_path / "bad", flywheel(rows=10)
    sweep(good)
    shutil.copytree(good, bad)
    shutil.rmtree(bad / ".locks")
    harm(bad)
    state = flywheel_sweep([bad, good], advance=True, return_state=True)
    assert (state.name, str(state.message)[-9:]) == ("Failed", " 1 failed")
    assert outcomes(good) == ["gate:build", "advance:stopped"]


@pytest.mark.parametrize("harm", ["a cut ledger", "a policy that is no YAML"])
def test_a_workspace_without_a_cycle_is_named_where_it_cannot_be_used(
    harm: str, tmp_path: Path
) -> None:
    HARMS[harm](tmp_path)
    assert flywheel_sweep([tmp_path], advance=True, return_state=True).name == "Failed"


def test_nothing_is_written_into_a_folder_without_a_cycle(tmp_path: Path) -> None:
    assert flywheel_sweep([tmp_path], advance=True, return_state=True).name == "Completed"
    assert not list(tmp_path.iterdir())
