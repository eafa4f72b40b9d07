"""Sets of general speech share no sentence, and no voice where there are enough."""

from __future__ import annotations

import pytest

from tasks.benchmark.conditions import Condition
from tasks.benchmark.general import (
    control_faults,
    fit_sentences,
    plan_missing,
    plan_sets,
    sentences_in,
    voices_apart,
)
from tasks.benchmark.plan import Voice
from tasks.benchmark.terms import NamedTerms

SENTENCES = [f"this is sentence number {number}" for number in range(30)]
VOICES = [Voice("e", name) for name in "abcdef"]
TRANSCRIPTS = [Condition(), Condition.of("snr_5db")]
APART = voices_apart(VOICES, ("guard", "replay"))


def test_a_text_is_cut_at_marks_and_empty_lines_and_lines_are_joined() -> None:
    text = 'She asked "come over here now." He\ndid not want to.\n\nA heading of four words\n\n'
    assert sentences_in(text) == [
        'She asked "come over here now.',
        "He did not want to.",
        "A heading of four words",
    ]


def test_a_sentence_too_short_too_long_or_seen_before_is_left_out() -> None:
    long = " ".join(["word"] * 31)
    assert sentences_in(f"Too short. {long}. One two three four. one two THREE four!") == [
        "One two three four."
    ]


def test_sentences_with_a_term_or_of_a_set_that_is_unchanged_are_left_out() -> None:
    sentences = ["He sold an old map.", "Give timolol to him now.", "We ate at the beach."]
    assert fit_sentences(sentences, NamedTerms.of(["timolol"]), ["he sold an old map"]) == [
        sentences[2]
    ]


def test_sentences_with_a_sign_that_has_no_words_are_left_out() -> None:
    sentences = ["He paid 5 dollars for it.", "See section §4 of it.", "It was ☺ to see."]
    assert fit_sentences(sentences, NamedTerms.of([]), []) == sentences[:1]


def test_no_sentence_is_assigned_twice_and_no_voice_is_in_two_sets() -> None:
    sets = plan_sets(SENTENCES, APART, TRANSCRIPTS, {"guard": 20, "replay": 10}, seed=1)
    clips = [clip for planned in sets.values() for clip in planned]
    assert sorted(clip.text for clip in clips) == sorted(SENTENCES)
    voices = [{clip.voice for clip in planned} for planned in sets.values()]
    assert voices[0].isdisjoint(voices[1])
    assert voices[0] | voices[1] == set(VOICES)


def test_each_voice_of_a_set_speaks_under_every_condition() -> None:
    (clips,) = plan_sets(SENTENCES, APART, TRANSCRIPTS, {"guard": 12}, seed=1).values()
    assert {(clip.voice, clip.condition) for clip in clips} == {
        (voice, condition) for voice in APART["guard"] for condition in TRANSCRIPTS
    }


def test_the_seed_names_which_sentences_are_assigned() -> None:
    sizes = {"guard": 5}
    assert plan_sets(SENTENCES, APART, TRANSCRIPTS, sizes, 1) == plan_sets(
        SENTENCES, APART, TRANSCRIPTS, sizes, 1
    )
    assert plan_sets(SENTENCES, APART, TRANSCRIPTS, sizes, 1) != plan_sets(
        SENTENCES, APART, TRANSCRIPTS, sizes, 2
    )


def test_one_voice_speaks_all_sets() -> None:
    assert voices_apart(VOICES[:1], ("guard", "replay")) == {
        "guard": VOICES[:1],
        "replay": VOICES[:1],
    }


def test_too_few_sentences_are_refused() -> None:
    with pytest.raises(ValueError, match="expected 31 sentences; got 30"):
        plan_sets(SENTENCES, APART, TRANSCRIPTS, {"guard": 31}, seed=1)


SIZES = {"guard": 8, "replay": 4}
WHOLE = plan_sets(SENTENCES, APART, TRANSCRIPTS, SIZES, 42)


def texts(name: str) -> list[str]:
    return [clip.text for clip in WHOLE[name]]


@pytest.mark.parametrize(("there", "missing"), [("guard", "replay"), ("replay", "guard")])
def test_a_set_that_is_missing_beside_one_of_its_plan_is_that_of_the_plan(
    there: str, missing: str
) -> None:
    existing = {there: texts(there)[1:]}  # a clip of it was refused
    planned = plan_missing(SENTENCES, APART, TRANSCRIPTS, SIZES, 42, existing)
    assert planned == {missing: WHOLE[missing]}


@pytest.mark.parametrize(
    ("sizes", "name"), [(SIZES, "guard"), ({"replay": 4}, "guard"), ({"guard": 8}, "replay")]
)
def test_a_set_beside_one_of_a_person_has_none_of_its_sentences(
    sizes: dict[str, int], name: str
) -> None:
    own = [texts("replay")[0].upper(), "a sentence of my own"]
    (made,) = plan_missing(SENTENCES, APART, TRANSCRIPTS, sizes, 42, {name: own}).values()
    assert own[0].lower() not in {clip.text for clip in made}


def test_what_exists_needs_no_further_sentences() -> None:
    existing = {"guard": SENTENCES[:4]}
    planned = plan_missing(SENTENCES[:8], APART, TRANSCRIPTS, SIZES, 42, existing)
    assert {clip.text for clip in planned["replay"]} == set(SENTENCES[4:8])
    with pytest.raises(ValueError, match="expected 4 sentences; got 3"):
        plan_missing(SENTENCES[:7], APART, TRANSCRIPTS, SIZES, 42, existing)


@pytest.mark.parametrize("control", ["\0", "\a", "\x1b", "\x7f", "\x9b"])
def test_a_control_character_is_a_fault_of_its_line(control: str) -> None:
    (fault,) = control_faults(f"One line.\r\n\n\tA{control}bell here.\f", "mine.txt")
    assert (fault.file, fault.line) == ("mine.txt", 3)
