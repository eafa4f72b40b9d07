"""Records have a version, and one that is damaged, foreign or of another version fails with a reason."""

import json
from pathlib import Path

import pytest

from tasks.domain.errors import DamagedFile
from tasks.records.files import write_record
from tasks.records.record import read_record
from tasks.records.stages import Champion

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
