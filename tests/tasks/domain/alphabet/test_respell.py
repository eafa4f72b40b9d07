"""Text is written in the alphabet of the base, as it is spoken, or refused with what is left."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.domain.alphabet.alphabet import Alphabet
from tasks.domain.alphabet.respell import Respelled, Unspellable, respell

LETTERS = Alphabet(frozenset(string.ascii_lowercase), folds=True)
SHOUTED = Alphabet(frozenset(string.ascii_uppercase))
WRITTEN = Alphabet(frozenset(string.ascii_letters + string.digits + ".,?!'-%/"))
ALPHABETS = {"letters": LETTERS, "shouted": SHOUTED, "written": WRITTEN}
SENTENCES = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            [
                "5",
                "1.5",
                "mg",
                "mcg",
                "120/80",
                "1/2",
                "HbA1c",
                "10⁹/L",
                "1:1000",
                "b.i.d.",
                "β-blocker",
                "Crohn's",
                "café",
                "38.5°C",
                "Tylenol™",
                "½",
                "5-10",
                "-5",
                "&",
                "%",
                "(7.5%),",
                "w/o",
                "IV.",
                "06/12/2024",
                "5,000",
                "q12h",
                "“no”",
            ]
        ),
        st.decimals(-999, 9999, places=2).map(str),
    ),
    max_size=8,
).map(" ".join)


def written(text: str, alphabet: Alphabet = LETTERS) -> str:
    found = respell(text, alphabet)
    assert isinstance(found, Respelled), found
    return found.text


@settings(deadline=None)
@given(SENTENCES, st.sampled_from(sorted(ALPHABETS)))
@example("¼ßİǆ\u200d\u3000a", "shouted")
def test_a_text_ends_in_the_alphabet_or_is_refused_and_a_second_time_changes_nothing(
    text: str, name: str
) -> None:
    alphabet = ALPHABETS[name]
    found = respell(text, alphabet)
    if isinstance(found, Unspellable):
        assert not found.characters or alphabet.lacking(found.characters)
    else:
        assert not alphabet.lacking(found.text)
        assert found.text.strip()
        assert respell(found.text, alphabet) == Respelled(found.text)


@settings(deadline=None)
@given(st.text(alphabet=[*string.ascii_letters, *string.digits, *".,?!'-%/ "], min_size=1))
def test_a_base_that_has_all_of_a_text_keeps_it_to_the_letter(text: str) -> None:
    found = respell(text, WRITTEN)
    assert found == (Respelled(text) if text.strip() else Unspellable(""))


@settings(deadline=None)
@given(st.integers(0, 99_999), st.sampled_from(["mg", "mcg", "g", "mL", "units", "mg/kg"]))
def test_no_digit_of_a_dose_is_lost(value: int, unit: str) -> None:
    """Two doses of one digit more, or of a point, are never the same text."""
    one, ten, point = (
        respell(f"give {number} {unit}.", LETTERS)
        for number in (f"{value}", f"{value}0", f"{value}.5")
    )
    assert one != point != ten
    assert one != ten or value == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She takes 5 mg.", "she takes five milligrams"),
        ("Give warfarin 1.5 mg, then .5 mg.",
         "give warfarin one point five milligrams then zero point five milligrams"),
        ("Blood pressure: 120/80 mmHg;", "blood pressure one twenty over eighty millimeters of mercury"),
        ("5 mg/kg/day (2-3 doses)", "five milligrams per kilogram per day two to three doses"),
        ("-5 and −5", "minus five and minus five"),
        ("1,250 mg at 5pm", "one thousand two hundred fifty milligrams at five pm"),
        ("Temp 38.5 °C, 98%", "temp thirty eight point five degrees celsius ninety eight percent"),
        ("5 µg q12h", "five micrograms every twelve hours"),
        ("vitamin b12, a1c and covid19", "vitamin b twelve a one c and covid nineteen"),
        ("HbA1c, 5-FU, COVID-19, B12", "hemoglobin a one c five f u covid nineteen b twelve"),
        ("beta-blocker—now, warfarin/heparin", "beta blocker now warfarin heparin"),
        ("β-blocker and TNFα", "beta blocker and tnf alpha"),
        ("Crohn’s b.i.d.", "crohns bid"),
        ("Naïve Ménière's straße Œdema", "naive menieres strasse oedema"),
        ("Tylenol® & “aspirin”…", "tylenol and aspirin"),
        ("a\tb\u00a0c\u200bd", "a b cd"),
        ("Type II, EKG", "type ii ekg"),
    ],
)  # fmt: skip
def test_a_base_of_small_letters_is_trained_on_what_the_clip_speaks(
    text: str, expected: str
) -> None:
    assert written(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She wrote “no” — twice…", "She wrote no - twice..."),
        ("Give 1.5 mg of café.", "Give 1.5 mg of cafe."),
        ("β-blocker, 38.5 °C", "beta-blocker, thirty eight point five degrees celsius"),
        ("Crohn’s; HbA1c", "Crohn's HbA1c"),
    ],
)
def test_a_base_with_case_and_punctuation_keeps_both_and_loses_only_what_it_lacks(
    text: str, expected: str
) -> None:
    assert written(text, WRITTEN) == expected


def test_a_base_of_capitals_alone_is_trained_on_capitals() -> None:
    assert written("She takes 5 mg.", SHOUTED) == "SHE TAKES FIVE MILLIGRAMS"


def test_a_base_with_digits_but_no_point_is_never_trained_on_a_dose_without_its_point() -> None:
    digits = Alphabet(frozenset(string.ascii_lowercase + string.digits))
    assert written("1.5 mg", digits) == "one point five milligrams"
    assert written("15 mg", digits) == "15 mg"
    assert written("1,000 mg", digits) == "one thousand milligrams"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("5^3", "^"), ("10.0.0.1", "."), ("中", "中"), ("0.5‰", "‰"),
    ],
)  # fmt: skip
def test_what_has_no_known_way_to_be_spoken_is_refused_and_named(text: str, left: str) -> None:
    found = respell(text, LETTERS)
    assert isinstance(found, Unspellable)
    assert left in found.characters or "5" in found.characters or "1" in found.characters
    assert repr(found.characters[0]) in found.reason


def test_a_text_of_punctuation_alone_has_no_word_left() -> None:
    assert respell("…!", LETTERS) == Unspellable("")
    assert Unspellable("").reason == "no word is left of it that the base can write"


def test_each_kind_of_change_is_named() -> None:
    assert respell("lung", LETTERS).kinds == frozenset()  # type: ignore[union-attr]
    kinds = {
        "Lung": "case",
        "lung.": "punctuation",
        "5": "numbers",
        "café": "accents",
        "a™": "symbols",
    }
    for text, kind in kinds.items():
        found = respell(text, LETTERS)
        assert isinstance(found, Respelled)
        assert found.kinds == {kind}
