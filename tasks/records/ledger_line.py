"""The lines of ledger.jsonl, one for each thing that ended or was decided by a person."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tasks.domain.cost import Spent
from tasks.domain.verdict.against import AgainstAnchor, AgainstBoosting
from tasks.domain.verdict.priority import Priority
from tasks.domain.verdict.rule import Verdict
from tasks.domain.verdict.served import ServedGuard
from tasks.records.record import (
    FIRST_SCORING,
    ModelRecord,
    Part,
    Record,
    Scoring,
    Sha256,
    Timestamp,
)
from tasks.records.stages import Approval


class ChainedLine(Record):
    """A ledger line, which holds the digest of the line before it."""

    previous_sha256: Sha256 | None = Field(
        None, description="Of the line before it; None for the first, and before lines were chained"
    )


class GateLine(ChainedLine):
    """A ledger line of a cycle that the gate stopped."""

    cycle: int
    outcome: Literal[
        "gate:build",
        "gate:pronunciation",
        "gate:harden",
        "gate:evaluate",
        "gate:unheard",
        "gate:refused_base",
    ]
    reasons: tuple[str, ...]
    priority_ker: float | None
    system: str = Field(
        "",
        description="System whose given transcripts the KER is of; empty: the comparison model's",
    )
    spent: Spent | None = Field(None, description="What its jobs took; None where nothing is known")
    manifest_sha256: Sha256 | None
    policy_sha256: Sha256
    inputs_sha256: Sha256
    scoring: Scoring = FIRST_SCORING
    finished_at: Timestamp


class JudgedOn(Part):
    """The rows that a candidate was judged on, by which later looks at the same terms are counted."""

    terms: tuple[str, ...] = Field(description="Short digests of the terms of the benchmark")
    rows_sha256: Sha256 = Field(description="Of the clips of the judged rows")
    limits: dict[str, str] = Field(
        description="Settings that decide what passes the gate and is kept, by name"
    )


class DecisionLine(ChainedLine):
    """A ledger line of a decided cycle."""

    cycle: int
    outcome: Verdict
    rule: str
    approval: Approval | None = Field(None, description="As it was when the line was written")
    override: bool = Field(False, description="Whether a person had overridden the verdict by then")
    open_guards: tuple[str, ...] = Field(description="Guards that proved nothing")
    reasons: tuple[str, ...]
    run: str
    manifest_sha256: Sha256 | None
    policy_sha256: Sha256
    inputs_sha256: Sha256
    scoring: Scoring = FIRST_SCORING
    priority_ker: float | None = Field(description="Of the comparison model, on rows that decide")
    priority: Priority
    newly_missed: int | None = Field(None, description="Rows that decide, right before, missed now")
    still_missed: int | None = Field(None, description="Those missed before and now")
    fixed: int | None = Field(None, description="Those missed before, right now")
    rows: int | None = Field(None, description="Of the benchmark")
    general_sha256: Sha256 | None = Field(None, description="Of the guard set; None without one")
    recipe_sha256: Sha256 | None = None
    spent: Spent | None = Field(None, description="What its jobs took; None where nothing is known")
    base: ModelRecord = Field(description="The comparison model")
    candidate: ModelRecord
    anchor: ModelRecord | None = Field(
        None, description="The first base; None before guards were held against it"
    )
    against_anchor: AgainstAnchor | None = None
    against_boosting: AgainstBoosting | None = None
    judged_sha256: Sha256 | None = Field(
        None, description="Of what decision.json judged; None before that was recorded"
    )
    judged_on: JudgedOn | None = Field(None, description="None before that was recorded")
    limits_changed: str = Field("", description="Limits that changed after an earlier look")
    evidence: str = Field("", description="What speech the judged rows are")
    finished_at: Timestamp


class ApprovalLine(ChainedLine):
    """A ledger line of a kept candidate that a person approved or declined."""

    cycle: int
    outcome: Literal["approved", "declined"]
    reviewer: str
    override: bool = Field(False, description="Whether that was against the verdict")
    reasons: tuple[str, ...]
    candidate: ModelRecord
    inputs_sha256: Sha256
    finished_at: Timestamp


class RollbackLine(ChainedLine):
    """A ledger line of a champion that was restored by hand."""

    cycle: int
    outcome: Literal["rollback"]
    reasons: tuple[str, ...]
    inputs_sha256: None = None
    finished_at: Timestamp


class BuildLine(ChainedLine):
    """A ledger line of a benchmark that was built, or of a sweep that builds no further one."""

    cycle: int
    outcome: Literal["built", "advance:stopped"]
    reasons: tuple[str, ...]
    manifest_sha256: Sha256 | None = Field(None, description="Of the benchmark that was built")
    inputs_sha256: None = None
    finished_at: Timestamp


class ServedLine(ChainedLine):
    """A ledger line of a kept model that was compared, served or exported, with itself offline."""

    cycle: int
    outcome: Literal["served"]
    worse: bool = Field(description="Whether a guard broke")
    source: Literal["endpoint", "model", "hypotheses"]
    name: str = Field(description="host:port of the server, or the file that was compared")
    rows: int
    differing: int = Field(description="Rows whose words are others than offline")
    broke: tuple[str, ...] = Field(description="Guards that broke, by name")
    guards: tuple[ServedGuard, ...]
    left_out: tuple[str, ...] = Field((), description="Sets of rows that were not compared")
    reasons: tuple[str, ...]
    candidate: ModelRecord = Field(description="The kept model")
    answers_sha256: Sha256 = Field(description="Of all transcripts, in row order")
    inputs_sha256: None = None
    finished_at: Timestamp


LedgerLine = Annotated[
    GateLine | DecisionLine | ApprovalLine | RollbackLine | BuildLine | ServedLine,
    Field(discriminator="outcome"),
]
