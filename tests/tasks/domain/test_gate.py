"""Every route of the gate, with the sentence the user reads."""

from collections.abc import Callable, Sequence

import pytest

from tasks.domain.bases import architecture_from_name
from tasks.domain.gate import Gate, Given, check_gate, confirm_gate
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy, Recipe
from tasks.domain.scoring.metrics import RowScore
from tasks.domain.split import split_rows

Maker = Callable[..., ClinicalRow]
Scorer = Callable[[int], RowScore]
BASE = architecture_from_name("nvidia/parakeet-tdt-0.6b-v2")
STREAMING = "nvidia/nemotron-speech-streaming-en-0.6b"


def gate_of(
    rows: Sequence[ClinicalRow] | None,
    scores: Sequence[RowScore] | None,
    policy: Policy | None = None,
    *,
    first: bool = True,
    seen: Sequence[int] = (),
    divided: bool = False,
    base: str | None = None,
    unheard: str = "",
    never_accepted: str = "",
    given: Given | None = None,
) -> Gate:
    chosen, policy = architecture_from_name(base) if base else BASE, policy or Policy()
    split = split_rows(rows, policy.split) if rows and divided else None
    return check_gate(
        rows,
        scores,
        chosen,
        policy,
        first_evaluation=first,
        split=split,
        seen=frozenset(seen),
        unheard=unheard,
        never_accepted=never_accepted,
        given=given,
    )


def scored(score: Scorer, rows: int, missed: int) -> list[RowScore]:
    return [score(int(index < missed)) for index in range(rows)]


def test_a_bad_enough_benchmark_of_enough_rows_passes(row: Maker, score: Scorer) -> None:
    rows = [row(term=f"t{n // 5}", text=f"give t{n // 5} in {n}") for n in range(100)]
    gate = gate_of(rows, scored(score, 100, 31), divided=True)
    assert gate.passed
    assert gate.route == "finetune"
    assert gate.priority_ker == 0.31
    first, power = gate.reasons
    assert first == "Priority KER (drug) is 0.310, above 0.3, on 100 rows."
    assert power.startswith("Power: 20 test rows of 20 terms at KER ")
    improvable = "No improvement can be accepted on this benchmark yet: there is no general.jsonl; "
    assert improvable + "the clinical guards have 20" in power


def test_a_fine_tune_is_worth_it_only_where_the_benchmark_could_show_that_it_helped(
    row: Maker, score: Scorer
) -> None:
    lenient = Policy.model_validate({"decide": {"open_guard": "keep"}})
    few = [row(term=f"t{n // 50}", text=f"give t{n // 50} in {n}") for n in range(100)]
    many = [
        row(term=f"t{n // 5}", text=f"give t{n // 5} in {n}", voice_id=f"v{n % 7}")
        for n in range(300)
    ]
    assert "worth it" not in " ".join(
        gate_of(few, scored(score, 100, 90), lenient, divided=True).reasons
    )
    reason, power = gate_of(many, scored(score, 300, 300), lenient, divided=True).reasons
    assert reason.endswith(" on 300 rows. A fine-tune is worth it.")
    assert power.startswith("Power: 60 test rows of 60 terms")


def test_speech_that_cannot_be_transcribed_is_no_reason_to_tune(row: Maker, score: Scorer) -> None:
    gate = gate_of(
        [row()] * 100, scored(score, 100, 90), unheard="The model cannot transcribe this speech."
    )
    assert (gate.passed, gate.route) == (False, "unheard")
    assert gate.reasons == ("The model cannot transcribe this speech.",)
    assert "the voices, the format of the clips" in gate.next
    assert "language of the base" in gate.next


def test_a_benchmark_that_is_too_small_is_reported_before_all_that_its_rows_show(
    row: Maker, score: Scorer
) -> None:
    assert gate_of([row()] * 9, scored(score, 9, 9), unheard="Not transcribed.").route == "build"


def test_a_benchmark_that_is_too_small_is_reported_at_once_what_else_would_rule_out_a_verdict(
    row: Maker,
) -> None:
    rows = [row(term=f"t{n % 10}", text=f"give t{n % 10} in {n}") for n in range(30)]
    small, more = gate_of(rows, None, divided=True).reasons
    assert small.startswith("The benchmark has 30 rows; a fine-tune needs ")
    assert more.startswith(
        "No improvement can be accepted on this benchmark yet: there is no general.jsonl; the "
    )
    lenient = Policy.model_validate({"decide": {"open_guard": "keep"}})
    assert len(gate_of(rows, None, lenient, divided=True).reasons) == 1
    one_sentence_a_term = gate_of(rows[:10], None, divided=True).reasons
    assert one_sentence_a_term[1].startswith("No test row is of a priority category")


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
    gate = gate_of(None, None, base=STREAMING)
    assert gate.route == "refused_base"
    assert "Use nvidia/parakeet-tdt-0.6b-v2" in gate.reasons[0]


def test_adapters_on_a_tdt_base_are_refused() -> None:
    gate = gate_of(None, None, Policy(sft=Recipe(method="adapter")))
    assert gate.route == "refused_base"
    assert "72 NaN tensors" in gate.reasons[0]


def test_only_priority_rows_open_the_gate(row: Maker, score: Scorer) -> None:
    rows = [row(entity_category="lab")] * 50 + [row()] * 50
    assert gate_of(rows, scored(score, 100, 50)).route == "harden"


def test_a_champion_is_gated_on_rows_that_it_was_not_trained_on(row: Maker, score: Scorer) -> None:
    """Of 100 rows it recognizes the 60 it was trained on, and misses the others."""
    rows = [row(term=f"t{n // 5}", text=f"give t{n // 5} in {n}") for n in range(100)]
    scores = [score(int(n >= 60)) for n in range(100)]
    assert gate_of(rows, scores).priority_ker == 0.4
    gate = gate_of(rows, scores, seen=range(60), divided=True)
    assert gate.priority_ker == 1.0
    assert gate.power is not None
    assert gate.power.test_rows == 8


def test_a_champion_that_was_trained_on_every_row_needs_others(row: Maker, score: Scorer) -> None:
    gate = gate_of([row()] * 100, scored(score, 100, 50), seen=range(100))
    assert gate.route == "build"
    assert "trained on every priority row: add rows" in gate.reasons[0]


@pytest.mark.parametrize("group_by", ["term", "voice"])
def test_whole_terms_or_voices_held_out_need_six_test_terms(
    row: Maker, score: Scorer, group_by: str
) -> None:
    rows = [
        row(term=f"t{n // 20}", text=f"give t{n // 20}", voice_id=f"v{n // 20}") for n in range(100)
    ]
    policy = Policy.model_validate({"split": {"group_by": group_by}})
    gate = gate_of(rows, scored(score, 100, 50), policy, divided=True)
    assert gate.route == "build"
    assert "the test rows are of 1 priority terms; a verdict needs 6" in gate.reasons[0]


def test_a_benchmark_without_power_stops_where_the_policy_requires_it(
    row: Maker, score: Scorer
) -> None:
    policy = Policy.model_validate({"gate": {"power": "stop"}})
    rows = [row(term=f"t{n // 5}", text=f"give t{n // 5} in {n}") for n in range(100)]
    gate = gate_of(rows, scored(score, 100, 50), policy, divided=True)
    assert (gate.passed, gate.route) == (False, "build")
    assert gate.reasons[0].startswith("Power: ")


def test_a_benchmark_without_a_priority_test_row_spends_no_gpu(row: Maker, score: Scorer) -> None:
    """Forty terms of one sentence each: all of them train."""
    rows = [row(term=f"t{n % 40}", text=f"give t{n % 40}", voice_id=f"v{n}") for n in range(120)]
    gate = gate_of(rows, scored(score, 120, 60), divided=True)
    assert (gate.passed, gate.route) == (False, "build")
    assert gate.reasons == ("No test row is of a priority category: add sentences for its terms.",)


def test_acceptance_rows_that_let_nothing_be_kept_are_named_before_and_after_the_baseline(
    row: Maker, score: Scorer
) -> None:
    rows = [row(term=f"t{n // 5}", text=f"give t{n // 5} in {n}") for n in range(100)]
    why = "acceptance.jsonl has 4 priority terms and needs 36"
    gate = gate_of(rows, scored(score, 100, 31), divided=True, never_accepted=why)
    assert gate.reasons[-1].endswith(f"; {why}.")
    unscored = gate_of(rows, None, divided=True, never_accepted=why)
    assert unscored.reasons[-1].endswith(f"; {why}.")


SPHINX = Given("pocketsphinx")
OF = "of pocketsphinx, not of the base"


def test_a_pass_by_another_system_names_it_and_advises_no_fine_tune(
    row: Maker, score: Scorer
) -> None:
    rows = [row(term=f"t{n // 5}", text=f"give t{n // 5} in {n}") for n in range(100)]
    gate = gate_of(rows, scored(score, 100, 100), divided=True, given=SPHINX)
    assert (gate.passed, gate.system, gate.stopped_by_given) == (True, "pocketsphinx", False)
    first, power = gate.reasons
    assert first == (
        f"Priority KER (drug) {OF}, is 1.000, above 0.3, on 100 rows. Whether a fine-tune is worth it is "
        "decided by the transcripts of the base."
    )
    assert f"at KER 1.000 {OF}. If the true drop" in power
    assert gate.next.startswith("transcribe the comparison model, whose own figures decide")


@pytest.mark.parametrize(
    ("missed", "route", "sentence"),
    [
        (
            0,
            "harden",
            "is 0.000, below 0.1: the benchmark is saturated for this system. Do not tune",
        ),
        (
            20,
            "build",
            "is 0.200, between 0.1 and 0.3, at the first evaluation: expand the terms first",
        ),
    ],
)
def test_a_stop_by_another_system_is_in_its_name(
    row: Maker, score: Scorer, missed: int, route: str, sentence: str
) -> None:
    gate = gate_of([row()] * 100, scored(score, 100, missed), given=SPHINX)
    assert (gate.route, gate.system, gate.stopped_by_given) == (route, "pocketsphinx", True)
    assert gate.reasons[0].startswith(f"Priority KER (drug) {OF}, {sentence}")


def test_a_pronunciation_gap_of_another_system_is_in_its_name(row: Maker, score: Scorer) -> None:
    rows = [row(ipa_source="override")] * 50 + [row(ipa_source="espeak_g2p")] * 50
    scores = [score(0)] * 50 + [score(1)] * 50
    gate = gate_of(rows, scores, given=SPHINX)
    assert (gate.route, gate.stopped_by_given) == ("pronunciation", True)
    assert gate.reasons[0].startswith(f"By the transcripts {OF}, rows with a hinted pronunciation")


def test_a_stop_that_no_transcript_changes_does_not_send_anyone_to_the_base(
    row: Maker, score: Scorer
) -> None:
    small = gate_of([row()] * 99, scored(score, 99, 99), given=SPHINX)
    assert (small.route, small.stopped_by_given) == ("build", False)
    refused = gate_of([row()] * 100, scored(score, 100, 0), base=STREAMING, given=SPHINX)
    assert (refused.route, refused.stopped_by_given) == ("refused_base", False)


def test_a_stop_for_too_little_power_may_be_the_given_systems_alone(
    row: Maker, score: Scorer
) -> None:
    stop = Policy.model_validate({"gate": {"power": "stop"}})
    rows = [row(term=f"t{n // 5}", text=f"give t{n // 5} in {n}") for n in range(100)]
    gate = gate_of(rows, scored(score, 100, 90), stop, divided=True, given=SPHINX)
    assert (gate.route, gate.stopped_by_given) == ("build", True)
    assert OF in gate.reasons[0]


def test_the_base_decides_what_another_system_opened_and_both_figures_are_shown(
    row: Maker, score: Scorer
) -> None:
    rows = [row()] * 100
    opened = gate_of(rows, scored(score, 100, 100), given=SPHINX)
    own = gate_of(rows, scored(score, 100, 5))
    gate = confirm_gate(opened, own)
    assert (gate.passed, gate.route, gate.priority_ker, gate.system) == (False, "harden", 0.05, "")
    assert gate.reasons == (
        own.reasons[0],
        "The transcripts of pocketsphinx opened the gate, with a priority KER of 1.000; the comparison "
        "model's own, decoded here, decide, with 0.050.",
    )
    assert gate.opened_by is not None
    assert (gate.opened_by.system, gate.opened_by.priority_ker) == ("pocketsphinx", 1.0)
    assert gate.opened_by.reasons == opened.reasons


def test_transcripts_that_name_the_base_itself_are_not_called_another_systems() -> None:
    named = Given("base.nemo 1234abcd", is_comparison=True)
    assert named.words == "of base.nemo 1234abcd, transcribed elsewhere"
