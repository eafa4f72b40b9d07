"""A server is checked every night: what is worse is found, named and due, and no transcript leaves."""

from __future__ import annotations

import json
import logging
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client

from flows.check_served import check_served_model
from flows.cli import main
from flows.cycle import flywheel_cycle
from flows.sweep import flywheel_sweep
from tasks.orchestration.names import artifact_key, workspace_name
from tasks.records.files import read_jsonl
from tasks.workspace.audio import read_samples
from tasks.workspace.ledger import read_ledger
from tasks.workspace.open import open_cycle
from tasks.workspace.status import cycle_status, cycle_to_run

pytestmark = pytest.mark.usefixtures("prefect_server")


def mark(path: Path, number: int) -> None:
    """Make a clip like no other, by its first sample."""
    content = bytearray(path.read_bytes())
    content[44:46] = struct.pack("<h", number)
    path.write_bytes(content)


def test_a_server_with_one_term_in_ten_wrong_is_found_due_after_two_nights_and_forgotten_when_mended(
    flywheel: Callable[..., Path], riva: tuple[Any, str], artifacts: Callable[[str], list[Any]],
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    root = flywheel()
    for number in range(100):
        mark(root / f"cycle1/audio/{number}.wav", number)
    flywheel_cycle(root, 1)
    server, endpoint = riva
    offline = read_jsonl(root / "cycle2/offline_hyps.jsonl")
    clips = [read_samples(root / "cycle1" / row["audio_filepath"]) for row in offline]
    server.answers = {clip: row["hyp"] for clip, row in zip(clips, offline, strict=True)}
    caplog.set_level(logging.DEBUG)

    night = partial(check_served_model, root, endpoint=endpoint, return_state=True)
    state = night()
    assert (state.name, state.result()["broke"]) == ("Served", [])
    assert state.message.startswith("What is served is no worse than it was offline: 0 of 100 rows")

    for clip, row in zip(clips, offline, strict=True):
        if row["term"].endswith("7"):  # one term in ten
            server.answers[clip] = row["hyp"].replace(row["term"], "qwertz")
    first, second = night(), night()
    assert (first.name, first.result()["broke"], first.result()["due"]) == (
        "ServedWorse",
        ["terms", "critical_tokens_clinical"],  # the terms of these rows have numbers
        False,
    )
    assert "Guard terms broke: " in first.message
    assert second.result()["due"]
    assert second.message.endswith("So it was in 2 checks in a row: cycle 1 is due.")

    status = cycle_status(root, 1)
    assert (status.due, status.verdict) == (True, "keep")
    assert status.outcome.endswith(
        f"2 checks in a row (endpoint {endpoint}): terms, critical_tokens_clinical"
    )
    assert status.following is not None
    assert status.following.command.endswith(f"--check --endpoint {endpoint}")
    assert cycle_to_run(root) == 1, "it is the only one"
    swept = flywheel_sweep([root], return_state=True)
    assert swept.message == "1 cycles: 1 run, 0 not due, 0 failed"

    (table, *_) = artifacts(artifact_key(root, open_cycle(root, 1).name, "cycle-1-served"))[-1:]
    assert "| terms " in table.data
    flow_run = second.state_details.flow_run_id
    with get_client(sync_client=True) as api:
        run = api.read_flow_run(flow_run)
        states = api.read_flow_run_states(flow_run)
    kept_quiet = caplog.text + str(states) + str(run.parameters) + str(table.data)
    kept_quiet += (root / "ledger.jsonl").read_text()
    assert "qwertz" not in kept_quiet
    assert not [row["hyp"] for row in offline if row["hyp"] in kept_quiet]
    assert run.name == f"check-served-{workspace_name(root)}"

    server.answers = {clip: row["hyp"] for clip, row in zip(clips, offline, strict=True)}
    capsys.readouterr()
    assert main(["hand-off", str(root), "--check", "--endpoint", endpoint]) == 0
    assert "What is served is no worse" in capsys.readouterr().out
    assert not cycle_status(root, 1).due
    outcomes = [line.outcome for line in read_ledger(root)]
    assert outcomes == ["keep", *["served"] * 4]


def test_an_exported_model_that_misses_more_is_found_and_its_rows_are_printed(
    flywheel: Callable[..., Path], fake_model: Callable[..., Path], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    root = flywheel()
    flywheel_cycle(root, 1)
    export = fake_model(tmp_path / "export.nemo", 0.6)
    capsys.readouterr()
    words = ["hand-off", str(root), "1", "--check", "--model", str(export)]
    assert main(words) == 1
    shown = capsys.readouterr().out
    assert "Guard terms broke: 40 of 100 rows are worse and 0 better" in shown
    assert "served “please start something today" in shown
    assert main([*words, "--json"]) == 1
    record = json.loads(capsys.readouterr().out)
    assert record["served"]["broke"][0] == "terms"
    assert record["served"]["due"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["1", "--endpoint", "a:1"], "--out, --check: expected one of the two"),
        (["1", "--check", "a:1", "--endpoint", "b:1"], "--check: expected --check, alone, beside"),
        (["1", "--check", "a:1", "--model", "m.nemo"], "--check: expected --check, alone, beside"),
        (["--check", "--endpoint", "a:1"], "--cycle: expected a cycle; "),
    ],
)
def test_a_check_that_cannot_be_is_invalid_input(
    flywheel: Callable[..., Path],
    words: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["hand-off", str(flywheel()), *words]) == 2
    assert sentence in capsys.readouterr().err
