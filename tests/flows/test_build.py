"""The command: from a list of terms to a cycle that can be run."""

from __future__ import annotations

from pathlib import Path

from flows.commands.build import build_summary
from tasks.build import build_benchmark
from tasks.records.build import BuildRecord
from tasks.records.record import read_record
from tasks.workspace.commands import build_command
from tasks.workspace.open import open_cycle
from tests.flows.test_commands import command, contents


def test_a_benchmark_is_built_that_a_cycle_can_be_run_on(tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_text("term,entity_category\ntimolol,drug\nlactate,lab\n")
    (tmp_path / "flywheel.yaml").write_text("build: {rows_per_term: 2}\n")
    done = command("flows.build", "--workspace", tmp_path, "--cycle", 1)
    assert done.returncode == 0, done.stderr
    assert "4 rows, 4 made" in done.stdout
    assert (done.stdout + done.stderr).count("2 terms are not checked yet") == 1
    assert done.stdout.splitlines()[-1].endswith(str(build_command(tmp_path, 1)))
    assert "To continue with `build: {rows_per_term: 50}` in flywheel.yaml" in done.stdout
    assert len(open_cycle(tmp_path, 1).rows) == 4
    record = read_record(tmp_path / "cycle1/build.json", BuildRecord)
    assert record is not None
    assert [one.engine for one in record.engines] == ["espeak"]


def test_refused_rows_name_their_terms(tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_text("term,entity_category\ntimolol,drug\nlactate,lab\n")
    voices = "{rows_per_term: 4, engines: [{voices: [en-us, xx-none]}], audition: 'off'}"
    (tmp_path / "flywheel.yaml").write_text(f"build: {voices}\n")
    lines = build_summary(build_benchmark(tmp_path, 1)).splitlines()
    assert lines[1] == "refused, lactate, timolol: 4 rows, espeak-ng has no voice 'xx-none'"


def test_bad_input_exits_with_2_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_text("term,entity_category\ntimolol,drugs\n")
    before = contents(tmp_path)
    done = command("flows.build", "--workspace", tmp_path, "--cycle", 1)
    assert done.returncode == 2
    assert "terms.csv:2: entity_category" in done.stderr
    assert contents(tmp_path) == before
