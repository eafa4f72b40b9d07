"""What is written in several ways is written in one."""

from __future__ import annotations

import pytest

from tasks.domain.spoken.signs import plain_signs


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
