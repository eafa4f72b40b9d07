"""One written word by itself."""

import pytest

from tasks.domain.scoring.written import word_atoms


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("b12", "b 12"), ("5mg", "5 milligram"), ("covid-19", "covid 19"), ("5-fu", "5 fu"),
        ("120/80", "120 over 80"), ("1/2", "/0.5"), ("4/5", "4 over 5"), ("2/4", "2 over 4"),
        ("1-1/2", "1 /0.5"), ("1/2-1", "/0.5 to 1"), ("1⁄5", "/0.2"), ("10:30", "10 30"),
        ("1:1000", "1 to 1000"), ("2-3", "2 to 3"), ("-5", "-5"), ("(-5", "-5"), ("--5", "5"),
        ("x-5", "x 5"), ("06/12/2024", "june 12 2024"), ("31/31/2024", "31 31 2024"),
        ("4-7-2-1", "4 7 2 1"), ("1.5.2", "1 5 2"),
        ("1,000.50", "1000.5"), ("5,2", "5.2"), ("1,2,3", "1 2 3"), ("0,125", "0.125"),
        ("12,345", "12345"), (".5", "0.5"), ("...5", "5"), ("pain.5", "pain 5"), ("05", "5"),
        ("mg/dl", "milligram per deciliter"), ("and/or", "and or"), ("10/min", "10 per minute"),
        ("50mg/5ml", "50 milligram per 5 milliliter"), ("g/l", "gram per liter"),
        ("ii/vi", "2 over 6"), ("e.g.", "eg"), ("end.next", "end next"), ("3rd", "3rd"),
        ("5%", "5 percent"), ("°c", "degree c"), ("10^9/l", "10 to the 9 per liter"),
        ("m^2", "square meter"), ("mg/m2", "milligram per square meter"), ("m2", "m2"),
        ("5'10", "5 foot 10"), ("1'000", "1000"), ("14:05", "14 oh 5"), ("8:05", "8 5"),
        ("10:00", "10 oclock"), ("10^-9", "10 to the -9"), ("mg/d", "milligram per day"),
        ("cells/mm3", "cells per cubic millimeter"), ("w/o,", "without"), ("24/7", "24 7"),
        ("fifties", "50 s"), ("-ve", "negative"),
        ("50's", "50 s"), ("crohn's", "crohn"), ("don't", "do not"), ("-", "-"),
        ("#3", "number 3"), ("bpm", "beat per minute"), ("a_b", "a b"), ("h1n1", "h 1 n 1"),
    ],
)  # fmt: skip
def test_a_written_word_has_its_words(written: str, words: str) -> None:
    assert " ".join(word_atoms(written)) == words
