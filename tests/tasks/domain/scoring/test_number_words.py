"""Number words and shortest decimals."""

import pytest

from tasks.domain.scoring.number_words import cardinal, is_number, shortest, times_ten


@pytest.mark.parametrize(
    ("words", "value", "count"),
    [
        ("twenty five", "25", 2), ("one hundred and twenty", "120", 4), ("a hundred", "100", 2),
        ("two thousand", "2000", 2), ("twelve hundred", "1200", 2), ("a thousand and one", "1001", 4),
        ("one million two hundred thousand", "1200000", 5), ("two hundred fifty thousand", "250000", 4),
        ("one hundred two hundred", "100", 2), ("one thousand two thousand", "1000", 2),
        ("five five", "5", 1), ("twenty thirty", "20", 1), ("fifteen five", "15", 1), ("zero", "0", 1),
    ],
)  # fmt: skip
def test_number_words_make_the_largest_number_that_they_can(
    words: str, value: str, count: int
) -> None:
    assert cardinal([*words.split(), ""], 0) == (value, count)


@pytest.mark.parametrize("words", ["a patient", "and", "point"])
def test_other_words_are_no_number(words: str) -> None:
    assert cardinal([*words.split(), ""], 0) is None


def test_leading_zeros_are_dropped_from_values_and_kept_in_identifiers() -> None:
    assert [shortest(one) for one in ("05", "007", "0123", "00.50")] == ["5", "7", "0123", "0.5"]


def test_a_power_of_ten_moves_the_point() -> None:
    assert [times_ten("1.25", power) for power in (1, 2, 3)] == ["12.5", "125", "1250"]
    assert times_ten("9" * 50, 3) == "9" * 50 + "000"


def test_a_number_of_many_digits_is_no_value_to_multiply() -> None:
    assert times_ten("9" * 5_000, 3) == "9" * 5_000


def test_an_ordinal_is_no_number() -> None:
    assert [is_number(one) for one in ("5", "-0.5", "5th", ".5", "5.")] == [
        True,
        True,
        *3 * [False],
    ]
