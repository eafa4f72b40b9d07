"""The rules of the layout, read from the imports in the source."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OF_THE_PROCESS = {"settings", "logs", "processes"}  # beside the stages
STAGES = {path.stem for path in (ROOT / "tasks").glob("*.py")} - {"__init__", *OF_THE_PROCESS}
SOURCES = sorted([*ROOT.glob("flows/**/*.py"), *ROOT.glob("tasks/**/*.py")])
STANDARD = set(sys.stdlib_module_names)
PURE = {"numpy", "scipy", "sklearn", "jiwer", "rapidfuzz", "pandas", "tabulate", "pydantic"}
NEMO = {"torch", "nemo", "lightning", "omegaconf", "hydra", "numba", "yaml"}
IMPURE_STANDARD = {
    "os",
    "sys",
    "subprocess",
    "logging",
    "time",
    "datetime",
    "random",
    "io",
    "socket",
}
RECORDS = {"tasks.domain", "tasks.records"} | {f"tasks.{name}" for name in OF_THE_PROCESS}
PURE_ROOMS = (  # the domain, and what in a room with files is without any; a folder by its name
    "tasks.domain",
    *(
        f"tasks.benchmark.{name}"
        for name in (
            "audition", "audition_plan", "conditions", "corrections", "general", "growth", "harden", "ipa",
            "plan", "pronunciation", "suggestions", "table", "terms",
        )
    ),
    *(f"tasks.recordings.{name}" for name in ("columns", "lists", "record", "rows", "utterances")),
    "tasks.rental.cost",
    "tasks.rental.remote",
)  # fmt: skip
WORKSPACE = {*RECORDS, "tasks.workspace"}
LAYERS = {  # what a package may import of this project; the longest name decides
    "tasks.domain": {"tasks.domain"},
    "tasks.records": RECORDS,
    "tasks.records.schemas": {
        *RECORDS,
        "tasks.benchmark",
        "tasks.recordings",
    },  # of its records, too
    "tasks.workspace": WORKSPACE,
    "tasks.benchmark": {*WORKSPACE, "tasks.benchmark"},
    "tasks.jobs": {*WORKSPACE, "tasks.jobs"},
    "tasks.recordings": {*WORKSPACE, "tasks.benchmark", "tasks.recordings"},
    "tasks.rental": {*WORKSPACE, "tasks.rental"},
    "tasks.orchestration": {*WORKSPACE, "tasks.orchestration"},
    "tasks.report": {*WORKSPACE, "tasks.benchmark", "tasks.recordings", "tasks.report"},
    "tasks.nemo_jobs": set(),
    "tasks.settings": set(),
    "tasks.processes": set(),
    "tasks.logs": {"tasks.domain"},
    "tasks.__init__": {"tasks.logs"},
}
STAGE_IMPORTS = {
    *WORKSPACE, "tasks.jobs", "tasks.benchmark", "tasks.recordings", "tasks.rental", "tasks.orchestration",
    "tasks.report",
}  # fmt: skip
FLOW_IMPORTS = {"flows", "tasks"}
PREFECT_PACKAGES = ("flows", "tasks.orchestration", "tasks.baseline")


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imported(path: Path) -> set[str]:
    """Every module that a file imports, those inside functions included."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def inside(name: str, packages: set[str] | tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def in_package(package: str) -> list[Path]:
    return [path for path in SOURCES if inside(module_name(path), (package,))]


def allowed(path: Path) -> set[str]:
    name = module_name(path)
    if name.startswith("flows"):
        return FLOW_IMPORTS
    package = max((layer for layer in LAYERS if inside(name, (layer,))), key=len, default=None)
    return STAGE_IMPORTS if package is None else LAYERS[package]


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_a_module_imports_only_the_packages_below_it(path: Path) -> None:
    own = {name for name in imported(path) if inside(name, ("tasks.", "flows", "tasks"))}
    own -= {
        "tasks",
        "tasks.domain",
        "tasks.records",
        "tasks.workspace",
    }  # `from tasks.domain import gate`
    assert {name for name in own if not inside(name, allowed(path))} == set()


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_stages_never_import_each_other(stage: str) -> None:
    others = {f"tasks.{other}" for other in STAGES - {stage}}
    assert not imported(ROOT / "tasks" / f"{stage}.py") & others


@pytest.mark.parametrize(
    "path", [path for room in PURE_ROOMS for path in in_package(room)], ids=module_name
)
def test_what_is_named_as_pure_has_no_files_clocks_or_processes(path: Path) -> None:
    outside = tops(path) - {"tasks", "__future__"}
    assert outside <= (STANDARD - IMPURE_STANDARD) | PURE | {"pydantic_core"}
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert "open" not in {call.func.id for call in calls if isinstance(call.func, ast.Name)}


@pytest.mark.parametrize("path", in_package("tasks.nemo_jobs"), ids=module_name)
def test_a_nemo_job_imports_only_what_the_nemo_image_has(path: Path) -> None:
    beside = {other.stem for other in in_package("tasks.nemo_jobs")}  # scripts in one folder
    assert tops(path) <= STANDARD | NEMO | beside


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_nemo_prefect_and_docker_are_imported_in_their_packages_alone(path: Path) -> None:
    name = module_name(path)
    if not inside(name, ("tasks.nemo_jobs",)):
        assert not tops(path) & {"torch", "nemo", "lightning"}
    if not inside(name, PREFECT_PACKAGES) or inside(name, ("flows.commands",)):
        assert "prefect" not in tops(path)
    if name not in ("tasks.jobs.container", "tasks.jobs.docker_engine"):
        assert "docker" not in tops(path)


def test_the_domain_loads_without_prefect_torch_or_nemo() -> None:
    names = [module_name(path) for path in in_package("tasks.domain") if path.stem != "__init__"]
    code = (
        f"import sys, importlib; [importlib.import_module(n) for n in {names}]; "
        "print(sorted({'prefect', 'torch', 'nemo', 'sklearn', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_flow_is_under_thirty_lines() -> None:
    for path in in_package("flows"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                first = node.body[1] if ast.get_docstring(node) else node.body[0]
                assert (node.end_lineno or 0) - first.lineno < 30, node.name


def test_every_package_has_two_modules_and_names_what_it_is_for() -> None:
    for marker in [*ROOT.glob("flows/*/__init__.py"), *ROOT.glob("tasks/**/__init__.py")]:
        others = [path for path in marker.parent.iterdir() if path.is_file() and path != marker]
        assert len(others) >= 2, marker.parent
        assert ast.get_docstring(ast.parse(marker.read_text())), marker


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if path.stem != "__init__"], ids=module_name
)
def test_every_module_has_tests_under_its_own_name(path: Path) -> None:
    if inside(module_name(path), ("tasks.nemo_jobs",)):
        return  # they run where NeMo is: tests/flows/test_real.py runs them there
    relative = Path(str(path.relative_to(ROOT)).replace("flows/commands/", "flows/"))  # of its flow
    assert (ROOT / "tests" / relative.with_name(f"test_{relative.name}")).is_file()
