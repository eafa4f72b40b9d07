"""Numbers by value."""

import pytest

from tasks.domain.scoring.numbers import numbers_by_value


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("one point five", "1.5"), ("point five", "0.5"), ("oh point five", "0.5"),
        ("zero point one two five", "0.125"), ("one point twenty five", "1.25"),
        ("one point five million", "1500000"), ("2.5 million", "2500000"), ("5 hundred", "500"),
        ("two and a half", "2.5"), ("1 /0.5", "1.5"), ("one and three quarters", "1.75"),
        ("half a tablet", "0.5 tablet"), ("a half", "0.5"), ("one half", "0.5"),
        ("minus five", "-5"), ("minus one point five", "-1.5"), ("minus zero", "minus 0"),
        ("one two", "1 2"), ("one two three", "1 2 3"), ("oh two", "oh 2"),
        ("one hundred one point three", "101.3"), ("one hundred two point five", "102.5"),
        ("score negative two", "score -2"), ("negative two days", "negative 2 days"),
        ("five eighths", "0.625"), ("d 5 /0.5", "d 5 0.5"), ("a 1 /0.5", "a 1.5"),
        ("in twenty thirty hours", "in 20 30 hours"), ("june 12th twenty thirty", "june 12th 2030"),
        ("twenty 1st", "21st"), ("twenty second", "22nd"), ("one hundred five hundred", "100 500"),
        ("one twenty over eighty", "120 over 80"), ("one twenty", "1 20"),
        ("120 over one ten", "120 over 110"), ("in nineteen eighty four", "in 1984"),
        ("nineteen eighty four", "19 84"), ("this point two people", "this point 2 people"),
        ("version 1 point 0 point 2", "version 1 2"), ("minus minus five", "minus -5"),
        ("quarter to five", "quarter to 5"), ("no one", "no one"),
    ],
)  # fmt: skip
def test_a_number_is_written_as_its_value(words: str, values: str) -> None:
    assert " ".join(numbers_by_value(words.split())) == values
