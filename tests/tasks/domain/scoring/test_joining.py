"""Letters and digits one by one: what is joined, and what is not."""

import pytest

from tasks.domain.scoring.canonical import canonical
from tasks.domain.scoring.joining import join_digits, join_letters


@pytest.mark.parametrize(
    ("words", "joined"),
    [
        ("n y h a 3", "nyha 3"), ("the i n r", "the inr"), ("i v", "iv"), ("c y p 2 d 6", "cyp 2 d 6"),
        ("a c t", "a ct"), ("a l t", "alt"), ("a b 12", "a b 12"), ("8 a m", "8 am"), ("p o b i d", "po bid"),
        ("i m", "im"), ("vitamin d i think", "vitamin d i think"), ("hepatitis b s", "hepatitis b s"),
        ("2 x a day", "2 x a day"), ("i d", "i d"), ("n o", "n o"), ("five m g", "five milligram"),
        ("2 l o 2", "2 l o 2"), ("1 l n s", "1 l ns"), ("5 c c i v", "5 cc iv"),
        ("h c v r n a b", "h c v r n a b"),
        ("i a", "i a"), ("b", "b"), ("d r", "doctor"),
    ],
)  # fmt: skip
def test_letters_in_a_row_are_an_abbreviation(words: str, joined: str) -> None:
    assert " ".join(join_letters(words.split())) == joined


@pytest.mark.parametrize(
    ("words", "joined"),
    [
        ("1 2 3 4", "1234"),
        ("oh 1 2 3", "0123"),
        ("1 oh 5", "105"),
        ("1 oh 5 over oh", "105 over oh"),
    ],
)
def test_four_digits_in_a_row_are_an_identifier(words: str, joined: str) -> None:
    assert " ".join(join_digits(words.split())) == joined


@pytest.mark.parametrize("words", ["1 oh", "oh oh", "oh 5", "1 2 3", "12 3 4 5"])
def test_fewer_than_four_single_digits_are_no_identifier(words: str) -> None:
    assert join_digits(words.split()) == words.split()


def test_a_lone_dash_between_letters_does_not_change_what_is_read_again() -> None:
    assert canonical("n - s") == canonical(canonical("n - s")) == "ns"
