"""Small workspaces that are built, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.audition import open_desk
from tasks.benchmark.audition import AuditionDecision
from tasks.benchmark.audition_file import add_decision
from tasks.records.files import read_jsonl
from tasks.workspace.ledger import now

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


def decide(root: Path, outcome: str, cycle: int = 1, terms: Sequence[str] = ()) -> None:
    """Decide as a person does on the page, for these terms, else for every one."""
    for entry in open_desk(root, cycle).entries():
        if terms and entry.item.term not in terms:
            continue
        fields = entry.item.model_dump() | {"reason": "as agreed", "at": now()}
        decision = AuditionDecision(**fields, decision=outcome, reviewer="A. Nurse")  # type: ignore[arg-type]
        add_decision(root, cycle, decision)


def override(root: Path, term: str, ipa: str) -> None:
    """Append a line to the overrides."""
    path = root / "pronunciation_overrides.csv"
    before = path.read_text() if path.exists() else "term,ipa,verified_by,verified_at,notes\n"
    path.write_text(f"{before}{term},{ipa},A. Nurse,2026-01-01,\n")
