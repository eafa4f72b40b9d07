"""The command: from a list of terms to a cycle that can be run."""

from __future__ import annotations

from pathlib import Path

from tasks.workspace.build import BuildRecord
from tasks.workspace.inputs import open_cycle
from tasks.workspace.record import read_record
from tests.flows.test_commands import command, contents


def test_a_benchmark_is_built_that_a_cycle_can_be_run_on(tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_text("term,entity_category\ntimolol,drug\nlactate,lab\n")
    (tmp_path / "flywheel.yaml").write_text("build: {rows_per_term: 2}\n")
    done = command("flows.build", "--workspace", tmp_path, "--cycle", 1)
    assert done.returncode == 0, done.stderr
    assert "4 rows, 4 made" in done.stdout
    assert "2 terms are not heard yet" in done.stdout
    assert len(open_cycle(tmp_path, 1).rows) == 4
    record = read_record(tmp_path / "cycle1/build.json", BuildRecord)
    assert record is not None
    assert [one.engine for one in record.engines] == ["espeak"]


def test_bad_input_exits_with_2_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_text("term,entity_category\ntimolol,drugs\n")
    before = contents(tmp_path)
    done = command("flows.build", "--workspace", tmp_path, "--cycle", 1)
    assert done.returncode == 2
    assert "terms.csv:2: entity_category" in done.stderr
    assert contents(tmp_path) == before
