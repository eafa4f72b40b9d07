"""Times, channels, and where stretches of timed words are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tasks.recordings.utterances import (
    NotRead,
    TimedWord,
    channel_of,
    check_times,
    cut_at_pauses,
    seconds_of,
)


@pytest.mark.parametrize("value", ["", "1:20", "-1", "nan", "inf", True, None, "1,5"])
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(NotRead, match=r"expected seconds, such as 12\.5; got"):
        seconds_of(value, "start")


@pytest.mark.parametrize("value", ["0", "C", "1.5", "", True, "²"])
def test_what_is_no_channel_is_refused(value: object) -> None:
    with pytest.raises(NotRead, match="expected a channel"):
        channel_of(value)


def test_an_end_at_its_start_is_refused() -> None:
    with pytest.raises(NotRead, match="expected an end behind 2 s, its start; got 2"):
        check_times(2, 2)


def test_speech_without_a_pause_is_cut_at_its_longest_gaps_to_the_length_of_a_clip() -> None:
    """A minute of words of 0.4 s, 0.1 s between them, and 0.2 s behind every eighth."""
    words, at = [], 0.0
    for number in range(120):
        words.append(TimedWord(f"w{number}", at, at + 0.4))
        at += 0.6 if number % 8 == 7 else 0.5
    stretches = cut_at_pauses(words)
    assert all(one.end - one.start <= 20 for one in stretches)
    assert " ".join(one.text for one in stretches).split() == [word.text for word in words]
    assert all(int(one.text.split()[0][1:]) % 8 == 0 for one in stretches)
    assert all(before.end <= after.start for before, after in pairwise(stretches))


def test_marks_of_noise_are_no_words_and_do_not_bridge_a_pause() -> None:
    words = [TimedWord("take", 1, 1.3), TimedWord("[noise]", 1.3, 2.5), TimedWord("it", 2.6, 2.8)]
    assert [one.text for one in cut_at_pauses(words)] == ["take", "it"]
    assert cut_at_pauses([TimedWord("<sil>", 0, 1)]) == []


def test_one_word_that_is_longer_than_a_clip_stays_whole() -> None:
    assert [one.text for one in cut_at_pauses([TimedWord("hm", 0, 30)])] == ["hm"]
