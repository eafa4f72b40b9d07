"""Clinical writing as it is said."""

from __future__ import annotations

import re

import pytest

from tasks.domain.benchmark.spoken import ABBREVIATIONS, UNITS, spoken_form


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("HbA1c", "hemoglobin a one c"),
        ("COVID-19", "covid nineteen"),
        ("INR", "i n r"),
        ("tPA and aPTT", "t p a and a p t t"),
        ("EKGs and NSAIDs", "e k g s and en saids"),
        ("MRSA/VRE", "mersa v r e"),
        ("w/o pain, s/p CABG", "without pain, status post cabbage"),
        ("pH 7.35", "p h seven point three five"),
    ],
)
def test_abbreviations_are_words_or_letters(written: str, said: str) -> None:
    assert spoken_form(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("3.5 mg", "three point five milligrams"),
        ("1 mg", "one milligram"),
        ("1-2 mg", "one to two milligrams"),
        ("25mg", "twenty five milligrams"),
        ("a 5-mg tablet", "a five milligram tablet"),
        ("5 mg/kg/day", "five milligrams per kilogram per day"),
        ("100 mcg/h", "one hundred micrograms per hour"),
        ("1,000 mL of saline", "one thousand milliliters of saline"),
        ("4.0 mEq/L", "four point zero milliequivalents per liter"),
        ("72 bpm", "seventy two beats per minute"),
        ("38.5 °C", "thirty eight point five degrees celsius"),
        ("SpO2 92%", "s p o two ninety two percent"),
        ("10 units of insulin q6h", "ten units of insulin every six hours"),
    ],
)
def test_doses_are_said_with_their_units(written: str, said: str) -> None:
    assert spoken_form(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("vitamin B12", "vitamin b twelve"),
        ("IL-6 and CYP3A4", "i l six and c y p three a four"),
        ("L4-L5", "l four l five"),
        ("5-HT3 antagonist", "five h t three antagonist"),
        ("CA-125", "c a one twenty five"),
        ("type II diabetes", "type two diabetes"),
        ("stage IIIB", "stage three b"),
        ("IV fluids", "i v fluids"),
    ],
)
def test_letters_and_digits_of_a_name_are_said_apart(written: str, said: str) -> None:
    assert spoken_form(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("120/80 mmHg", "one twenty over eighty millimeters of mercury"),
        ("105/65.", "one oh five over sixty five."),
        ("at 8:30 and 9:05", "at eight thirty and nine oh five"),
        ("at 7:00", "at seven o'clock"),
        ("the 3rd day", "the third day"),
        ("3x daily, x2 days", "three times daily, times two days"),
        ("2-3 times", "two to three times"),
        ("WBC >10", "w b c greater than ten"),
    ],
)
def test_pressures_times_places_and_ranges(written: str, said: str) -> None:
    assert spoken_form(written) == said


def test_plain_words_and_punctuation_stay_as_they_are() -> None:
    text = "Please start metoprolol, then x-ray the patient's chest; I agree."
    assert spoken_form(text) == text


@pytest.mark.parametrize("written", sorted(ABBREVIATIONS))
def test_every_abbreviation_is_found_in_a_sentence(written: str) -> None:
    assert spoken_form(f"see {written} now") == f"see {ABBREVIATIONS[written]} now"


@pytest.mark.parametrize("unit", sorted(UNITS))
def test_no_digit_or_sign_is_left_of_a_dose(unit: str) -> None:
    assert re.fullmatch(r"[a-z ]+", spoken_form(f"give 2.5 {unit} at 10"))


def test_what_is_said_already_is_not_changed_again() -> None:
    once = spoken_form("HbA1c 7.5%, 5 mg/kg, CD4 of 200, 120/80 and the 2nd MRI")
    assert spoken_form(once) == once
