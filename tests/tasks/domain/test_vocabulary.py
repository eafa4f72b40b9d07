"""A boosted list holds the answers among others, and is written as the tokenizer spells."""

import string

from tasks.domain.alphabet.alphabet import Alphabet, UnknownAlphabet
from tasks.domain.vocabulary import MIN_DISTRACTORS, built_vocabulary, given_vocabulary, spelled

POOL = [f"word{number}" for number in range(1_500)]


def test_a_built_list_has_the_terms_and_a_thousand_that_nobody_speaks() -> None:
    found = built_vocabulary(["metoprolol", "Mitral valve", "metoprolol"], [*POOL, "metoprolol"])
    assert found.distractors == MIN_DISTRACTORS
    assert len(found.phrases) == MIN_DISTRACTORS + 2
    assert found.phrases[:2] == ("Mitral valve", "metoprolol")
    assert found.warning is None


def test_a_benchmark_that_grows_keeps_its_distractors() -> None:
    before = built_vocabulary(["lung"], POOL)
    after = built_vocabulary(["lung", "heart"], POOL[::-1])
    assert set(before.phrases) < set(after.phrases)


def test_blank_lines_and_repeats_of_a_given_list_are_counted_and_reported() -> None:
    found = given_vocabulary(["lung", "", "  ", "Lung", "heart"], ["heart"])
    assert (found.phrases, found.blank, found.repeated) == (("lung", "heart"), 2, 1)
    assert found.sentence == (
        "2 phrases of vocabulary.txt, 1 of them no benchmark term; "
        "2 blank lines and 1 repeated phrases left out"
    )


def test_a_short_list_is_marked() -> None:
    warning = given_vocabulary(["lung", "heart"], ["heart"]).warning
    assert warning is not None
    assert warning.startswith(
        "The boosted list has 1 phrases that are no benchmark term and can be confused with one, under 1,000"
    )


def test_where_the_tokenizer_has_case_a_phrase_is_written_in_three() -> None:
    assert spelled(["ab"], Alphabet(frozenset("ABab"))) == (["ab", "Ab", "AB"], [])
    assert spelled(["ab"], Alphabet(frozenset("Aab"))) == (["ab", "Ab"], [])
    assert spelled(["Ab"], Alphabet(frozenset("AB"))) == (["AB"], [])


def test_a_phrase_is_written_as_text_that_is_trained_on_and_named_where_it_cannot_be() -> None:
    letters = Alphabet(frozenset(string.ascii_lowercase))
    assert spelled(["B12", "β-blocker", "5^3"], letters) == (
        ["b twelve", "beta blocker"],
        ["5^3"],
    )


def test_phrases_that_are_left_out_are_counted_neither_as_phrases_nor_as_distractors() -> None:
    found = built_vocabulary(["lung", "5^3"], [*POOL, "中"])
    letters = Alphabet(frozenset(string.ascii_lowercase + string.digits))
    left, cannot = found.spelled_by(letters, ["lung", "5^3"])
    assert cannot == ["5^3"]
    assert len(left.phrases) == len(found.phrases) - 1
    assert left.warning is None


def test_phrases_that_are_spelled_alike_or_are_no_rival_of_a_term_do_not_count() -> None:
    listed = [*(f"w{number}" for number in range(600)), *("w " + word for word in NUMBERS)]
    listed += ["of", "x", "a sentence that is much longer than any name of a drug could ever be"]
    found = given_vocabulary(listed, ["metoprolol tartrate"])
    assert found.distractors == len(NUMBERS)
    left, _ = given_vocabulary(["B12", "b twelve", "lung"], ["metoprolol"]).spelled_by(
        Alphabet(frozenset(string.ascii_lowercase)), ["metoprolol"]
    )
    assert left.distractors == 2


NUMBERS = ("one", "two", "three")


def test_in_an_unknown_alphabet_a_list_is_written_as_it_is() -> None:
    assert spelled(["B12"], UnknownAlphabet("no tokenizer")) == (["B12"], [])
