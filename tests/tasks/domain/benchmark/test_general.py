"""Sets of general speech share no sentence, and no voice where there are enough."""

from __future__ import annotations

import pytest

from tasks.domain.benchmark.general import fit_sentences, plan_sets, sentences_in, voices_apart
from tasks.domain.benchmark.plan import Voice
from tasks.domain.sound.conditions import Condition

SENTENCES = [f"this is sentence number {number}" for number in range(30)]
VOICES = [Voice("e", name) for name in "abcdef"]
HEARD = [Condition(), Condition.of("snr_5db")]
APART = voices_apart(VOICES, ("guard", "replay"))


def test_a_text_is_cut_at_marks_and_empty_lines_and_lines_are_joined() -> None:
    text = 'She said "come over here now." He\ndid not want to.\n\nA heading of four words\n\n'
    assert sentences_in(text) == [
        'She said "come over here now.',
        "He did not want to.",
        "A heading of four words",
    ]


def test_a_sentence_too_short_too_long_or_seen_before_is_left_out() -> None:
    long = " ".join(["word"] * 31)
    assert sentences_in(f"Too short. {long}. One two three four. one two THREE four!") == [
        "One two three four."
    ]


def test_sentences_with_a_term_or_of_a_set_that_stands_are_left_out() -> None:
    sentences = ["He sold an old map.", "Give timolol to him now.", "We ate at the beach."]
    assert fit_sentences(sentences, ["timolol"], ["he sold an old map"]) == [sentences[2]]


def test_no_sentence_is_dealt_twice_and_no_voice_is_in_two_sets() -> None:
    sets = plan_sets(SENTENCES, APART, HEARD, {"guard": 20, "replay": 10}, seed=1)
    clips = [clip for planned in sets.values() for clip in planned]
    assert sorted(clip.text for clip in clips) == sorted(SENTENCES)
    voices = [{clip.voice for clip in planned} for planned in sets.values()]
    assert voices[0].isdisjoint(voices[1])
    assert voices[0] | voices[1] == set(VOICES)


def test_each_voice_of_a_set_is_heard_under_every_condition() -> None:
    (clips,) = plan_sets(SENTENCES, APART, HEARD, {"guard": 12}, seed=1).values()
    assert {(clip.voice, clip.condition) for clip in clips} == {
        (voice, condition) for voice in APART["guard"] for condition in HEARD
    }


def test_the_seed_says_which_sentences_are_dealt() -> None:
    sizes = {"guard": 5}
    assert plan_sets(SENTENCES, APART, HEARD, sizes, 1) == plan_sets(
        SENTENCES, APART, HEARD, sizes, 1
    )
    assert plan_sets(SENTENCES, APART, HEARD, sizes, 1) != plan_sets(
        SENTENCES, APART, HEARD, sizes, 2
    )


def test_one_voice_speaks_all_sets() -> None:
    assert voices_apart(VOICES[:1], ("guard", "replay")) == {
        "guard": VOICES[:1],
        "replay": VOICES[:1],
    }


def test_too_few_sentences_are_refused() -> None:
    with pytest.raises(ValueError, match="expected 31 sentences; got 30"):
        plan_sets(SENTENCES, APART, HEARD, {"guard": 31}, seed=1)
