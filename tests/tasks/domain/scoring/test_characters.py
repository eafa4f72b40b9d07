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
    ],
)
def test_characters_of_one_meaning_are_written_in_one_way(text: str, written: str) -> None:
    assert after_steps(text) == written


def test_a_word_of_greek_letters_keeps_them() -> None:
    assert after_steps("αβγ") == "αβγ"
