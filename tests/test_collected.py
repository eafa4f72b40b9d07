"""Every test of the tree is collected: a folder that pytest skips hides its tests without a word."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TEST_PATHS = SETTINGS["tool"]["pytest"]["ini_options"]["testpaths"]
SLOW = {"torch", "nemo", "lightning", "mlflow", "prefect_kubernetes", "kubernetes_asyncio"}
NEMO_ONLY = ROOT / "tasks/nemo_jobs"  # scripts for a NeMo image: they import torch


def with_doctest(path: Path) -> bool:
    """Return whether a docstring of the file has an example."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    return any(
        ">>> " in (ast.get_docstring(node) or "")
        for node in ast.walk(tree)
        if isinstance(node, documented)
    )


def written() -> set[str]:
    """Return the files that have tests: test_*.py, and modules with examples, wherever they are."""
    tests = set(ROOT.glob("tests/**/test_*.py"))
    sources = [path for top in ("flows", "tasks") for path in ROOT.glob(f"{top}/**/*.py")]
    examples = {path for path in sources if NEMO_ONLY not in path.parents and with_doctest(path)}
    return {str(path.relative_to(ROOT)) for path in tests | examples}


def collected(session: pytest.Session) -> set[str]:
    """Return the files of which pytest collects a test, as `make test` does.

    They are those of this session, where it is one of all tests.
    """
    config = session.config
    everything = {Path(one).name for one in config.args} == set(TEST_PATHS)
    if everything and not (config.option.markexpr or config.option.keyword):
        return {item.nodeid.split("::")[0] for item in session.items}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:xdist"]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
    return {line.split(":")[0] for line in done.stdout.splitlines() if ".py: " in line}


def test_pytest_collects_every_file_that_has_tests(request: pytest.FixtureRequest) -> None:
    assert sorted(written() - collected(request.session)) == []


def imported_at_once(path: Path) -> set[str]:
    """Return the packages that a file imports, or asks for, outside its functions and classes."""
    names = set()
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        match statement:
            case ast.Import():
                names |= {alias.name for alias in statement.names}
            case ast.ImportFrom(module=str(module)):
                names.add(module)
            case (
                ast.Expr(value=ast.Call(args=[ast.Constant(str(name)), *_]))
                | ast.Assign(value=ast.Call(args=[ast.Constant(str(name)), *_]))
            ):  # pytest.importorskip
                names.add(name)
    return {name.split(".")[0] for name in names}


def test_no_file_of_tests_imports_what_takes_long_when_it_is_collected() -> None:
    """Each worker of a run collects all tests, and most need none of these: the tests import them."""
    found = {str(path): SLOW & imported_at_once(path) for path in ROOT.glob("tests/**/*.py")}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize("name", ["build", "dist", "node_modules", "venv", "vendor", "target"])
def test_no_folder_has_a_name_that_tools_skip(name: str) -> None:
    tops = [*TEST_PATHS, "flows"]
    assert [path for top in tops for path in ROOT.glob(f"{top}/**/{name}") if path.is_dir()] == []


def test_pytest_skips_no_folder_by_its_name(pytestconfig: pytest.Config) -> None:
    assert "build" not in pytestconfig.getini("norecursedirs")
