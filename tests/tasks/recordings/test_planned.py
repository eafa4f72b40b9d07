"""Every utterance has a part of a recording, or a reason, or a fault with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.domain.errors import InvalidInput
from tasks.recordings.inputs import Choices, read_inputs
from tasks.recordings.planned import Plan, plan_clips
from tasks.recordings.rows import RowDefaults
from tests.corpora import write_recording


def plan_of(path: Path, choices: Choices | None = None) -> Plan:
    choices = choices or Choices()
    return plan_clips(read_inputs([path], choices), None, RowDefaults(), choices)


def table(folder: Path, *rows: str, head: str = "audio,start,end,channel,text") -> Path:
    path = folder / "rows.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def test_a_part_ends_with_its_recording_where_the_input_is_less_exact(tmp_path: Path) -> None:
    write_recording(tmp_path / "a.wav", 2.04)
    rows = (
        "a.wav,,,,whole",
        "a.wav,0,2.1,,whole too",
        "a.wav,0,2,,whole as well",
        "a.wav,1,2.1,,rest",
    )
    plan = plan_of(table(tmp_path, *rows))
    assert [(one.cut.start, one.cut.end) for one in plan.clips] == [*[(0, 2.04)] * 3, (1, 2.04)]


BROKEN = (
    "a.wav,0,5,,behind its end",
    "a.wav,3,,,begins behind its end",
    "a.wav,0,1,3,a channel too many",
    "no.wav,,,,none",
    "b.wav,,,,no audio",
    "a.wav,1,x,,no time",
)


def test_what_does_not_fit_a_recording_is_a_fault_with_its_line_all_at_once(tmp_path: Path) -> None:
    write_recording(tmp_path / "a.wav", channels=2)
    (tmp_path / "b.wav").write_text("hello")
    path = table(tmp_path, "a.wav,0,1,2,fine", *BROKEN)
    with pytest.raises(InvalidInput) as refused:
        plan_of(path)
    faults = sorted(refused.value.faults, key=lambda fault: fault.line or 0)
    assert [fault.line for fault in faults] == [3, 4, 5, 6, 7, 8]
    sentences = [str(fault) for fault in faults]
    assert "expected a part of its recording; got 0 to 5 s, and a.wav has 2.00 s" in sentences[0]
    assert "expected a channel of its recording; got 3, and a.wav has 2 channels" in sentences[2]


def test_with_skip_broken_such_utterances_are_refused_with_their_reasons(tmp_path: Path) -> None:
    write_recording(tmp_path / "a.wav", channels=2)
    (tmp_path / "b.wav").write_text("hello")
    path = table(tmp_path, "a.wav,0,1,2,fine", *BROKEN)
    plan = plan_of(path, Choices(skip_broken=True))
    assert [one.cut.channel for one in plan.clips] == [2]
    assert sorted(where for where, _ in plan.refused) == [
        f"rows.csv:{line}" for line in range(3, 9)
    ]
    assert all(reason for _, reason in plan.refused)


def test_a_channel_for_all_goes_behind_that_of_a_row_and_is_nothing_to_one_channel(
    tmp_path: Path,
) -> None:
    write_recording(tmp_path / "a.wav", channels=2)
    write_recording(tmp_path / "b.wav")
    with pytest.raises(InvalidInput, match=r"b\.wav has 1 channel"):
        plan_of(table(tmp_path, "b.wav,,,,mono"), Choices(channel=2))
    plan = plan_of(table(tmp_path, "a.wav,,,1,one", "a.wav,,,,two"), Choices(channel=2))
    assert [one.cut.channel for one in plan.clips] == [1, 2]
    assert plan_of(table(tmp_path, "b.wav,,,1,three")).clips[0].cut.channel is None
