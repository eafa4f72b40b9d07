"""The console command: a table of commands, each loaded when it is run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cli import COMMANDS, TABLE, main
from tests.conftest import FIELDS
from tests.terminal import ROOT

LIGHT = "import sys, flows.cli; flows.cli.main(['--help']); print(*sys.modules)"


def flywheel_command(
    folder: Path, *arguments: object, module: str = "flows.cli"
) -> subprocess.CompletedProcess[str]:
    """Run the command from another folder, as an installed one is run."""
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == main([]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("usage: flywheel COMMAND [options]\n")
    for command in COMMANDS:
        assert f"\n  {command.name:12}{command.help}\n" in shown


def test_the_help_loads_neither_pydantic_nor_prefect() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert not loaded & {"pydantic", "prefect", "numpy", "httpx", "torch", "nemo"}


def test_every_command_has_a_module_and_every_module_a_command() -> None:
    modules = {path.stem.replace("_", "-") for path in (ROOT / "flows/commands").glob("*.py")}
    assert set(TABLE) == modules - {"--init--"}
    for command in COMMANDS:
        assert command.flags().__doc__


@pytest.mark.parametrize("name", sorted(TABLE))
def test_the_help_of_a_command_names_it_as_it_is_typed(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: flywheel {name} ")
    assert "--json" in shown


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("ledgr", "'ledgr' is not a command (did you mean 'ledger'?); "),
        ("handoff", "'handoff' is not a command (did you mean 'hand-off'?); "),
        ("xyz", "'xyz' is not a command; "),
    ],
)
def test_a_mistyped_command_is_one_sentence_with_the_nearest_one(
    typed: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([typed]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"flywheel: {sentence}`flywheel --help` lists the commands\n"


def test_an_underscore_in_a_command_is_a_hyphen(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["hand_off", "--help"])
    assert capsys.readouterr().out.startswith("usage: flywheel hand-off WORKSPACE [CYCLE] ")


def test_the_version_is_that_of_the_installed_distribution(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--version"]) == 0
    version = capsys.readouterr().out.strip()
    assert f'version = "{version}"\n' in (ROOT / "pyproject.toml").read_text()
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text()


@pytest.mark.parametrize("module", ["flows.cli", "flows.ledger"])
def test_a_folder_with_a_tasks_py_of_its_own_changes_nothing(module: str, tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text("raise SystemExit('the tasks of another project')\n")
    (tmp_path / "flows").mkdir()
    words = ["ledger", "w"] if module == "flows.cli" else ["--workspace", "w"]
    done = flywheel_command(tmp_path, *words, module=module)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "Invalid input, 1 fault; nothing was written:",
        "  --workspace: expected a folder; w does not exist",
    ]


def test_a_gate_stop_is_a_record_and_has_an_exit_code_of_its_own_where_it_is_asked_for(
    workspace: Callable[..., Path], tmp_path: Path
) -> None:
    root = workspace([{}], [FIELDS["text"]])
    done = flywheel_command(tmp_path, "cycle", root, 1, "--json", "--exit-code")
    record = json.loads(done.stdout)
    assert done.returncode == 12
    assert (record["outcome"], record["cycle"], record["decision"]) == ("gate", 1, None)
    assert record["gate"]["route"] == json.loads((root / "cycle1/gate.json").read_text())["route"]
