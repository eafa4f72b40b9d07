"""Clinical writing as it is spoken."""

from __future__ import annotations

import random
import re
import string

import pytest

from tasks.domain.spoken.forms import plain_signs, spoken_form, unpronounced, unsaid
from tasks.domain.spoken.numerals import ABBREVIATIONS, SMALL, TENS, UNITS

SPOKEN = re.compile(r"[A-Za-z .,;:!?'()–-]*")
SIGNS = "/:-^*+<>=~#$%&@_[]{}|\\§€→µ°½²⁹β×–"


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("HbA1c", "hemoglobin a one c"),
        ("COVID-19", "covid nineteen"),
        ("INR", "i n r"),
        ("tPA and aPTT", "t p a and a p t t"),
        ("EKGs and NSAIDs", "e k g s and en saids"),
        ("MRSA/VRE", "mersa v r e"),
        ("w/o pain, s/p CABG", "without pain, status post cabbage"),
        ("in his 50s, the 1990s", "in his fifties, the nineteen nineties"),
        ("hold 30s, 1.5x the limit", "hold thirty seconds, one point five times the limit"),
        ("pH 7.35", "p h seven point three five"),
    ],
)
def test_abbreviations_are_words_or_letters(written: str, spoken: str) -> None:
    assert spoken_form(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
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
def test_doses_are_spoken_with_their_units(written: str, spoken: str) -> None:
    assert spoken_form(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
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
def test_letters_and_digits_of_a_name_are_spoken_apart(written: str, spoken: str) -> None:
    assert spoken_form(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
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
def test_pressures_times_places_and_ranges(written: str, spoken: str) -> None:
    assert spoken_form(written) == spoken


def test_plain_words_and_punctuation_stay_as_they_are() -> None:
    text = "Please start metoprolol, then x-ray the patient's chest; I agree."
    assert spoken_form(text) == text


@pytest.mark.parametrize("written", sorted(ABBREVIATIONS))
def test_every_abbreviation_is_found_in_a_sentence(written: str) -> None:
    assert spoken_form(f"see {written} now") == f"see {ABBREVIATIONS[written]} now"


@pytest.mark.parametrize("unit", sorted(UNITS))
def test_no_digit_or_sign_is_left_of_a_dose(unit: str) -> None:
    assert re.fullmatch(r"[a-z ]+", spoken_form(f"give 2.5 {unit} at 10"))


def test_what_is_spoken_already_is_not_changed_again() -> None:
    once = spoken_form("HbA1c 7.5%, 5 mg/kg, CD4 of 200, 120/80 and the 2nd MRI")
    assert spoken_form(once) == once


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("take 1/2 tablet", "take one half tablet"),
        ("½ tablet", "one half tablet"),
        ("1½ tablets, 1-1/2 tablets", "one and a half tablets, one and a half tablets"),
        ("2 3/4 mg", "two and three quarters milligrams"),
        ("1/2-1 tablet", "one half to one tablet"),
        ("1/2 mg", "one half milligram"),
    ],
)
def test_a_fraction_of_a_tablet_is_a_fraction_and_no_two_numbers(written: str, spoken: str) -> None:
    assert spoken_form(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("150 x 10⁹/L", "one hundred fifty times ten to the nine per liter"),
        ("4.5×10^12/L", "four point five times ten to the twelve per liter"),
        ("10*3/µL", "ten to the three per microliter"),
        ("10⁻³ mol", "ten to the minus three mol"),
        (
            "60 mL/min/1.73 m²",
            "sixty milliliters per minute per one point seven three square meters",
        ),
        ("10 mg/5 mL", "ten milligrams per five milliliters"),
        ("in mg/dL", "in milligrams per deciliter"),
        ("50%-60%, 5 mg - 10 mg", "fifty to sixty percent, five to ten milligrams"),
    ],
)
def test_powers_of_ten_and_units_per_unit_are_spoken(written: str, spoken: str) -> None:
    assert spoken_form(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("epinephrine 1:1000", "epinephrine one to one thousand"),
        ("lidocaine 1:100,000", "lidocaine one to one hundred thousand"),
        ("a titer of 1:40", "a titer of one to forty"),
        ("at 1:40", "at one forty"),
    ],
)
def test_a_dilution_is_a_ratio_and_no_time_of_day(written: str, spoken: str) -> None:
    assert spoken_form(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("NYHA III", "n y h a three"),
        ("NYHA class III-IV", "n y h a class three to four"),
        ("II/VI murmur", "two over six murmur"),
        ("grade II/VI, 2/6 murmur", "grade two over six, two over six murmur"),
        ("grade 3/4", "grade three over four"),
        ("pain 8/10", "pain eight over ten"),
        ("CN VII, lead II", "c n seven, lead two"),
        ("type II/III", "type two three"),
        ("phase 1/2 trial", "phase one two trial"),
        ("MIX/VIX", "m i x v i x"),
        ("the child I treated", "the child I treated"),
    ],
)
def test_a_roman_numeral_is_a_number_and_a_grade_is_of_so_many(written: str, spoken: str) -> None:
    assert spoken_form(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("INR 5,2", "i n r five point two"),
        ("0,125 mg", "zero point one two five milligrams"),
        ("5,200 cells", "five thousand two hundred cells"),
        ("1,250.5 mL", "one thousand two hundred fifty point five milliliters"),
        ("levels 1,2 and 3", "levels one, two and three"),
        ("1,2,3", "one, two, three"),
        ("7·5", "seven point five"),
    ],
)
def test_a_comma_is_of_decimals_unless_three_digits_follow(written: str, spoken: str) -> None:
    """5,200 is read as a number of thousands, as Americans write it, and 5,2 as a decimal one."""
    assert spoken_form(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("q4-6h", "every four to six hours"),
        ("q 8 h", "every eight hours"),
        ("Q12H", "every twelve hours"),
        ("q1h", "every one hour"),
        ("q2wk, q3d", "every two weeks, every three days"),
        ("coenzyme Q10", "coenzyme q ten"),
    ],
)
def test_how_often_is_spoken_with_its_range(written: str, spoken: str) -> None:
    assert spoken_form(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("on 06/12/2024", "on June twelfth twenty twenty four"),
        ("on 6/12/24.", "on June twelfth twenty twenty four."),
        ("25.12.2024", "December twenty fifth twenty twenty four"),
        ("2024-06-12", "June twelfth twenty twenty four"),
        ("06/12", "June twelfth"),
    ],
)
def test_a_date_is_spoken_with_its_month_first_as_americans_write_it(
    written: str, spoken: str
) -> None:
    assert spoken_form(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("T-score −2.5, BE -3", "T-score minus two point five, b e minus three"),
        ("≥5, <=3, +/-2, ~4", "at least five, at most three, plus or minus two, about four"),
        ("5→10", "five to ten"),
        ("2 x 3 cm", "two by three centimeters"),
        ("5 mg x 3 days", "five milligrams times three days"),
        ("5-0 nylon", "five oh nylon"),
        ("β2-agonist, TNF-α", "beta two-agonist, t n f-alpha"),
        ("a1c, p53, covid19", "a one c, p fifty three, covid nineteen"),
        ("Omega-3", "Omega three"),
        ("HLA-B*57:01, CYP2D6*4", "h l a-B star fifty seven oh one, c y p two d six star four"),
        ("5'10\" and H&P", "five foot ten and H and P"),
        ("Ca²⁺, 2+ edema", "c a two plus, two plus edema"),
        ("#3 for $5", "number three for five dollars"),
    ],
)
def test_signs_of_numbers_and_names_are_words(written: str, spoken: str) -> None:
    assert spoken_form(written) == spoken


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("give 5^2 now", "5^2"),
        ("on 31/31/2024.", "31/31/2024"),
        ("10-5 mg", "10-5"),
        ("at 14:30:15", "14:30:15"),
        ("1.000,50 mL", "1.000,50"),
        ("120/80/60", "120/80/60"),
        ("code E11.9, [x] §4", "E11.9, [x], §4"),
        ("аспирин", "аспирин"),
        ("Give 5 mg.", ""),
    ],
)
def test_what_has_no_words_is_named(written: str, left: str) -> None:
    assert unsaid(written) == left


def phrase(rng: random.Random) -> str:
    """Write something as a clinician may, or as nobody would."""
    number = rng.choice(["5", "1/2", "2,5", "1,250", "0.5", ".5", "120/80", "½", "10⁹", "1:1000"])
    unit = rng.choice([*UNITS, "/L", "mg/dL", ""])
    name = rng.choice(
        [*ABBREVIATIONS, "NYHA III", "II/VI", "q4-6h", "06/12/2024", "B12", "β-blocker"]
    )
    noise = "".join(rng.choices(SIGNS + string.digits + string.ascii_letters, k=rng.randrange(6)))
    parts = [
        "give",
        number + rng.choice(["", " "]) + unit,
        name,
        noise,
        rng.choice(["now.", "(IV)"]),
    ]
    rng.shuffle(parts)
    return " ".join(parts)


@pytest.mark.slow
def test_of_two_thousand_phrases_each_is_spoken_in_words_or_what_is_left_is_named() -> None:
    rng = random.Random(11)
    phrases = [phrase(rng) for _ in range(2_000)]
    refused = 0
    for text in phrases:
        left = unsaid(text)
        refused += bool(left)
        assert bool(left) != bool(SPOKEN.fullmatch(spoken_form(text))), text
        assert all(one in text for one in left.split(", ")), text
        assert spoken_form(text) == spoken_form(spoken_form(text)) or left, text
    assert 200 < refused < 1_500


def value(words: list[str]) -> float:
    """Read a number from its words, by the values of the words alone."""
    whole, _, decimals = " ".join(words).partition(" point ")
    total = group = 0
    for word in whole.split():
        if word == "hundred":
            group *= 100
        elif word in ("thousand", "million"):
            total, group = total + group * {"thousand": 1_000, "million": 1_000_000}[word], 0
        else:
            group += SMALL.index(word) if word in SMALL else 10 * TENS.index(word)
    digits = "".join(str(SMALL.index(word)) for word in decimals.split())
    return float(f"{total + group}.{digits or 0}")


def test_two_thousand_doses_are_spoken_with_the_value_that_is_written() -> None:
    rng = random.Random(5)
    for _ in range(2_000):
        number = rng.choice([rng.randrange(10), rng.randrange(1_000), rng.randrange(2_000_000)])
        decimals = rng.choice(["", "5", "05", "25", "125"])
        written = f"{number:,}" if rng.random() < 0.5 else str(number)
        written += f".{decimals}" if decimals else ""
        spoken = spoken_form(f"give {written} mg now")
        words = spoken.removeprefix("give ").removesuffix(" now").split()
        assert words[-1] in ("milligram", "milligrams")
        assert value(words[:-1]) == float(f"{number}.{decimals or 0}"), (written, spoken)


def test_signs_that_are_spoken_are_no_pictures() -> None:
    assert unpronounced("↑ K⁺ 5 °C → α ™") == "™"


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("1½, 1 ½ and ¾", "1 1/2, 1 1/2 and 3/4"),
        ("1⁄2", "1/2"),
        ("10⁹ and 10⁻³", "10^9 and 10^-3"),
        ("10*9/L", "10^9/L"),
        ("m², H₂O, HCO₃⁻", "m2, H2O, HCO3-"),
        ("10₂", "10_2"),
        ("−3", "-3"),
        ("+/-2, >=3, <=4, a->b", "±2, ≥3, ≤4, a→b"),
        ("10\u202f000", "10,000"),
        ("beta\u2011blocker", "beta-blocker"),
        ("a - b — c", "a - b — c"),
    ],
)
def test_one_sign_is_left_of_several(written: str, plain: str) -> None:
    assert plain_signs(written) == plain
