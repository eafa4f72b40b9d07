"""Count the files to open to follow one thing: imports are followed in its rooms, and one step out.

python tests/files_to_open.py
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
THINGS = {  # what is followed: where a reader begins, and the rooms that are about it
    "a verdict": ("tasks.domain.verdict.decide", ("tasks.domain.verdict",)),
    "a fine-tune": ("tasks.sft", ("tasks.jobs", "tasks.nemo_jobs")),
    "a clip": ("tasks.benchmark.rows", ("tasks.benchmark",)),
}


def modules(root: Path) -> dict[str, Path]:
    """Return the project's modules by name."""
    paths = [*root.glob("flows/**/*.py"), *root.glob("tasks/**/*.py")]
    return {".".join(path.relative_to(root).with_suffix("").parts): path for path in paths}


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """Return the modules of the project that a file imports."""
    names = set[str]()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names & known.keys()


def files_to_open(start: str, rooms: tuple[str, ...], known: dict[str, Path]) -> set[str]:
    """Return the modules that a reader opens, `start` among them."""
    opened, waiting = set[str](), [start]
    while waiting:
        name = waiting.pop()
        if name in opened:
            continue
        opened.add(name)
        if name == start or name.startswith(rooms):
            waiting += imports(known[name], known)
    return opened


if __name__ == "__main__":
    found = modules(ROOT)
    for thing, (first, inside) in THINGS.items():
        names = files_to_open(first, inside, found)
        own = [name for name in names if name == first or name.startswith(inside)]
        print(f"{thing}: {len(names)} files, {len(own)} of them about it alone")
