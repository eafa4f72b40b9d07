"""TextGrid, SRT and WebVTT, read by libraries; what these would pass over in silence is a fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.domain.errors import InvalidInput
from tasks.recordings.captions import needed, read_subtitles

VTT = """WEBVTT

NOTE made up
by nobody

intro
00:01.000 --> 00:04.000 align:start
<v Ana>take <i>metoprolol</i>

00:05.000 --> 00:06.000

00:07.000 --> 01:09.250
<v Ben>increase it to
50
"""


def written(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_a_cue_has_its_words_its_times_and_its_speaker(tmp_path: Path) -> None:
    utterances, faults = read_subtitles(written(tmp_path, "a.vtt", VTT))
    assert faults == []
    found = [(one.line, one.start, one.end, one.text, one.fields) for one in utterances]
    assert found == [
        (7, 1.0, 4.0, "take metoprolol", {"speaker": "Ana"}),
        (10, 5.0, 6.0, "", {}),
        (12, 7.0, 69.25, "increase it to 50", {"speaker": "Ben"}),
    ]


def test_a_number_that_ends_a_cue_is_a_word_of_it(tmp_path: Path) -> None:
    srt = "1\n00:00:01,000 --> 00:00:02,000\nincrease it to\n50\n\n2\n00:00:03,000 --> 00:00:04,000\nstop"
    utterances, _ = read_subtitles(written(tmp_path, "a.srt", srt.replace("\n", "\r\n")))
    assert [one.text for one in utterances] == ["increase it to 50", "stop"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.vtt", "1\n00:01.000 --> 00:02.000\nhi\n", "a.vtt:1: expected WEBVTT in the first line"),
        ("a.srt", "00:00:01,000 --> 00:00:02,000\nhi\n", "a.srt:1: expected the number of a cue"),
        ("a.srt", "hello\n", "a.srt: expected cues with their times; it has none"),
        ("a.srt", "", "a.srt: expected cues with their times; it has none"),
    ],
)
def test_a_file_that_is_no_subtitles_is_one_sentence(
    tmp_path: Path, name: str, content: str, sentence: str
) -> None:
    with pytest.raises(
        InvalidInput, match=r"expected nothing, which reads it: pip install .*import\]"
    ):
        needed("no_such_library", "nothing", "it")
