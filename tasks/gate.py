"""Stage gate: score the baseline, choose the route, leave gate.json."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from tasks.domain import gate as domain
from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.metrics import score_rows
from tasks.orchestration.stage import log, stage
from tasks.workspace.hypotheses import check_hypotheses
from tasks.workspace.inputs import check_manifest, clinical_rows
from tasks.workspace.ledger import ledger, record_in_ledger
from tasks.workspace.paths import (
    Cycle,
    own_baseline_is_stale,
    write_json,
)
from tasks.workspace.results import write_results


@stage("gate")
def check_gate(cycle: Cycle) -> dict[str, Any]:
    """Route the cycle; route `evaluate` asks for a decoding of the comparison model first."""
    rows = clinical_rows(cycle) if cycle.manifest_sha256 else None
    heard = _baseline(cycle)
    scores = None
    if rows is not None and heard is not None:
        scores = score_rows([row.text for row in rows], heard, [row.term for row in rows])
    gate = domain.check_gate(
        rows, scores, cycle.base.architecture, cycle.policy, first_evaluation=_is_first(cycle)
    )
    if gate.power is not None:
        log().log(logging.INFO if gate.power.enough else logging.WARNING, gate.power.sentence)
    record = {
        "cycle": cycle.number,
        **asdict(gate),
        "next": gate.next,
        "base": cycle.base.record(),
        "comparison": cycle.comparison.record(),
        "manifest_sha256": cycle.manifest_sha256,
        "baseline_sha256": cycle.baseline_sha256,
        "policy_sha256": cycle.policy.sha256,
        "inputs_sha256": cycle.inputs_sha256,
    }
    if rows is not None and heard is not None and scores is not None:
        board = f"leaderboard_cycle{cycle.number}.md"
        write_results(cycle.folder, board, f"Cycle {cycle.number}, baseline", rows, heard, scores)
    write_json(cycle.folder / "gate.json", record)
    if not gate.passed and not (gate.route == "evaluate" and cycle.policy.decode_baseline):
        keys = ("cycle", "priority_ker", "manifest_sha256", "policy_sha256", "inputs_sha256")
        line = {"outcome": f"gate:{gate.route}", "reasons": gate.reasons}
        when = datetime.now(UTC).isoformat(timespec="seconds")
        record_in_ledger(cycle, {key: record[key] for key in keys} | line | {"finished_at": when})
    return {"passed": gate.passed, "route": gate.route, "priority_ker": gate.priority_ker}


def _baseline(cycle: Cycle) -> list[str] | None:
    """The hypotheses of per_sample.json in row order; None when there is none for this model."""
    if cycle.manifest_sha256 is None or not cycle.per_sample.exists():
        return None
    if own_baseline_is_stale(cycle):
        return None
    rows = check_manifest(cycle.manifest, ClinicalRow, audio=False).rows
    return check_hypotheses(cycle.per_sample, cycle.manifest, rows)


def _is_first(cycle: Cycle) -> bool:
    """Whether no other state of the benchmark was evaluated before."""
    return not any(
        line.get("priority_ker") is not None and line["manifest_sha256"] != cycle.manifest_sha256
        for line in ledger(cycle.root)
    )
