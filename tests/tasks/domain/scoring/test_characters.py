"""Characters that are written in several ways."""

import pytest

from tasks.domain.scoring.characters import CHARACTER_STEPS


def after_steps(text: str) -> str:
    for step in CHARACTER_STEPS:
        text = step(text)
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Tylenol™ and Advil®", "tylenol and advil"),
        ("1½ and 3¾", "1 1⁄2 and 3 3⁄4"),
        ("10⁹ m²", "10^9 m^2"),
        ("don’t, don‘t, don`t", "don't, don't, don't"),
        ("co‐amoxiclav 2–3", "co-amoxiclav 2-3"),
        ("now—then", "now then"),
        ("5−3 at −.5", "5 -3 at -.5"),
        ("war\u200bfa\u00adrin\ufeff", "warfarin"),
        ("Ménière, SJÖGREN", "meniere, sjogren"),
        ("α-2b, TNF-α, βblocker", "alpha 2b, tnf- alpha , beta blocker"),
        ("5 µg, 5 μmol, μ-opioid", "5 μg, 5 μmol, mu opioid"),
        ("٥ mg", "5 mg"),
        ("37℃ 37 ºC", "37°c 37 °c"),
        ("5 < 6 & 7", "5 less than 6 and 7"),
        ("mg / kg", "mg/kg"),
        ("3·5, 1\u2009000, 10⁻⁹", "3.5, 1,000, 10^-9"),
        ("5 mM, 2 MU, 5 mm", "5 millimolar, 2 million unit, 5 mm"),
        ("+/-2, >=5, 5->6, +ve", "plus or minus 2, at least 5, 5 to 6, positive"),
        ("K ↑ @ 10 000, ~5", "k increased at 10000, about 5"),
        ("10 500 and 1 000.5", "10 500 and 1 000.5"),
        ("e" + 40 * "\u0301", "e"),
    ],
)
def test_characters_of_one_meaning_are_written_in_one_way(text: str, written: str) -> None:
    assert after_steps(text) == written


def test_a_word_of_greek_letters_keeps_them() -> None:
    assert after_steps("αβγ") == "αβγ"
