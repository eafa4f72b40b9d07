"""How KER moved on the rows that decide, tested over terms and over voices."""

from __future__ import annotations

from tasks.domain.policy import Policy
from tasks.domain.split import Split
from tasks.domain.verdict.comparison import score_pair
from tasks.domain.verdict.decide import decide
from tests.tasks.domain.verdict.judged import HELD, Maker, benchmark

KEEP_OPEN = Policy.model_validate({"decide": {"open_guard": "keep"}})


def test_rows_of_one_term_count_once(row: Maker) -> None:
    rows = [row(text=f"give metoprolol {n}") for n in range(40)]
    texts = [r.text for r in rows]
    both = score_pair(texts, ["metoprolol"] * 40, ["give it"] * 40, texts)
    decision = decide(rows, Split((), tuple(range(40))), both, HELD, KEEP_OPEN)
    assert decision.priority.relative_drop == 1.0
    assert decision.priority.p_value == 0.25
    assert decision.verdict == "grow"


def test_five_voices_or_more_are_a_test_of_their_own(row: Maker) -> None:
    """Forty terms were fixed, but all in one voice of five."""
    rows = [row(term=f"d{n}", text=f"give d{n}", voice_id=f"v{n % 5}") for n in range(200)]
    texts = [r.text for r in rows]
    before = ["it"] * 200
    after = [text if n % 5 == 0 else "it" for n, text in enumerate(texts)]
    both = score_pair(texts, [r.term for r in rows], before, after)
    decision = decide(rows, Split((), tuple(range(200))), both, HELD, Policy())
    assert decision.priority.p_value is not None
    assert decision.priority.p_value < 0.001
    assert decision.priority.p_value_voices == 0.25
    assert decision.verdict == "grow"
    assert "p = 0.250 over 5 voices" in decision.reasons[0]


def test_a_priority_category_without_rows_does_not_soften_the_test_of_the_others(
    row: Maker,
) -> None:
    rows, both = benchmark(row, [[0] * 5, [1] * 5])
    policy = Policy(priority_categories=("drug", "lab"))
    decision = decide(rows, Split((), tuple(range(5))), both, HELD, policy)
    assert decision.verdict == "reject"


def test_one_term_in_two_spellings_is_one_term(row: Maker) -> None:
    rows = [row(term=term, text=f"give {term}") for term in ("Drug0", "drug0", "DRUG0")]
    both = score_pair([r.text for r in rows], [r.term for r in rows], [""] * 3, [""] * 3)
    assert decide(rows, Split((), (0, 1, 2)), both, HELD, Policy()).priority.terms == 1
