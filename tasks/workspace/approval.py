"""What a person said of a kept candidate, where the policy asks before the champion changes."""

from __future__ import annotations

from pathlib import Path

from tasks.workspace.paths import Cycle, decision_of
from tasks.workspace.record import ModelRecord, read_record
from tasks.workspace.records import ApprovalRecord


def approval_path(cycle: Cycle) -> Path:
    return cycle.next_folder / "approval.json"


def standing_approval(cycle: Cycle, candidate: ModelRecord) -> ApprovalRecord | None:
    """Give the answer to just this candidate of just these inputs; an earlier one's counts for none."""
    record = read_record(approval_path(cycle), ApprovalRecord)
    if record is None or record.inputs_sha256 != cycle.inputs_sha256:
        return None
    known = (record.candidate.sha256, record.candidate.decoding.sha256)
    return record if known == (candidate.sha256, candidate.decoding.sha256) else None


def awaits_approval(cycle: Cycle) -> bool:
    """Whether the cycle kept a candidate that a person has not approved or declined yet."""
    decision = decision_of(cycle)
    return decision is not None and decision.approval == "waiting"
