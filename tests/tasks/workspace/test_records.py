"""Records have a version, and one that is damaged, foreign or of another version says so."""

import json
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from tasks.domain.errors import DamagedFile
from tasks.domain.verdict.decide import Priority
from tasks.workspace.files import write_record
from tasks.workspace.records import (
    Champion,
    DecisionLine,
    GateLine,
    LedgerLine,
    ModelRecord,
    Record,
    RollbackLine,
    read_record,
)

WHEN = "2026-01-01T00:00:00+00:00"
CHAMPION = Champion(path="/w/c.nemo", sha256="c", cycle=2, decided_at=WHEN, previous=None)


def test_a_record_reads_back_as_it_was_written(tmp_path: Path) -> None:
    write_record(tmp_path / "champion.json", CHAMPION)
    assert read_record(tmp_path / "champion.json", Champion) == CHAMPION
    assert json.loads((tmp_path / "champion.json").read_text())["schema_version"] == 1


def test_an_absent_record_is_none(tmp_path: Path) -> None:
    assert read_record(tmp_path / "champion.json", Champion) is None


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"schema_version": 2}, "expected schema_version 1, got 2"),
        ({"schema_version": None}, "expected schema_version 1, got None"),
        ({"cycle": "two"}, "cycle: Input should be a valid integer"),
        ({"verdict": "keep"}, "verdict: Extra inputs are not permitted"),
    ],
)
def test_a_record_of_another_kind_or_version_is_named_with_the_way_out(
    tmp_path: Path, changes: dict[str, object], found: str
) -> None:
    path = tmp_path / "champion.json"
    path.write_text(json.dumps(CHAMPION.model_dump(mode="json") | changes))
    with pytest.raises(DamagedFile) as raised:
        read_record(path, Champion)
    assert str(raised.value).startswith(f"{path} is damaged ({found}")
    assert str(raised.value).endswith(Champion.way_out)


def test_a_record_in_another_encoding_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "champion.json").write_bytes(CHAMPION.model_dump_json().encode("utf-16"))
    with pytest.raises(DamagedFile, match="'utf-8' codec"):
        read_record(tmp_path / "champion.json", Champion)


def test_ledger_lines_are_told_apart_by_their_outcome() -> None:
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
    ]  # fmt: skip
    for line in lines:
        assert read(line.model_dump_json(by_alias=True)) == line


def test_the_keys_that_users_scripts_read_stay() -> None:
    priority = Priority(
        judged="test", rows=10, terms=5, voices=1, ker_comparison=0.8, ker_candidate=0.2,
        relative_drop=0.75, ci95=(0.5, 1.0), p_value=0.01, p_value_voices=None, look=1, alpha=0.025,
        worse_p_values={},
    )  # fmt: skip
    assert set(TypeAdapter(Priority).dump_python(priority, by_alias=True)) >= {
        "ker_base", "ker_candidate", "relative_drop", "ci95", "p_value", "rows",
    }  # fmt: skip
