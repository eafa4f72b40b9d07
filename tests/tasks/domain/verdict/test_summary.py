"""The decision in markdown."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasks.domain.policy import Policy
from tasks.domain.split import Split
from tasks.domain.verdict.audits import audit
from tasks.domain.verdict.comparison import score_pair
from tasks.domain.verdict.decide import decide
from tasks.domain.verdict.summary import decision_markdown
from tests.tasks.domain.verdict.judged import Decide, Maker, benchmark


@pytest.fixture
def markdown(row: Maker) -> Callable[..., str]:
    """Write the decision on four rows of which the last two are held out."""

    def write(terms: list[str], after: list[str], advice: tuple[str, ...] = ()) -> str:
        rows = [row(term=term, text=f"give {term} now") for term in terms]
        pair = score_pair([one.text for one in rows], terms, ["give it now"] * len(rows), after)
        split = Split((0, 1), tuple(range(2, len(rows))))
        decision = decide(rows, split, pair, None, Policy())
        audio = [str(n) for n in range(len(rows))]
        return decision_markdown(3, decision, audit(rows, split, audio, pair, None, advice))

    return write


def test_verdict_and_reasons_come_first_and_the_next_step_last(
    markdown: Callable[..., str],
) -> None:
    text = markdown(["a1", "b1", "c1", "d1"], ["give it now"] * 4, ("Stop tuning.",))
    assert text.startswith(
        "# Cycle 3: grow the benchmark first\n\nTest priority KER 1.000 → 1.000 on 2 rows"
    )
    assert "\n- Stop tuning.\n" in text
    assert text.rstrip().splitlines()[-1].startswith("Next: Add what growth_plan.csv")


def test_a_missed_term_shows_its_transcript_and_whether_it_looks_like_another(
    markdown: Callable[..., str],
) -> None:
    text = markdown(
        ["aspirin", "heparin", "warfarin", "digoxin", "insulin"],
        ["", "", "give heparin now", "give it now", "give now"],
    )
    table = text.split("## Missed terms and their transcripts\n\n")[1]
    assert "| warfarin | heparin    | 1    | look-alike |" in table
    assert "| digoxin  | it         | 1    |            |" in table
    assert "| insulin  | (nothing)  | 1    |            |" in table


def test_undefined_rates_are_a_dash(markdown: Callable[..., str]) -> None:
    """Every row has a given pronunciation, so the rate of the g2p rows does not exist."""
    text = markdown(["a1", "b1", "c1"], ["give it now"] * 3)
    assert "of the 0 that g2p pronounced – → –." in text


def test_the_published_rule_is_named_in_the_title(row: Maker) -> None:
    rows = [row(term=f"t{n}", text=f"give t{n}") for n in range(4)]
    texts = [one.text for one in rows]
    pair = score_pair(texts, [one.term for one in rows], [""] * 4, texts)
    split = Split((0, 1), (2, 3))
    policy = Policy.model_validate({"split": {"group_by": "row"}, "decide": {"rule": "published"}})
    decision = decide(rows, split, pair, None, policy)
    text = decision_markdown(1, decision, audit(rows, split, list("abcd"), pair, None))
    assert text.startswith(
        "# Cycle 1: keep the new model (by the published rule)\n\nBy the published rule, "
    )


def test_terms_that_went_wrong_stand_before_all_other_terms(row: Maker) -> None:
    rows = [row(term=f"t{n}", text=f"give t{n}", entity_category="lab") for n in range(3)]
    texts = [one.text for one in rows]
    before, after = ["", texts[1], ""], ["", "", texts[2]]
    pair = score_pair(texts, [one.term for one in rows], before, after)
    split = Split((), (0, 1, 2))
    decision = decide(rows, split, pair, None, Policy())
    text = decision_markdown(1, decision, audit(rows, split, list("abc"), pair, None))
    assert "## Rows that decide: 1 newly missed, 1 still missed, 1 fixed" in text
    changed = text.split("## Rows that decide")[1].split("##")[0]
    assert changed.index("| newly missed | t1") < changed.index("| still missed | t0")
    assert changed.index("| still missed | t0") < changed.index("Fixed: t2.")


def test_every_table_of_a_decision_is_in_it(verdict_of: Decide, row: Maker) -> None:
    rows, both = benchmark(row, [[1] * 10, [1] * 2 + [0] * 8])
    split = Split((0, 1), tuple(range(2, 10)))
    audits = audit(rows, split, [str(n) for n in range(10)], both, None, ["Stop tuning."])
    text = decision_markdown(3, verdict_of([1] * 40, [0] * 40), audits)
    assert text.startswith("# Cycle 3: keep the new model\n")
    assert "- Stop tuning." in text
    assert "| test       | 40   | 1.000 → 0.000 |" in text
    assert "| general_wer               | 0.040      | 0.040     |" in text
    assert "Of 8 test rows 0 have a sentence that was trained" in text


@pytest.mark.parametrize("rule", ["held_out", "published"])
def test_a_changed_dose_is_the_first_reason_by_either_rule(row: Maker, rule: str) -> None:
    rows = [row(term="warfarin", text="warfarin 1.5 mg", audio_filepath=f"{n}.wav") for n in "ab"]
    texts = [one.text for one in rows]
    pair = score_pair(texts, ["warfarin"] * 2, texts, ["warfarin 15 mg", texts[1]])
    policy = Policy.model_validate({"split": {"group_by": "row"}, "decide": {"rule": rule}})
    split = Split((), (0, 1))
    decision = decide(rows, split, pair, None, policy)
    text = decision_markdown(1, decision, audit(rows, split, list("ab"), pair, None))
    first, _, second = text.splitlines()[2:5]
    assert first == "Dose changed in 1 row: 1.5 mg → 15 mg (×10) in a.wav (warfarin)."
    assert second.startswith("- ")
    assert "## Rows that decide: 1 with a changed dose, 0 newly missed" in text
    assert bool(decision.guards) is (rule == "held_out"), "the published rule has no guard"
