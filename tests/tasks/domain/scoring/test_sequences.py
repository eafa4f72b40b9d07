"""Canonical words in their order."""

import pytest

from tasks.domain.scoring.sequences import (
    every_so_often,
    fixed_phrases,
    name_powers,
    part_dashes,
    roman_numbers,
    scores,
    times_and_by,
)


def test_a_dash_between_numbers_is_a_range_and_any_other_vanishes() -> None:
    assert part_dashes(["5", "-", "10", "-", "a"]) == ["5", "to", "10", "a"]
    assert part_dashes(["two", "-", "three"]) == ["two", "to", "three"]
    assert part_dashes(["-", "5", "-"]) == ["5"]


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("type ii", "type 2"), ("type i", "type 1"), ("factor viii", "factor 8"), ("grade iv", "grade 4"),
        ("stage iiia", "stage 3 a"), ("stage i think", "stage i think"), ("give iv", "give iv"),
        ("class x", "class x"), ("and i", "and i"),
    ],
)  # fmt: skip
def test_roman_numbers_are_read_only_after_words_that_are_numbered(
    words: str, written: str
) -> None:
    assert " ".join(roman_numbers(words.split())) == written


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("5 per cent", "5 percent"), ("it is been", "it has been"), ("mm hg", "mmhg"),
        ("hba 1 c", "hemoglobin a 1 c"), ("hb a 1 c", "hemoglobin a 1 c"), ("meter squared", "square meter"),
        ("7 out of 10", "7 over 10"), ("out of 10", "out of 10"), ("10 to the 9th", "10 to the 9"),
        ("the 9th", "the 9th"), ("out", "out"),
    ],
)  # fmt: skip
def test_a_phrase_is_written_in_one_way(words: str, written: str) -> None:
    assert " ".join(fixed_phrases(words.split())) == written


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("2 x 3 x 4", "2 by 3 by 4"), ("2 times 3", "2 by 3"), ("milligram x 3", "milligram times 3"),
        ("3 x daily", "3 times daily"), ("factor x 3", "factor x 3"), ("2 x ray", "2 x ray"), ("x", "x"),
        ("by 3", "by 3"), ("times", "times"),
    ],
)  # fmt: skip
def test_x_is_by_between_numbers_and_times_beside_one(words: str, written: str) -> None:
    assert " ".join(times_and_by(words.split())) == written


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("q 6 hour", "every 6 hour"), ("q 4 to 6 hour", "every 4 to 6 hour"), ("q 6", "q 6"),
        ("q", "q"), ("q day", "q day"), ("q 5 milligram", "q 5 milligram"),
    ],
)  # fmt: skip
def test_q_is_every_before_a_time(words: str, written: str) -> None:
    assert " ".join(every_so_often(words.split())) == written


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("strength /0.75", "strength 3 over 4"), ("reflexes of /0.5", "reflexes of 1 over 2"),
        ("take /0.5", "take /0.5"), ("pain 2 /0.5", "pain 2 /0.5"), ("/0.5 strength", "/0.5 strength"),
        ("of /0.5 strength", "of /0.5 strength"),
    ],
)  # fmt: skip
def test_a_score_is_a_number_of_so_many(words: str, written: str) -> None:
    assert " ".join(scores(words.split())) == written


def test_m2_is_an_area_after_a_number_and_a_name_elsewhere() -> None:
    assert name_powers(["five", "cm2"]) == ["five", "square", "centimeter"]
    assert name_powers(["the", "m2"]) == ["the", "m", "2"]
