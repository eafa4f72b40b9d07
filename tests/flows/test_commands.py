"""The commands from a shell: exit codes, one message, an untouched workspace."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from flows.commands import approve, cycle, hand_off, rent
from tasks.domain.errors import InvalidInput, RentalFailed
from tasks.records.files import read_jsonl, write_jsonl

ROOT = Path(__file__).parents[2]


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def contents(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_bad_input_exits_with_2_lists_every_fault_and_writes_nothing(
    workspace: Callable[..., Path],
) -> None:
    root = workspace(
        [{"entity_category": "x"}, {"term": "aspirin"}, {"audio_filepath": "audio/0.wav"}]
    )
    before = contents(root)
    done = command("flows.cycle", "--workspace", root, "--cycle", 1)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "Invalid input, 2 faults; nothing was written:",
        "  manifest.jsonl:1: entity_category: expected one of drug, procedure, anatomy, condition, "
        "lab, role; got 'x'",
        "  manifest.jsonl:2: term: expected its words in the text; got 'aspirin'",
    ]
    assert contents(root) == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--workspace", "/nowhere", "--cycle", 1), "expected a folder; /nowhere does not exist"),
        (("--workspace", "/tmp", "--cycle", 0), "--cycle: "),
        (("--workspace", "/tmp", "--cycle", 1, "--policy", "/no.yaml"), "/no.yaml does not exist"),
        (
            ("--workspace", "/tmp", "--cycle", 1, "--stop-after", "lunch"),
            "--stop-after: expected 'gate', 'split'",
        ),
    ],
)
def test_a_wrong_flag_is_one_sentence_and_exit_code_2(
    arguments: tuple[object, ...], sentence: str
) -> None:
    done = command("flows.cycle", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_baseline_has_one_source(workspace: Callable[..., Path]) -> None:
    manifest = workspace([{}]) / "cycle1/manifest.jsonl"
    done = command("flows.baseline", "--manifest", manifest, "--out", "/tmp/never")
    assert done.returncode == 2
    assert "--model, --hypotheses, --endpoint: expected one of the three" in done.stderr


@pytest.mark.parametrize(
    ("given", "pool", "times"), [("", None, 1), ("", "gpu", 0), ("per_sample.json", None, 0)]
)
def test_a_cycle_imports_nemo_ahead_where_it_decodes_the_base_here(
    flywheel: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    given: str,
    pool: str | None,
    times: int,
) -> None:
    root, imports = flywheel(), []
    if given:
        rows = read_jsonl(root / "cycle1/manifest.jsonl")
        hypotheses = [{"audio_filepath": row["audio_filepath"], "hyp": ""} for row in rows]
        write_jsonl(root / "cycle1" / given, hypotheses)
    monkeypatch.setattr("tasks.jobs.runner.import_ahead", lambda: imports.append(1))
    monkeypatch.setattr("tasks.orchestration.server.on_prefect", lambda _: nullcontext())
    monkeypatch.setattr("tasks.orchestration.work_pool.check_pool", lambda _: None)
    monkeypatch.setattr("flows.cycle.flywheel_cycle", lambda *_: None)
    cycle.run(cycle.CycleFlags(workspace=root, cycle=1, pool=pool))
    assert len(imports) == times


UNDECIDED = "cycle 1 is not decided for its present inputs"


@pytest.mark.usefixtures("no_server")
def test_an_answer_to_nothing_is_refused_before_prefect_starts(
    flywheel: Callable[..., Path],
) -> None:
    answer = {"decision": "yes", "reviewer": "Dr. Okafor", "reason": "checked all twenty clips"}
    flags = approve.ApproveFlags.model_validate({"workspace": flywheel(), "cycle": 1} | answer)
    with pytest.raises(InvalidInput, match=UNDECIDED):
        approve.run(flags)


@pytest.mark.usefixtures("no_server")
def test_what_was_not_kept_is_not_handed_on_before_prefect_starts(
    flywheel: Callable[..., Path], tmp_path: Path
) -> None:
    flags = hand_off.HandOffFlags(workspace=flywheel(), cycle=1, out=tmp_path / "out")
    with pytest.raises(InvalidInput, match=UNDECIDED):
        hand_off.run(flags)


@pytest.mark.usefixtures("no_server")
def test_a_machine_that_cannot_be_had_is_reported_before_prefect_starts(
    flywheel: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "no-programs"))
    with pytest.raises(RentalFailed, match="brev is not installed on this machine"):
        rent.run(rent.RentFlags(workspace=flywheel(), cycle=1))
