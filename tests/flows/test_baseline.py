"""score-baseline: checked before Prefect starts, and its state carries the headline."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from flows.baseline import score_baseline
from flows.commands.baseline import BaselineFlags, run
from tasks.domain.errors import InvalidInput
from tasks.records.files import read_jsonl

ROWS = [{"text": f"start metoprolol {number}"} for number in range(4)]


@pytest.fixture
def manifest(workspace: Callable[..., Path]) -> Path:
    """Four rows, and per_sample.json beside them: another system missed the term of the last."""
    texts = [row["text"] for row in ROWS]
    return workspace(ROWS, hypotheses=[*texts[:3], "start metro 3"]) / "cycle1/manifest.jsonl"


@pytest.mark.usefixtures("no_server")
def test_invalid_input_is_found_before_prefect_starts_and_leaves_no_folder(
    manifest: Path, tmp_path: Path
) -> None:
    hypotheses = manifest.with_name("per_sample.json")
    hypotheses.write_text("".join(hypotheses.read_text().splitlines(keepends=True)[:3]))
    out = tmp_path / "scored"
    with pytest.raises(InvalidInput, match=r"expected a hypothesis for audio/3.wav \(manifest"):
        run(BaselineFlags(manifest=manifest, out=out, hypotheses=hypotheses))
    assert not out.exists()


@pytest.mark.usefixtures("no_server")
def test_a_folder_below_a_file_cannot_receive_the_scores(manifest: Path) -> None:
    hypotheses = manifest.with_name("per_sample.json")
    with pytest.raises(
        InvalidInput, match=r"--out: expected a folder to write in; .* is no folder"
    ):
        run(BaselineFlags(manifest=manifest, out=hypotheses / "scored", hypotheses=hypotheses))


@pytest.mark.usefixtures("prefect_server")
def test_the_state_names_the_folder_and_carries_the_headline(
    manifest: Path, tmp_path: Path
) -> None:
    out, hypotheses = tmp_path / "scored", manifest.with_name("per_sample.json")
    state = score_baseline(manifest, out, hypotheses=hypotheses, return_state=True)
    assert (state.name, state.message) == ("Completed", str(out))
    headline = state.result()
    assert (headline["rows"], headline["ker"]) == (4, 0.25)
    with get_client(sync_client=True) as api:
        scoring = api.read_flow_run(state.state_details.flow_run_id)
    assert scoring.name == "score-per_sample.json-on-cycle1"


@pytest.mark.usefixtures("no_server")
def test_hypotheses_are_scored_without_a_server_and_the_leaderboard_is_printed(
    manifest: Path, tmp_path: Path
) -> None:
    out, hypotheses = tmp_path / "scored", manifest.with_name("per_sample.json")
    printed = run(BaselineFlags(manifest=manifest, out=out, hypotheses=hypotheses)).text
    assert printed == (out / "leaderboard.md").read_text()
    assert printed.startswith("# cycle1/per_sample.json on cycle1/manifest.jsonl\n")
    assert read_jsonl(out / "per_sample.json")[3]["hyp"] == "start metro 3"
    with (out / "results.csv").open(newline="") as file:
        found = [(row["wer"], row["ker"], row["ser"]) for row in csv.DictReader(file)]
    assert found[3] == (str(1 / 3), "1", "1")
    assert sorted(path.name for path in out.iterdir()) == [
        "leaderboard.md", "per_sample.json", "results.csv",
    ]  # fmt: skip


@pytest.mark.usefixtures("prefect_server")
def test_a_model_is_scored_from_paths_relative_to_where_the_command_runs(
    flywheel: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = flywheel(rows=4)
    monkeypatch.chdir(root)
    manifest, model = Path("cycle1/manifest.jsonl"), Path("base.nemo")
    printed = run(BaselineFlags(manifest=manifest, out=Path("scored"), model=model)).text
    assert printed == (root / "scored/leaderboard.md").read_text()
    assert len(read_jsonl(root / "scored/per_sample.json")) == 4
    assert not (root / "scored/.decoding").exists()
