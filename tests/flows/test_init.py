"""`flywheel init` makes a workspace that the next command takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.cli import main
from tasks.workspace.commands import build_command

pytestmark = pytest.mark.usefixtures("no_server")


def test_a_new_workspace_ends_with_the_command_that_follows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "my-drugs"
    assert main(["init", str(root)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"written  {root / 'flywheel.yaml'}"
    assert (
        lines[-1]
        == f"To continue with your terms in {root / 'terms.csv'}: {build_command(root, 1)}"
    )


def test_a_second_init_keeps_every_file_and_records_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", str(tmp_path)]) == 0
    (tmp_path / "flywheel.yaml").write_text("name: mine\n")
    capsys.readouterr()
    assert main(["init", str(tmp_path), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["written"] == []
    assert str(tmp_path / "flywheel.yaml") in record["kept"]
    assert (tmp_path / "flywheel.yaml").read_text() == "name: mine\n"
