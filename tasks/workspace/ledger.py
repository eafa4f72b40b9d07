"""The memory of a workspace: the ledger of every finished cycle, and the champion that stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tasks.domain.manifest import InvalidInput
from tasks.domain.verdict.summary import ledger_markdown
from tasks.workspace.locks import locked
from tasks.workspace.models import unchanged
from tasks.workspace.paths import Cycle, read_json, read_jsonl, write_json, write_jsonl


def ledger(root: Path) -> list[dict[str, Any]]:
    """Every line, oldest first."""
    path = root / "ledger.jsonl"
    return read_jsonl(path) if path.exists() else []


def record_in_ledger(cycle: Cycle, line: Mapping[str, Any]) -> None:
    """Append a finished cycle, once for the same inputs and outcome."""
    with locked(cycle.root, "ledger"):
        lines = ledger(cycle.root)
        same = ("cycle", "outcome", "inputs_sha256")
        latest = next((old for old in reversed(lines) if old["cycle"] == cycle.number), None)
        if latest is None or any(latest.get(key) != line.get(key) for key in same):
            write_jsonl(cycle.root / "ledger.jsonl", [*lines, line])


def ledger_table(root: Path) -> str:
    """What was tried, on what, and why it was kept or not, in markdown."""
    if not root.is_dir():
        raise InvalidInput([f"--workspace: expected a folder; {root} does not exist"])
    champion = read_json(root / "champion.json")
    return ledger_markdown(ledger(root), champion)


def champion_before(root: Path, number: int) -> dict[str, Any] | None:
    """The champion a cycle is compared with: the latest one that this cycle did not make itself."""
    champion = read_json(root / "champion.json")
    while champion is not None and champion["cycle"] >= number:
        champion = champion.get("previous")
    return champion


def crown(cycle: Cycle, candidate: Mapping[str, Any], decided_at: str) -> None:
    """Make a kept candidate the champion, unless a later cycle has made one since."""
    current = read_json(cycle.root / "champion.json")
    if current and current["cycle"] > cycle.number:
        return
    _enthrone(cycle.root, cycle.number, candidate, decided_at)


def _enthrone(root: Path, number: int, model: Mapping[str, Any], decided_at: str) -> None:
    write_json(
        root / "champion.json",
        {
            "path": model["path"],
            "sha256": model["sha256"],
            "cycle": number,
            "decided_at": decided_at,
            "previous": champion_before(root, number),
        },
    )


def roll_back(root: Path, number: int) -> dict[str, Any]:
    """Make the champion of an earlier cycle stand again, 0 for none; leave a ledger line.

    Raises InvalidInput, and changes nothing, unless that cycle's candidate was kept and its file is
    still the one that was.
    """
    if not root.is_dir():
        raise InvalidInput([f"--workspace: expected a folder; {root} does not exist"])
    lines = ledger(root)
    kept = [line for line in lines if line["outcome"] == "keep" and line["cycle"] == number]
    if number and not kept:
        known = sorted({line["cycle"] for line in lines if line["outcome"] == "keep"})
        raise InvalidInput(
            [f"--to: expected a cycle that was kept, of {known}, or 0; got {number}"]
        )
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if number:
        model = kept[-1]["candidate"]
        path = Path(model["path"])
        if not unchanged(path, model["sha256"]):
            raise InvalidInput([f"--to: expected {path} as it was kept; it is gone or changed"])
        _enthrone(root, number, model, kept[-1]["finished_at"])
    else:
        (root / "champion.json").unlink(missing_ok=True)
    stands = f"the champion of cycle {number} stands again" if number else "no champion stands"
    line = {
        "cycle": number,
        "outcome": "rollback",
        "reasons": [f"By hand: {stands}."],
        "inputs_sha256": None,
        "finished_at": now,
    }
    with locked(root, "ledger"):
        write_jsonl(root / "ledger.jsonl", [*ledger(root), line])
    return line
