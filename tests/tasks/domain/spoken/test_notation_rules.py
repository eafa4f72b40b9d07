"""Rules are looked for in an order in which none takes a part of another's notation."""

from __future__ import annotations

import re

from tasks.domain.spoken.notation_rules import PER, RULES, UNIT
from tasks.domain.spoken.numerals import SYMBOLS


def test_the_longest_unit_is_found() -> None:
    found = re.match(UNIT, "mmHg")
    assert found
    assert found.group() == "mmHg"
    assert re.fullmatch(f"(?:{PER})+", "/min/1.73 m2")


def test_the_last_rule_leaves_no_sign_that_has_words() -> None:
    pattern, say = RULES[-1]
    text = pattern.sub(say, "".join(SYMBOLS))
    assert re.fullmatch("[a-z ]+", text)
