"""The commands from a shell: exit codes, one message, an untouched workspace."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

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
            "--stop-after: Input should be 'gate', 'split'",
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
