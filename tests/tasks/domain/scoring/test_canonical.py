"""The canonical view as a whole: what is one, what stays two, and that it is at rest."""

import random
from pathlib import Path
from time import process_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.domain.scoring.canonical import (
    canonical,
    canonical_words,
    scoring_id,
    words_in_order,
    words_of,
)
from tasks.domain.scoring.finding import found, term_forms
from tasks.domain.scoring.written import word_atoms
from tasks.domain.verdict.critical import critical_changes

ROOT = Path(__file__).parents[4]
SAME = {
    "a dose with its point": ["warfarin 1.5 mg", "warfarin one point five milligrams"],
    "a dose below one": [".5 mg", "0.5 mg", "point five mg", "oh point five milligrams"],
    "three decimals": ["0.125 mg", "zero point one two five milligrams"],
    "a blood pressure": ["120/80", "120 over 80", "one twenty over eighty", "120 / 80"],
    "a percentage": ["0.9 %", "0.9%", "point nine percent", "0.9 per cent"],
    "a half": ["½ tablet", "1/2 tablet", "half a tablet", "one half tablet"],
    "one and a half": ["1½ mg", "1 1/2 mg", "1-1/2 mg", "one and a half milligrams", "1.50mg"],
    "ten": ["ten", "10"],
    "thousands": ["1,000 units", "one thousand units", "1000 U", "a thousand units"],
    "hundreds": ["120 mg", "one hundred and twenty mg", "one hundred twenty mg"],
    "micrograms": ["5 mcg", "5 µg", "5 μg", "5 ug", "five micrograms"],
    "a rate": ["5 mg/kg/day", "five milligrams per kilogram per day", "5 mg / kg / day"],
    "mercury": ["140 mmHg", "140 mm Hg", "140 millimetres of mercury"],
    "a temperature": ["38.5 °C", "38.5℃", "38.5 degrees Celsius", "38.5 degrees c"],
    "international units": ["5 IU", "five international units"],
    "a body surface": ["75 mg/m²", "75 mg/m2", "75 milligrams per square meter"],
    "a count": ["10⁹/L", "10^9/L", "ten to the nine per liter"],
    "a minus": ["−5", "-5", "minus five"],
    "a range": ["2-3 days", "2–3 days", "two to three days", "2 - 3 days"],
    "an identifier": ["1034", "one oh three four", "1 0 3 4", "one zero three four"],
    "an ordinal": ["1st", "first"],
    "letters and digits": ["B12", "B 12", "b twelve"],
    "letters around a digit": ["A1c", "a one c", "A 1 C"],
    "hemoglobin A1c": ["HbA1c", "hemoglobin A one C", "haemoglobin A1c"],
    "a disease with a number": ["COVID-19", "covid nineteen"],
    "a type": ["type 1", "type one", "Type I"],
    "a murmur": ["II/VI", "two over six"],
    "out of": ["7/10", "seven out of ten"],
    "a Greek letter": ["β-blocker", "beta blocker", "beta-blocker"],
    "a possessive": ["Crohn's", "Crohn’s", "crohns"],
    "dashes and slashes": ["warfarin—now/then", "warfarin now then", "warfarin - now then"],
    "a lone dash": ["a - b", "a b"],
    "negations": ["doesn't", "doesn’t", "does not", "doesnt"],
    "cannot": ["can't", "cannot", "can not", "cant"],
    "a trademark": ["Tylenol™", "Tylenol"],
    "zero-width characters": ["war\u200bfarin", "warfarin", "war\u00adfarin"],
    "British spelling": ["haemoglobin, oesophagus", "hemoglobin, esophagus"],
    "initials": ["p.o.", "PO"],
    "a year": ["in 2019", "in twenty nineteen"],
    "letters one by one": ["NYHA III on CYP2D6", "n y h a three on c y p two d six"],
    "a temperature above a hundred": ["101.3", "one hundred one point three"],
    "a frequency": ["q12h", "every twelve hours", "Q12 hours"],
    "a range of hours": ["q4-6h", "every four to six hours"],
    "a day": ["5 mg/d", "5 mg/day", "five milligrams per day"],
    "eighths": ["3/8", "three eighths"],
    "a strength": ["strength 3/4", "strength three over four"],
    "lengths": ["2×3 cm", "2 x 3 cm", "two by three centimeters"],
    "times": ["×2 days", "x2 days", "times two days"],
    "at least": ["≥5", ">=5", "at least five", "greater than or equal to 5"],
    "at most": ["≤5", "<=5", "at most five", "less than or equal to 5"],
    "plus or minus": ["±2", "+/-2", "plus or minus two"],
    "without": ["w/o pain", "without pain"],
    "a full hour": ["10:00 am", "ten o'clock a.m.", "10 a m"],
    "minutes below ten": ["14:05", "fourteen oh five"],
    "a negative exponent": ["10⁻⁹", "10^-9", "ten to the minus nine"],
    "groups of zeros": ["10 000 units", "10,000 units", "10'000 units", "10\u2009000 units"],
    "a decimal point of journals": ["3·5", "3.5"],
    "millions of units": ["2 MU", "two million units"],
    "milliunits": ["5 mU/L", "five milliunits per liter"],
    "a count of cells": ["200 cells/mm3", "200 cells per cubic millimeter"],
    "water": ["5 cmH2O", "five centimeters of water"],
    "decades": ["his 50s", "his fifties"],
    "a T-score": ["score of -2.5", "score of negative two point five"],
    "nought": ["nought point five", "0.5"],
    "Roman numbers": ["angiotensin II, ASA III, CN VII", "angiotensin two, asa three, c n seven"],
    "always": ["24/7", "twenty four seven"],
    "a height": ["5'10\"", "five foot ten"],
}  # fmt: skip
DIFFERENT = [
    ("warfarin 1.5 mg", "warfarin 15 mg"), ("INR 2.3", "INR 23"), (".5", "5"), ("0.5", "5"),
    ("120/80", "12080"), ("0.9 %", "09"), ("0.9 %", "9 %"), ("½", "12"), ("½", "2"),
    ("15", "50"), ("fifteen", "fifty"), ("2", "20"), ("hypotension", "hypertension"),
    ("hypoglycemia", "hyperglycemia"), ("5 mg", "5 mcg"), ("5 mg", "5 g"), ("5 mcg", "5 g"),
    ("5 mg", "5 ml"), ("mg", "ml"), ("no", "know"), ("left", "right"), ("one two", "12"),
    ("one two three", "123"), ("-5", "5"), ("−5", "5"), ("minus five", "five"), ("2-3", "23"),
    ("1-5", "-5"), ("0123", "123"), ("<5", ">5"), ("5'10", "510"), ("10⁹", "109"),
    ("1½", "11 2"), ("1:1000", "11000"), ("06/12/2024", "06122024"), ("L4-L5", "L45"),
    ("doesn't", "does"), ("it's", "its"), ("we're", "were"), ("quinine", "quinidine"),
    ("1,5 mg", "15 mg"), ("one twenty milligram tablet", "120 milligram tablet"),
    ("at this point two patients", "at this 0.2 patients"), ("no one", "1"), ("5 IU", "5 mg"),
    ("twenty thirty minutes", "2030 minutes"), ("after twenty thirty minutes", "after 2030 minutes"),
    ("by twenty fifty percent", "by 2050 percent"), ("BP ↑", "BP ↓"), ("BP ↑", "BP"), ("~5", "5"),
    ("10^-9", "10 9"), ("10⁻⁹", "10⁹"), ("+/-", "+"), ("5 mU", "5 MU"), ("5 mM", "5 mm"), ("1 000", "1 0"),
    ("3·5", "3 5"), ("D5 1/2 NS", "D5.5 NS"), ("IM injection", "I'm injection"), ("-ve", "+ve"),
    ("∅ pain", "pain"), ("w/o pain", "w/ pain"), ("06/12/2024", "12/06/2024"), ("1:05", "105"),
    ("negative 5 days", "-5 days"), ("vitamin D 5", "vitamin 5"), ("8 am", "8 pm"), ("38 °C", "38 °F"),
    ("L5", "5 L"), ("a b 12", "ab 12"), ("n o", "no"), ("i d", "id"), ("5 mg/d", "5 mg/dL"),
    ("strength 3/4", "strength 0.75"), ("q4h", "q4d"), ("june 12", "june 20"),
    ("can", "can't"), ("10 to 12", "1012"),
]  # fmt: skip
WORDS = (
    "one two three five twelve twenty fifty hundred thousand and a half quarter quarters point oh "
    "minus over out of 10 5 0 1/2 ½ 1½ 1.5 .5 -5 − - – mg mg/kg g l u h per cent % b12 a1c l4 l5 m2 "
    "mm hg mercury second seconds first third type ii i stage x class iv in may nineteen it's been "
    "doesn't can't 's is got degrees c f squared international units days 1,000 5,2 120/80 10:30 "
    "10⁹/l m² β α-2b μg crohn's haemoglobin / 3rd 1234 hba1c to the power w5 9th no zero 1/3 thirds "
    "n y h a i m x x3 2x by times q q6h every june 12th 06/12/2024 score negative strength 3/4 w/o 14:05 am"
)
AWKWARD = "0123459.,/-:%'ablmgh ²½−⁄⁹°μ^#β$"


@pytest.mark.parametrize("name", SAME)
def test_ways_to_write_one_thing_are_one(name: str) -> None:
    assert len({canonical(text) for text in SAME[name]}) == 1


@pytest.mark.parametrize("pair", DIFFERENT, ids=" / ".join)
def test_different_meanings_remain_different(pair: tuple[str, str]) -> None:
    assert canonical(pair[0]) != canonical(pair[1])


def at_rest(text: str) -> None:
    words = canonical(text)
    assert canonical(words) == words


@settings(max_examples=400, deadline=None)
@example("10^-0 mg")
@example("minus 0000")
@given(st.text(max_size=12) | st.text(AWKWARD, max_size=14))
def test_a_canonical_text_of_any_characters_is_its_own_canonical_text(text: str) -> None:
    at_rest(text)


@settings(max_examples=400, deadline=None)
@example("m² squared squared")
@example("point 1.5 hundred")
@given(st.lists(st.sampled_from(WORDS.split()), max_size=8).map(" ".join))
def test_a_canonical_text_of_numbers_and_units_is_its_own_canonical_text(text: str) -> None:
    at_rest(text)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from([*WORDS.split(), "the", "w7", "..."]), max_size=8))
def test_words_that_are_looked_up_are_those_that_the_steps_make(written: list[str]) -> None:
    text = " ".join(written).replace("− ", "−")
    words = canonical(text).split()
    if text.isascii():  # the steps for characters change none of these
        parted = text.replace(" / ", "/").split()
        assert words_in_order([a for one in parted for a in word_atoms(one)]) == words


HOSTILE = {
    "apostrophes": "a'" * 20_000, "negations": "n't" * 20_000, "digits": "7" * 20_000,
    "points": "7." * 20_000, "ones": "one " * 20_000, "millions": "5 " + "million " * 20_000,
    "units and digits": "m2" * 20_000, "accents": "e" + "\u0301\u0323" * 20_000, "NUL": "\0a " * 20_000,
    "hundreds": "hundred " * 20_000, "minus signs": "minus " * 20_000, "slashes": "1/2/" * 20_000,
    "pictures": "\N{GRINNING FACE}" * 20_000, "a word and a hyphen": "ο-ο " + "ο" * 20_000,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_texts_that_nobody_speaks_are_read_in_time_that_grows_with_their_length(name: str) -> None:
    seconds = {}
    for text in (HOSTILE[name][: len(HOSTILE[name]) // 8], HOSTILE[name]):
        started = process_time()
        at_rest(text)
        found(term_forms("beta-blocker"), text)
        critical_changes([text], ["no"])
        seconds[len(text)] = process_time() - started
    shorter, longer = seconds.values()
    assert longer < 40 * max(shorter, 0.02)  # 8 if linear, 64 if quadratic


def test_many_texts_are_those_of_each_by_itself_also_where_one_has_several_lines() -> None:
    texts = ["5 mg\nnow", "½ tablet", "", "no"]
    assert canonical_words(texts) == [canonical(text).split() for text in texts]
    assert canonical_words(texts[1:]) == [canonical(text).split() for text in texts[1:]]
    assert canonical_words([]) == []


def spoken(number: str) -> str:
    whole, _, decimals = number.partition(".")
    names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    return f"{whole} point {' '.join(names[int(d)] for d in decimals)}" if decimals else whole


@pytest.mark.slow
def test_each_change_of_two_thousand_doses_is_seen_and_no_other_way_to_write_them() -> None:
    rng = random.Random(5)
    units = {
        "mg": "milligrams",
        "mcg": "micrograms",
        "mL": "millilitres",
        "units": "U",
        "g": "grams",
    }
    for _ in range(2_000):
        number = f"{rng.randint(1, 999)}" + (f".{rng.randint(1, 99)}" if rng.random() < 0.5 else "")
        unit = rng.choice(list(units))
        side, negation = rng.choice(["left", "right"]), rng.choice(["not ", ""])
        text = f"do {negation}inject {number} {unit} in the {side} arm"
        place = rng.choice([n for n, letter in enumerate(number) if letter.isdigit()])
        digit = rng.choice([d for d in "123456789" if d != number[place]])
        other = rng.choice([one for one in units if one != unit])
        changes = [
            text.replace(number, number[:place] + digit + number[place + 1 :]),
            text.replace(number, number.replace(".", "") if "." in number else f"{number}.5"),
            text.replace(f" {unit} ", f" {other} "),
            text.replace(side, {"left": "right", "right": "left"}[side]),
            text.replace("do not ", "do ") if negation else text.replace("do ", "do not "),
            text.replace(number, f"-{number}"),
        ]
        assert canonical(text) not in {canonical(change) for change in changes}
        ways = [
            text.replace(f"{number} {unit}", f"{number}{unit}"),
            text.replace(f" {unit} ", f" {units[unit]} "),
            text.replace(number, spoken(number)),
            text.replace(number, f"{number}0" if "." in number else f"{number}.0"),
            text.replace("do not", "don't"),
        ]
        assert {canonical(way) for way in ways} == {canonical(text)}


def documented() -> list[tuple[str, str]]:
    """Texts and their canonical words, of the table that compares them in the documentation."""
    lines = (ROOT / "docs/scoring.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    rows = [row for row in cells if len(row) == 4 and row[0] not in ("kind", "---")]
    return [(text, words) for _, text, words, _ in rows]


def test_the_documentation_has_the_canonical_words_of_its_examples() -> None:
    assert len(documented()) > 25
    assert [(text, canonical(text)) for text, _ in documented()] == documented()


def test_a_record_names_the_view_and_the_version_of_its_rules() -> None:
    assert (scoring_id("published"), scoring_id("canonical")) == ("published 1", "canonical 1")


def test_only_the_published_view_loses_the_point_of_a_dose() -> None:
    texts = ("Warfarin 1.5 mg", "warfarin 15 mg")
    assert len(set(words_of(texts, "published"))) == 1
    assert len(set(words_of(texts, "canonical"))) == 2
