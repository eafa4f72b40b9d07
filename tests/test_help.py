"""Every module that runs has --help, or explains in a sentence how it is started."""

from __future__ import annotations

import json

import pytest

from tests.terminal import ROOT
from tests.with_nemo import run_code_with_nemo

SCRIPTS = [
    path
    for path in sorted([*ROOT.glob("reference/*.py"), *ROOT.glob("benchmarks/*.py")])
    if '__name__ == "__main__"' in path.read_text(encoding="utf-8")
]
FLOWS = [
    f"flows.{path.stem}" for path in sorted(ROOT.glob("flows/*.py")) if path.stem != "__init__"
]
COMMANDS = FLOWS + [str(path.relative_to(ROOT)) for path in SCRIPTS]


IN_TURN = """
import contextlib, io, json, runpy, sys
path, ended = sys.path[:], []
for name in sys.argv[1:]:
    sys.argv, sys.path[:] = [name, "--help"], path
    out, error, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        try:
            if name.endswith(".py"):
                sys.path.insert(0, name.rpartition("/")[0])
                runpy.run_path(name, run_name="__main__")
            else:
                runpy.run_module(name, run_name="__main__", alter_sys=True)
        except SystemExit as end:
            if isinstance(end.code, str):
                print(end.code, file=error)
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    ended.append([code, out.getvalue(), error.getvalue()])
print(json.dumps(ended))
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Run every command with --help, in one process that has NeMo: what they load is loaded once."""
    lines = run_code_with_nemo(tmp_path_factory.mktemp("help"), IN_TURN, *COMMANDS)
    return dict(zip(COMMANDS, json.loads(lines[-1]), strict=True))


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_given_or_one_sentence(ended: dict[str, list[str]], command: str) -> None:
    code, out, error = ended[command]
    if code == 0:
        assert out.startswith("usage: ")
    else:
        assert code == 2
        assert out == ""
        assert len(error.splitlines()) == 1
        assert error.endswith(".\n")
