"""`flywheel suggest` and its deployment: terms from corrections into the next benchmark, and no word of
a correction in a log, a state or a run."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client

from flows.build import flywheel_build
from flows.cli import main
from flows.suggest import suggest_from_corrections
from tasks.records.files import read_jsonl

BUILD = "build: {rows_per_term: 1, audition: off, engines: [{voices: [en-us]}]}\n"
LINES = (
    "heard,meant,count\nwar farin,warfarin,3\nwarfa inn,Warfarin,\ncrones disease,crohn's disease,\n"
    "war farin for Mr Okonkwo,warfarin,\nmrn 4471902,warfarin,\n"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "w"
    root.mkdir()
    (root / "flywheel.yaml").write_text(BUILD)
    (tmp_path / "corrections.csv").write_text(LINES)
    return root


@pytest.mark.usefixtures("prefect_server")
def test_accepted_terms_are_built_in_the_next_cycle_and_no_correction_is_in_the_run(
    root: Path, caplog: pytest.LogCaptureFixture, artifacts: Callable[[str], list[Any]]
) -> None:
    (root / "terms.csv").write_text("term,entity_category\nmetoprolol,drug\n")
    flywheel_build(root, 1)
    caplog.set_level(logging.DEBUG)
    state = suggest_from_corrections(root, root.parent / "corrections.csv", True, return_state=True)
    assert state.result() == {"new": 1, "refused": 2, "accepted": 1}
    assert state.message == "terms.csv: 1 terms added; the next build makes rows of them"
    with get_client(sync_client=True) as api:
        run = api.read_flow_run(state.state_details.flow_run_id)
        states = api.read_flow_run_states(state.state_details.flow_run_id)
    (shown,) = (
        artifacts(f"{run.name.removeprefix('suggest-')}-suggested") or artifacts("-suggested")[-1:]
    )
    everything = caplog.text + str(states) + str(run.parameters) + str(shown.data)
    for word in ("farin", "crohn", "crones", "Okonkwo", "4471902"):
        assert word not in everything
    flywheel_build(root, 2)
    rows = read_jsonl(root / "cycle2/manifest.jsonl")
    assert {row["term"]: row["entity_category"] for row in rows} == {
        "metoprolol": "drug", "warfarin": "drug",
    }  # fmt: skip


@pytest.mark.usefixtures("no_server")
def test_the_command_needs_no_prefect_and_names_what_was_refused_by_its_line(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["suggest", str(root), "--corrections", str(root.parent / "corrections.csv")]
    assert main(words) == 0
    assert capsys.readouterr().out.splitlines() == [
        "corrections.csv: 5 corrections, 3 used, 2 refused",
        "refused, line 5: it has a title, or the label of a record or an address",
        "refused, line 6: it has a number of 4 digits or more",
        "suggested_terms.csv: 2 new terms, 1 of them without a category; 0 that are listed",
    ]
    assert (root / "suggested_terms.csv").read_text() == (
        "term,entity_category,count,transcribed_as,state\n"
        "warfarin,drug,4,war farin (3) | warfa inn (1),new\n"
        "crohn's disease,,1,crones disease (1),new\n"
    )
    assert main(["suggest", str(root), "--accept", "--only", "warfarin", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accepted"] == 1
    assert main(["suggest", str(root), "--only", "warfarin"]) == 2
    assert "--only: expected --accept beside it" in capsys.readouterr().err
