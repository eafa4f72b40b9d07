"""compare-systems: the command needs no server, the flow leaves an artifact."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client

from flows.cli import main
from flows.commands.compare import CompareFlags, run
from flows.compare import compare_systems
from tasks.domain.errors import InvalidInput
from tasks.orchestration.names import artifact_key


@pytest.fixture
def root(workspace: Callable[..., Path]) -> Path:
    """A workspace of 24 rows, and two files of transcripts beside it."""
    rows = [
        {"text": f"start drug{n:02} today", "term": f"drug{n:02}", "voice_id": f"v{n % 6}"}
        for n in range(24)
    ]
    root = workspace(rows, hypotheses=["" for _ in rows])
    lines = [
        {"audio_filepath": f"cycle1/audio/{n}.wav", "hyp": row["text"]}
        for n, row in enumerate(rows)
    ]
    (root / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (root / "b.trn").write_text("".join(f"start it today ({n})\n" for n in range(24)))
    return root


@pytest.mark.usefixtures("no_server")
def test_the_command_answers_first_and_its_json_is_the_record(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["compare", "--manifest", str(root / "cycle1/manifest.jsonl")]
    words += [str(root / "a.jsonl"), str(root / "b.trn")]
    assert main(words) == 0
    assert capsys.readouterr().out.startswith(
        "# a is better: it misses 0 of 24 drug words, b 24.\n"
    )
    assert main([*words, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in record["systems"]] == ["a", "b"]
    assert record["pairs"][0]["better"] == "a"


@pytest.mark.usefixtures("no_server")
def test_the_words_may_be_a_workspace_and_its_cycles(root: Path) -> None:
    lines = [
        {"audio_filepath": f"audio/{n}.wav", "hyp": f"start drug{n:02} today", "split": "test"}
        for n in range(24)
    ]
    (root / "cycle2").mkdir()
    (root / "cycle2/offline_hyps.jsonl").write_text("\n".join(map(json.dumps, lines)))
    found = run(CompareFlags(systems=(str(root), "1", "2")))
    assert found.text.startswith("# cycle 2 is better: it misses 0 of 24 drug words, cycle 1 24.\n")
    with pytest.raises(InvalidInput, match=r"numbers of cycles after a workspace; got 'b.trn'"):
        run(CompareFlags(systems=(str(root), "b.trn")))


def test_the_flow_completes_with_the_answer_and_leaves_an_artifact(
    root: Path, artifacts: Callable[[str], list[Any]]
) -> None:
    manifest = root / "cycle1/manifest.jsonl"
    state = compare_systems(manifest, (root / "a.jsonl", root / "b.trn"), return_state=True)
    assert str(state.message).startswith("a is better: ")
    assert state.result()["pairs"][0]["better"] == "a"
    with get_client(sync_client=True) as api:
        assert api.read_flow_run(state.state_details.flow_run_id).name == "compare-cycle1"
    (table,) = artifacts(artifact_key(root / "cycle1", "cycle1", "compare"))
    assert "a is better: " in str(table.data)
