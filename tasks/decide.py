"""Stage decide: compare on held-out rows, leave the verdict, the champion and the ledger line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from tasks.comparison import candidate_model, compared, general_speech
from tasks.domain.decide import Decision, decide
from tasks.domain.leaderboard import decision_markdown
from tasks.domain.split import Split
from tasks.report import write_report
from tasks.stage import stage
from tasks.workspace import (
    Cycle,
    champion_before,
    read_json,
    record_in_ledger,
    sides,
    write_json,
)


@stage("decide")
def decide_cycle(cycle: Cycle) -> dict[str, Any]:
    """Write report, champion and ledger line, and decision.json last: it says that all stands."""
    pair = compared(cycle)
    side = sides(cycle)
    places = {
        name: tuple(
            index for index, row in enumerate(pair.rows) if side[row.audio_filepath] == name
        )
        for name in ("train", "validation")
    }
    split = Split(places["train"], places["validation"], ())
    decision = decide(
        pair.rows, split, pair.base, pair.candidate, general_speech(cycle), cycle.policy
    )
    record = _record(cycle, decision)
    write_report(cycle, decision, pair)
    if decision.verdict == "keep":
        _crown(cycle, record)
    record_in_ledger(cycle, _ledger_line(record))
    write_json(cycle.decision, record)
    return {"verdict": decision.verdict, "relative_drop": decision.priority.relative_drop}


def _record(cycle: Cycle, decision: Decision) -> dict[str, Any]:
    return {
        "cycle": cycle.number,
        **asdict(decision),
        "summary": decision_markdown(cycle.number, decision),
        "base": cycle.comparison.record(),
        "candidate": candidate_model(cycle).record(),
        "trained_from": cycle.base.record(),
        "hand_off": cycle.base.base.hand_off,
        "manifest_sha256": cycle.manifest_sha256,
        "audio_sha256": cycle.audio_sha256,
        "general_sha256": cycle.general_sha256,
        "recipe": cycle.policy.sft.model_dump(mode="json"),
        "run": cycle.run_folder.name,
        "policy_sha256": cycle.policy.sha256,
        "inputs_sha256": cycle.inputs_sha256,
        "decided_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _crown(cycle: Cycle, record: Mapping[str, Any]) -> None:
    current = read_json(cycle.root / "champion.json")
    if current and current["cycle"] > cycle.number:
        return  # a later cycle has decided since
    write_json(
        cycle.root / "champion.json",
        {
            "path": record["candidate"]["path"],
            "sha256": record["candidate"]["sha256"],
            "cycle": cycle.number,
            "decided_at": record["decided_at"],
            "previous": champion_before(cycle.root, cycle.number),
        },
    )


def _ledger_line(record: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("cycle", "reasons", "run", "manifest_sha256", "policy_sha256", "inputs_sha256")
    return {
        **{key: record[key] for key in keys},
        "outcome": record["verdict"],
        "priority_ker": record["priority"]["ker_base"],
        "priority": record["priority"],
        "base": record["base"],
        "candidate": record["candidate"],
        "finished_at": record["decided_at"],
    }
