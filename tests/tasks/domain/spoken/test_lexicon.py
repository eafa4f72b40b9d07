"""Units and signs have words of Latin letters."""

from __future__ import annotations

import re

import pytest

from tasks.domain.spoken.lexicon import ABBREVIATIONS, GREEK, SYMBOLS, UNITS, unit_words


@pytest.mark.parametrize("table", [ABBREVIATIONS, GREEK, SYMBOLS])
def test_what_is_said_is_words_alone(table: dict[str, str]) -> None:
    assert [said for said in table.values() if not re.fullmatch("[a-z ]+", said)] == []


def test_several_of_a_unit_have_its_plural_and_some_have_none_of_their_own() -> None:
    assert [unit_words(name, several=True) for name in ("mg", "mmHg", "%")] == [
        "milligrams", "millimeters of mercury", "percent",
    ]  # fmt: skip


def test_the_two_signs_of_micro_are_said_alike() -> None:
    """The micro sign and the Greek letter look the same."""
    micro, mu = "\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}"
    for name in UNITS:
        if name.startswith(micro):
            assert UNITS[name] == UNITS[name.replace(micro, mu)]
