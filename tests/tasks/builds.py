"""Small workspaces that are built, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tasks.workspace.files import read_jsonl

TERMS = ("timolol,drug", "heparin,drug", "lactate,lab")
SMALL = "build: {rows_per_term: 3, audition: 'off'}\n"
PLAN = "term,entity_category,new_terms,rows_to_add,context_types,noise_levels\n"


def started(root: Path, terms: tuple[str, ...], policy: str = SMALL) -> Path:
    root.mkdir()
    (root / "terms.csv").write_text("\n".join(["term,entity_category", *terms]) + "\n")
    (root / "flywheel.yaml").write_text(policy)
    return root


def rows_of(root: Path, cycle: int = 1) -> list[dict[str, Any]]:
    return read_jsonl(root / f"cycle{cycle}/manifest.jsonl")
