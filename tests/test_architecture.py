"""The rules of the layout, read from the source."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STAGES = {"gate", "split", "sft", "transcribe", "score", "decide"}
SOURCES = sorted([*ROOT.glob("flows/*.py"), *ROOT.glob("tasks/**/*.py")])
STANDARD = set(sys.stdlib_module_names)


def imported(path: Path) -> set[str]:
    """Every module that a file imports, function-level imports included."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def in_folder(name: str) -> list[Path]:
    return [
        path for path in SOURCES if path.is_relative_to(ROOT / name) and path.stem != "__init__"
    ]


@pytest.mark.parametrize("path", in_folder("tasks/domain"), ids=lambda path: path.stem)
def test_the_domain_imports_no_io_and_no_layer_above(path: Path) -> None:
    assert not tops(path) & {"prefect", "os", "sys", "subprocess", "logging", "time", "datetime"}
    assert not tops(path) & {"torch", "nemo", "docker", "random", "flows"}
    for name in imported(path):
        assert not name.startswith("tasks") or name.startswith("tasks.domain") or name == "tasks"
    assert "open(" not in path.read_text(encoding="utf-8").replace("reopen(", "")


@pytest.mark.parametrize("path", in_folder("tasks/nemo_jobs"), ids=lambda path: path.stem)
def test_a_nemo_job_imports_only_what_the_nemo_image_has(path: Path) -> None:
    assert tops(path) <= STANDARD | {"nemo", "torch", "lightning", "omegaconf", "hydra"}


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_stages_never_import_each_other(stage: str) -> None:
    others = {f"tasks.{other}" for other in STAGES - {stage}}
    assert not imported(ROOT / "tasks" / f"{stage}.py") & others


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_torch_and_nemo_are_imported_by_jobs_alone(path: Path) -> None:
    if path.parent.name != "nemo_jobs":
        assert not tops(path) & {"torch", "nemo", "lightning"}
    if path.parent.name != "flows":
        assert "flows" not in tops(path)


def test_docker_is_spoken_to_for_containers_alone() -> None:
    assert [path.stem for path in SOURCES if "docker" in tops(path)] == [
        "container",
        "docker_engine",
    ]


def test_only_flows_and_their_tasks_know_prefect() -> None:
    for path in SOURCES:
        if "prefect" in tops(path):
            assert not path.is_relative_to(ROOT / "tasks" / "domain"), path


def test_the_domain_loads_without_prefect_torch_or_nemo() -> None:
    paths = [path.relative_to(ROOT).with_suffix("") for path in in_folder("tasks/domain")]
    names = [".".join(path.parts) for path in paths]
    code = (
        f"import sys, importlib; [importlib.import_module(n) for n in {names}]; "
        "print(sorted({'prefect', 'torch', 'nemo', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_flow_is_under_thirty_lines() -> None:
    for path in in_folder("flows"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                first = node.body[1] if ast.get_docstring(node) else node.body[0]
                assert (node.end_lineno or 0) - first.lineno < 30, node.name


def test_half_of_the_modules_have_under_a_hundred_and_twenty_lines() -> None:
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES)
    assert lengths[len(lengths) // 2] < 120
