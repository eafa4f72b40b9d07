"""STM, CTM, TRN, Kaldi and LibriSpeech: what is read, and each broken line by its number."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasks.recordings.lists import (
    read_ctm,
    read_kaldi,
    read_librispeech,
    read_stm,
    read_trn,
)
from tasks.recordings.utterances import Read


def test_an_stm_has_channel_speaker_times_and_perhaps_a_label() -> None:
    content = ";; made up\nv A ana 1 2.5 <o,f0,male> take it\n\nv B ben 3 4 stop\nv 1 ana 5 6\n"
    utterances, faults = read_stm(content, "a.stm")
    assert faults == []
    assert [(one.line, one.channel, one.text) for one in utterances] == [
        (2, 1, "take it"), (4, 2, "stop"), (5, 1, ""),
    ]  # fmt: skip
    assert utterances[0].fields == {"speaker": "ana"}


def test_words_that_are_not_known_or_not_scored_are_refused() -> None:
    content = "v 1 a 1 2 ignore_time_segment_in_scoring\nv 1 a 2 3 { um / @ } take it\n"
    utterances, _ = read_stm(content, "a.stm")
    assert [one.refused for one in utterances] == [
        "it is marked to be ignored in scoring",
        "it has alternatives, so that its words are not known",
    ]


@pytest.mark.parametrize(
    ("read", "line", "sentence"),
    [
        (
            read_stm,
            "v A ana 1",
            "expected recording, channel, speaker, begin, end, words; got 'v A",
        ),
        (read_stm, "v A ana 1 x hello", "end: expected seconds"),
        (read_stm, "v A ana 2 1 hello", "end: expected an end behind 2 s"),
        (read_stm, "v Z ana 1 2 hello", "channel: expected a channel"),
        (read_ctm, "v 1 0.5 0.2", "expected recording, channel, begin, duration, word"),
        (read_ctm, "v 1 soon 0.2 hello", "begin: expected seconds"),
        (read_trn, "hello there", "expected words and (the name of their recording)"),
    ],
)
def test_a_broken_line_is_a_fault_beside_those_that_are_read(
    read: Callable[[str, str], Read], line: str, sentence: str
) -> None:
    usual = {read_stm: "v A ana 1 2 hi", read_ctm: "v 1 0.5 0.2 hi", read_trn: "hi (v)"}[read]
    utterances, (fault,) = read(f"{usual}\n{line}\n", "a.txt")
    assert [one.text for one in utterances] == ["hi"]
    assert str(fault).startswith(f"a.txt:2: {sentence}")


def test_a_ctm_is_cut_at_its_pauses_a_recording_and_channel_apart() -> None:
    words = ["v 1 1.0 0.3 take", "v 2 1.1 0.3 yes", "v 1 1.4 0.3 it", "v 1 4.0 0.3 now"]
    utterances, _ = read_ctm("\n".join(words), "a.ctm")
    found = [(one.line, one.channel, one.text) for one in utterances]
    assert found == [(1, 1, "take it"), (4, 1, "now"), (2, 2, "yes")]


def test_a_chapter_of_librispeech_names_its_speaker() -> None:
    (first, second), _ = read_librispeech("61-70968-0000 TAKE IT\nvisit hello\n", "a.trans.txt")
    assert (first.fields, first.audio, first.name) == ({"speaker": "61"}, *["61-70968-0000"] * 2)
    assert second.fields == {}


KALDI = {"wav.scp": "one a.wav\ntwo\tb c.wav\n", "text": "u1 take it\nu2 stop\n"}


def test_a_kaldi_folder_without_segments_has_a_recording_an_utterance() -> None:
    files = {"wav.scp": "u1 a.wav\nu2\tb c.wav\nu3 c.wav\n", "text": KALDI["text"]}
    utterances, faults = read_kaldi(files, "test")
    assert faults == []
    assert [(one.audio, one.text, one.refused) for one in utterances] == [
        ("a.wav", "take it", ""), ("b c.wav", "stop", ""), ("", "", "it has no words in text"),
    ]  # fmt: skip


def test_a_kaldi_folder_with_segments_has_parts_and_speakers() -> None:
    parts = {"segments": "u1 one 1 2\nu2 two 0.5 3\n", "utt2spk": "u1 ana\n"}
    (first, second), _ = read_kaldi(KALDI | parts, "test")
    assert (first.audio, first.start, first.end, first.fields) == (
        "a.wav",
        1,
        2,
        {"speaker": "ana"},
    )
    assert (second.audio, second.start, second.end, second.fields) == ("b c.wav", 0.5, 3, {})


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "test/text:1: u1: expected its recording in wav.scp"),
        ({"segments": "u2 two 0 1\n"}, "test/text:1: u1: expected its part of a recording"),
        ({"segments": "u1 six 0 1\nu2 two 0 1\n"}, "u1: expected 'six' of segments:1 in wav.scp"),
        ({"segments": "u1 one 0\nu2 two 0 1\n"}, "expected recording, start and end in segments:1"),
        ({"segments": "u1 one 3 1\nu2 two 0 1\n"}, "test/text:1: u1: expected an end behind 3 s"),
        ({"wav.scp": "u1 sph2pipe a.sph |\nu2 b.wav\n"}, "test/wav.scp:1: expected the path of a"),
        ({"text": "u1 a\nu1 b\n", "wav.scp": "u1 a.wav\n"}, "test/text:2: expected each name once"),
    ],
)
def test_what_does_not_fit_in_a_kaldi_folder_is_a_fault_with_file_and_line(
    files: dict[str, str], sentence: str
) -> None:
    _, faults = read_kaldi(KALDI | files, "test")
    assert any(sentence in str(fault) for fault in faults), faults
