"""A cycle through the flow, on a real Prefect server, with our own fake of NeMo's scripts."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, FlowRunFilterTags
from prefect.client.schemas.objects import State

from flows.commands.cycle import CycleFlags, run
from flows.cycle import flywheel_cycle
from tasks.domain.policy import Policy
from tasks.orchestration.names import workspace_slug
from tasks.records.files import read_json
from tasks.workspace.ledger import read_ledger
from tests.conftest import on_fakes, write_flywheel

pytestmark = pytest.mark.usefixtures("prefect_server")
Flywheel = Callable[..., Path]
Kept = tuple[Path, State[Any]]
turn = partial(flywheel_cycle, return_state=True)
ROOT = Path(__file__).parents[2]


def files(root: Path) -> set[str]:
    return {
        str(p.relative_to(root))
        for p in root.rglob("*")
        if p.is_file() and not {"audio", ".locks", ".clips.json"} & set(p.parts)
    }


@pytest.fixture(scope="module")
def kept(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A workspace whose fine-tune was kept, for tests that read alone, and the state of its run."""
    root = write_flywheel(tmp_path_factory.mktemp("kept") / "w", policy="name: Drug names\n")
    with pytest.MonkeyPatch.context() as patch:
        on_fakes(patch)
        return root, turn(root)


def test_a_good_fine_tune_is_kept_and_becomes_the_champion(kept: Kept) -> None:
    root, state = kept
    assert state.result()["verdict"] == "keep", "for whoever reads the state"
    assert (state.name, state.type.value) == ("Kept", "COMPLETED")
    decision = read_json(root / "cycle2/decision.json")
    assert decision["verdict"] == "keep"
    assert set(decision["scopes"]) == {"test", "validation", "train", "all"}
    assert decision["scopes"]["test"]["rows"] == 40
    champion = read_json(root / "champion.json")
    assert champion["sha256"] == decision["candidate"]["sha256"]
    assert [line.outcome for line in read_ledger(root)] == ["keep"]


def test_every_file_of_the_contract_is_left_and_no_other(kept: Kept) -> None:
    root, _ = kept
    run_folder = next((root / "cycle1/models").iterdir()).relative_to(root)
    decoded = {name for name in files(root) if "decoded" in name}
    times = {name for name in files(root) if name.startswith("cycle1/compute/")}
    assert len(times) == 3, "two decodings and a fine-tune"
    assert files(root) - decoded - times == {
        "flywheel.yaml", "base.nemo", "champion.json", "ledger.jsonl",
        "cycle1/manifest.jsonl", "cycle1/per_sample.json", "cycle1/results.csv",
        "cycle1/leaderboard_cycle1.md", "cycle1/gate.json", "cycle1/stages.jsonl",
        f"{run_folder}/train.jsonl", f"{run_folder}/validation.jsonl", f"{run_folder}/split.json",
        f"{run_folder}/adapted_model.nemo", f"{run_folder}/training_run_info.json",
        "cycle2/offline_hyps.jsonl", "cycle2/results.csv", "cycle2/leaderboard_cycle2.md",
        "cycle2/decision.json", "cycle2/report.html",
    }  # fmt: skip


def test_results_have_a_line_a_row_and_tell_trained_rows_apart(kept: Kept) -> None:
    root, _ = kept
    with (root / "cycle2/results.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 100
    assert {"audio_filepath", "wer", "cer", "ker", "ser", "split"} <= set(lines[0])
    counted = Counter(line["split"] for line in lines)
    assert counted == {"train": 54, "validation": 6, "test": 40}


def test_training_info_counts_what_was_loaded(kept: Kept) -> None:
    root, _ = kept
    info = read_json(next((root / "cycle1/models").iterdir()) / "training_run_info.json")
    assert info["rows"] == {
        "train": 54, "replay": 0, "validation": 6, "written": 54, "loaded": 54, "filtered": 0,
        "rewritten": 0, "refused": 0,
    }  # fmt: skip
    assert info["source_architecture"] == "ctc"
    assert info["hyperparameters"]["epochs"] == 3


def test_a_useless_fine_tune_grows(flywheel: Flywheel) -> None:
    assert turn(flywheel(after=0.8)).name == "Grow"


def test_a_worse_fine_tune_is_rejected_and_there_is_no_champion(flywheel: Flywheel) -> None:
    root = flywheel(before=0.5, after=1.0)
    assert turn(root).name == "Rejected"
    assert not (root / "champion.json").exists()
    assert [line.outcome for line in read_ledger(root)] == ["reject"]


def test_the_next_cycle_is_compared_with_the_champion_and_writes_no_file_of_the_cycle_before(
    flywheel: Flywheel,
) -> None:
    root = flywheel(policy="gate: {ker_above: 0.15}\n")
    turn(root)
    before = {
        root / name: (root / name).read_bytes()
        for name in files(root)
        if name.startswith(("cycle1/", "cycle2/"))
    }
    for name in ("manifest.jsonl", "audio"):
        (root / "cycle2" / name).symlink_to(root / "cycle1" / name)
    assert turn(root, cycle=2).name == "Grow"
    decision = read_json(root / "cycle3/decision.json")
    assert decision["base"]["sha256"] == read_json(root / "champion.json")["sha256"]
    assert {path: path.read_bytes() for path in before} == before


def test_a_decided_cycle_is_left_alone_and_reports_it(flywheel: Flywheel, tmp_path: Path) -> None:
    root = flywheel()
    turn(root)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    text = run(CycleFlags(workspace=root, cycle=1)).text
    assert text.startswith("Nothing to do: this cycle is decided for these inputs.")
    assert turn(root).name == "Kept"
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before
    assert len((tmp_path / "decodings").read_text().splitlines()) == 2


def test_a_changed_policy_is_a_new_run(flywheel: Flywheel) -> None:
    root = flywheel(policy="")
    turn(root)
    (root / "flywheel.yaml").write_text(
        "base: base.nemo\nsft: {epochs: 7}\ndecide: {open_guard: keep}\n"
    )
    turn(root)
    assert len(list((root / "cycle1/models").iterdir())) == 2
    # the champion that it made is what the second has to beat, and it misses the same rows
    assert [line.outcome for line in read_ledger(root)] == ["keep", "grow"]


def test_a_cycle_stops_after_each_stage_asked_for_and_goes_on_later(flywheel: Flywheel) -> None:
    root = flywheel()
    stops: tuple[tuple[Any, str, str], ...] = (
        ("gate", "cycle1/gate.json", "cycle1/models"),
        ("split", "cycle1/models", "cycle2"),
        ("transcribe", "cycle2/offline_hyps.jsonl", "cycle2/results.csv"),
        ("score", "cycle2/leaderboard_cycle2.md", "cycle2/decision.json"),
    )
    for last, there, absent in stops:
        assert turn(root, stop_after=last).name == "Stopped"
        assert (root / there).exists()
        assert not (root / absent).exists()
    assert turn(root).name == "Kept"


def test_four_shards_give_byte_for_byte_what_one_gives(flywheel: Flywheel) -> None:
    root = flywheel()
    turn(root, stop_after="transcribe")
    whole = {path.name: path.read_bytes() for path in root.glob("cycle1/decoded/*.jsonl")}
    transcripts = (root / "cycle2/offline_hyps.jsonl").read_bytes()
    for path in root.glob("cycle1/decoded/*.jsonl"):
        path.unlink()
    turn(root, shards=4)
    assert len(whole) == 3  # the third is that of the first base, kept for later cycles
    assert {path.name: path.read_bytes() for path in root.glob("cycle1/decoded/*.jsonl")} == whole
    assert (root / "cycle2/offline_hyps.jsonl").read_bytes() == transcripts
    assert not list(root.glob("cycle1/decoded/*.part"))


def test_the_gate_and_the_decision_are_artifacts_of_their_workspace_alone(
    kept: Kept, artifacts: Callable[[str], list[Any]]
) -> None:
    root, _ = kept
    prefix = f"{workspace_slug(root, 'Drug names')}-cycle-1-"
    found = {one.key.removeprefix(prefix): one for one in artifacts(f"{prefix}%")}
    tagged = FlowRunFilter(tags=FlowRunFilterTags(all_=["workspace:Drug names"]))
    with get_client(sync_client=True) as api:
        (flow_run,) = [
            one
            for one in api.read_flow_runs(flow_run_filter=tagged)
            if str(root) in str(one.parameters)
        ]
        its_own = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run.id]))
        tasks = api.read_task_runs(flow_run_filter=its_own)
    tables = {"verdict", "leaderboard"}
    assert set(found) - {"progress-flywheel-cycle"} == {"gate", "decision", "lineage", *tables}
    assert found["gate"].created < found["decision"].created
    assert "# Cycle 1: keep" in str(found["decision"].data)
    assert "| benchmark, 100 rows " in str(found["lineage"].data)
    assert flow_run.name == "Drug names-cycle-1"
    assert {"workspace:Drug names", "cycle:1"} <= set(flow_run.tags)
    assert {one.name for one in tasks} >= {"gate-Drug names-cycle-1", "sft-Drug names-cycle-1"}


def test_a_policy_of_one_run_is_put_over_the_file_and_names_what_it_changes(
    flywheel: Flywheel, caplog: pytest.LogCaptureFixture
) -> None:
    """A policy that sets one thing must not change the base to the default one."""
    root = flywheel()
    turn(root, 1, Policy.model_validate({"sft": {"epochs": 2}}))
    info = next(root.glob("cycle1/models/*/training_run_info.json"))
    record = json.loads(info.read_text())
    assert record["base"]["path"] == str(root / "base.nemo")
    assert record["hyperparameters"]["epochs"] == 2
    assert "policy, for this run: sft.epochs None → 2" in caplog.text
