"""The lines of the ledger."""

from pydantic import TypeAdapter

from tasks.domain.verdict.priority import Priority
from tasks.domain.verdict.served import ServedGuard
from tasks.records.ledger_line import DecisionLine, GateLine, LedgerLine, RollbackLine, ServedLine
from tasks.records.record import ModelRecord, Record

WHEN = "2026-01-01T00:00:00+00:00"


def test_ledger_lines_are_distinguished_by_their_outcome() -> None:
    read = TypeAdapter(LedgerLine).validate_json
    model = ModelRecord(name="m", path="", sha256=None)
    lines: list[Record] = [
        GateLine(
            cycle=1, outcome="gate:harden", reasons=(), priority_ker=0.05, manifest_sha256="m",
            policy_sha256="p", inputs_sha256="i", finished_at=WHEN,
        ),
        DecisionLine(
            cycle=1, outcome="reject", reasons=(), run="r", rule="held_out",
            open_guards=(), manifest_sha256="m", policy_sha256="p",
            inputs_sha256="i", priority_ker=None, base=model, candidate=model, finished_at=WHEN,
            priority=Priority("test", 0, 0, 0, None, None, None, None, None, None, 1, 0.025, {}),
        ),
        RollbackLine(cycle=0, outcome="rollback", reasons=(), finished_at=WHEN),
        ServedLine(
            cycle=1, outcome="served", worse=True, source="endpoint", name="asr:1", rows=9, differing=1,
            broke=("terms",), guards=(ServedGuard("terms", 9, 3, 0, 1),), reasons=(), candidate=model,
            answers_sha256="a", finished_at=WHEN,
        ),
    ]  # fmt: skip
    for line in lines:
        assert read(line.model_dump_json(by_alias=True)) == line
