"""Every route of the gate, with the sentence the user reads."""

from collections.abc import Callable, Sequence

import pytest

from tasks.domain.bases import architecture_from_name
from tasks.domain.gate import Gate, check_gate
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy, Recipe
from tasks.domain.scoring.metrics import RowScore

Maker = Callable[..., ClinicalRow]
Scorer = Callable[[int], RowScore]
BASE = architecture_from_name("nvidia/parakeet-tdt-0.6b-v2")


def gate_of(
    rows: Sequence[ClinicalRow] | None,
    scores: Sequence[RowScore] | None,
    policy: Policy | None = None,
    *,
    first: bool = True,
    base: str | None = None,
) -> Gate:
    chosen = architecture_from_name(base) if base else BASE
    return check_gate(rows, scores, chosen, policy or Policy(), first_evaluation=first)


def scored(score: Scorer, rows: int, missed: int) -> list[RowScore]:
    return [score(int(index < missed)) for index in range(rows)]


def test_a_bad_enough_benchmark_of_enough_rows_passes(row: Maker, score: Scorer) -> None:
    gate = gate_of([row()] * 100, scored(score, 100, 31))
    assert gate.passed
    assert gate.route == "finetune"
    assert gate.priority_ker == 0.31
    first, power = gate.reasons
    assert first == "Priority KER (drug) is 0.310, above 0.3, on 100 rows: a fine-tune is worth it."
    assert power.startswith("Power: 20 held-out rows, from 1 term at KER 0.310")


def test_a_cycle_without_a_manifest_goes_to_the_build() -> None:
    gate = gate_of(None, None)
    assert gate.route == "build"
    assert gate.reasons == ("The cycle has no manifest.jsonl: build the benchmark first.",)


def test_a_cycle_without_a_baseline_goes_to_evaluation(row: Maker) -> None:
    gate = gate_of([row()] * 100, None)
    assert gate.route == "evaluate"
    assert gate.reasons == ("The cycle has no baseline: score the comparison model first.",)
    assert gate.priority_ker is None


def test_ninety_nine_rows_are_too_few(row: Maker, score: Scorer) -> None:
    gate = gate_of([row()] * 99, scored(score, 99, 99))
    assert gate.route == "build"
    assert gate.reasons == ("The benchmark has 99 rows; a fine-tune needs 100: add 1.",)


def test_a_priority_category_with_four_rows_stops_the_cycle(row: Maker, score: Scorer) -> None:
    rows = [row()] * 4 + [row(entity_category="lab")] * 100
    gate = gate_of(rows, scored(score, 104, 104))
    assert gate.route == "build"
    assert gate.reasons == ("Priority category drug has 4 rows; it needs 5: add 1.",)


def test_too_few_rows_are_found_without_any_baseline(row: Maker) -> None:
    assert gate_of([row()] * 10, None).route == "build"


def test_every_shortage_is_a_reason(row: Maker, score: Scorer) -> None:
    policy = Policy(priority_categories=("drug", "lab"))
    gate = gate_of([row()] * 3, scored(score, 3, 3), policy)
    assert len(gate.reasons) == 3


def test_a_saturated_benchmark_is_to_be_made_harder(row: Maker, score: Scorer) -> None:
    gate = gate_of([row()] * 100, scored(score, 100, 9))
    assert gate.route == "harden"
    assert gate.reasons == (
        "Priority KER (drug) is 0.090, below 0.1: the benchmark is saturated. Do not tune; make it "
        "harder.",
    )


@pytest.mark.parametrize("missed", [10, 30])
def test_a_middling_ker_expands_the_terms_first_and_may_tune_later(
    row: Maker, score: Scorer, missed: int
) -> None:
    scores = scored(score, 100, missed)
    first = gate_of([row()] * 100, scores)
    assert (first.passed, first.route) == (False, "build")
    assert "at the first evaluation: expand the terms first." in first.reasons[0]
    later = gate_of([row()] * 100, scores, first=False)
    assert (later.passed, later.route) == (True, "finetune")
    assert "the terms were evaluated before, so tuning is allowed." in later.reasons[0]


def test_good_hinted_rows_and_bad_g2p_rows_go_to_the_pronunciation_review(
    row: Maker, score: Scorer
) -> None:
    rows = (
        [row(ipa_source="espeak_g2p")] * 50
        + [row()] * 25
        + [row(ipa_source="merriam-webster")] * 25
    )
    gate = gate_of(rows, scored(score, 100, 45))
    assert gate.route == "pronunciation"
    assert (gate.hinted_ker, gate.g2p_ker) == (0.0, 0.9)
    assert gate.reasons == (
        "Rows with a hinted pronunciation have KER 0.000, rows pronounced by g2p 0.900: the synthesis "
        "mispronounces the terms. Review the pronunciations; do not fine-tune.",
    )


def test_hinted_rows_as_bad_as_g2p_rows_are_the_models_fault(row: Maker, score: Scorer) -> None:
    rows = [row(ipa_source="espeak_g2p") if index % 2 else row() for index in range(100)]
    assert gate_of(rows, scored(score, 100, 80)).route == "finetune"


def test_too_few_hinted_rows_prove_no_gap(row: Maker, score: Scorer) -> None:
    rows = [row(ipa_source="espeak_g2p")] * 96 + [row()] * 4
    assert gate_of(rows, scored(score, 100, 96)).route == "finetune"


def test_a_refused_base_is_refused_before_all_else() -> None:
    gate = gate_of(None, None, base="nvidia/nemotron-speech-streaming-en-0.6b")
    assert gate.route == "refused_base"
    assert "Use nvidia/parakeet-tdt-0.6b-v2" in gate.reasons[0]


def test_adapters_on_a_tdt_base_are_refused() -> None:
    gate = gate_of(None, None, Policy(sft=Recipe(method="adapter")))
    assert gate.route == "refused_base"
    assert "72 NaN tensors" in gate.reasons[0]


def test_only_priority_rows_open_the_gate(row: Maker, score: Scorer) -> None:
    rows = [row(entity_category="lab")] * 50 + [row()] * 50
    assert gate_of(rows, scored(score, 100, 50)).route == "harden"
