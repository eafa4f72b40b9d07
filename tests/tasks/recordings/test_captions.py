"""TextGrid, SRT and WebVTT, read by libraries; what these would pass over in silence is a fault."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tasks.domain.errors import InvalidInput
from tasks.recordings.captions import needed, read_subtitles, read_textgrid
from tests.corpora import textgrid

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
    with pytest.raises(InvalidInput) as refused:
        read_subtitles(written(tmp_path, name, content))
    assert str(refused.value).startswith(sentence)


def test_each_cue_with_broken_times_is_a_fault_with_its_line(tmp_path: Path) -> None:
    cues = ["1\n00:00:01,000 --> 00:00:0x,000\nhi\n", "2\n00:00:05,000 --> 00:00:04,000\nho\n"]
    _, faults = read_subtitles(written(tmp_path, "a.srt", "\n".join(cues)))
    assert [fault.line for fault in faults] == [2, 6]
    assert "expected times, as 00:00:01,500 --> 00:00:04,000" in str(faults[0])
    assert "expected an end behind 5 s" in str(faults[1])


def test_tiers_of_utterances_are_those_of_speakers(tmp_path: Path) -> None:
    (path,) = textgrid(tmp_path)
    (utterances, _), tiers = read_textgrid(path, None)
    assert tiers == ["doctor", "patient"]
    assert [(one.start, one.end, one.fields["speaker"]) for one in utterances] == [
        (0, 10, "doctor"), (20, 30, "doctor"), (10, 20, "patient"), (30, 40, "patient"),
    ]  # fmt: skip
    (utterances, _), tiers = read_textgrid(path, "patient")
    assert (tiers, len(utterances), utterances[0].fields) == (["patient"], 2, {})


def test_a_tier_of_words_alone_is_cut_at_its_pauses(tmp_path: Path) -> None:
    (path,) = textgrid(tmp_path)
    grid = path.read_text().replace('"doctor"', '"words"').replace('"patient"', '"phones"')
    (utterances, _), tiers = read_textgrid(written(tmp_path, "words.TextGrid", grid), None)
    assert tiers == ["words"]
    found = [(round(one.start, 2), round(one.end, 2)) for one in utterances]
    assert found == [(0, 10.1), (19.9, 30.1)]


def test_a_tier_that_is_not_there_is_a_sentence_with_those_that_are(tmp_path: Path) -> None:
    (path,) = textgrid(tmp_path)
    with pytest.raises(
        InvalidInput, match="expected one of its tiers, 'doctor', 'patient'; got 'd'"
    ):
        read_textgrid(path, "d")


@pytest.mark.parametrize("damage", ["empty", "other", "cut", "no number", "no words", "latin-1"])
def test_a_broken_textgrid_is_a_sentence(tmp_path: Path, damage: str) -> None:
    (path,) = textgrid(tmp_path)
    grid = path.read_text()
    contents = {
        "empty": "",
        "other": "hello",
        "cut": grid[:300],
        "no number": grid.replace("xmin = 10", "xmin = x"),
        "no words": re.sub(r'text = ".*"', 'text = ""', grid),
        "latin-1": grid,
    }
    path.write_text(contents[damage])
    if damage == "latin-1":
        path.write_bytes(grid.replace("leaks", "na\u00efve").encode("latin-1"))
    with pytest.raises(InvalidInput, match=r"visit\.TextGrid: expected a"):
        read_textgrid(path, None)


def test_a_library_that_is_not_installed_is_named_with_its_extra() -> None:
    with pytest.raises(
        InvalidInput, match=r"expected nothing, which reads it: pip install .*import\]"
    ):
        needed("no_such_library", "nothing", "it")
