"""No two rows have one audio, and no audio stands for two texts."""

from __future__ import annotations

from tasks.benchmark.same_audio import OTHER_WORDS, TWICE, ClipAudio, same_audio_faults


def test_a_voice_that_says_nothing_of_a_term_is_found_under_any_noise() -> None:
    clips = [ClipAudio(f"Give {term} now.", "silent", term) for term in ("timolol", "heparin")]
    assert same_audio_faults(clips, ()) == [OTHER_WORDS, OTHER_WORDS]


def test_one_sentence_under_several_noises_is_right() -> None:
    clips = [ClipAudio("Give timolol.", "a", "clean"), ClipAudio("give timolol", "a", "noisy")]
    assert same_audio_faults(clips, ()) == ["", ""]


def test_of_clips_that_are_the_same_the_first_is_used_unless_a_row_has_it_already() -> None:
    clips = [ClipAudio("Give timolol.", "a", "1"), ClipAudio("Give timolol!", "a", "1")]
    assert same_audio_faults(clips, ()) == ["", TWICE]
    assert same_audio_faults(clips, {"1"}) == [TWICE, TWICE]


def test_clips_whose_speech_is_not_known_are_compared_as_they_are() -> None:
    clips = [ClipAudio("Give timolol.", "", "1"), ClipAudio("Give heparin.", "", "2")]
    assert same_audio_faults(clips, ()) == ["", ""]
    assert (
        same_audio_faults([*clips, ClipAudio("Give nothing.", "", "2")], ())[1:]
        == [OTHER_WORDS] * 2
    )
