"""What the gate leaves beside its route: the baseline's scores, and a line of the ledger."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tasks import gate
from tasks.build import build_benchmark
from tasks.domain.errors import InvalidInput
from tasks.domain.gate import UNNAMED
from tasks.domain.policy import Policy
from tasks.orchestration.summaries import gate_summary
from tasks.records.files import read_json
from tasks.records.ledger_line import GateLine
from tasks.records.record import read_record
from tasks.records.stages import GateRecord
from tasks.workspace.commands import (
    audition_command,
    build_command,
    cycle_command,
    own_baseline_command,
)
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import Decoding, write_own_baseline
from tasks.workspace.ledger import read_ledger, record_in_ledger
from tasks.workspace.open import open_cycle
from tests.conftest import LETTERS_BASE

check_gate: Callable[[Cycle], gate.GateSummary] = inspect.unwrap(gate.check_gate)
ROWS = [{"text": f"start metoprolol {number}"} for number in range(10)]
SMALL = "gate: {min_rows: 10}\n"  # ten rows are enough
TEXTS = [str(row["text"]) for row in ROWS]


@pytest.fixture
def transcribed(workspace: Callable[..., Path]) -> Callable[..., Cycle]:
    """Open a cycle of ten rows; a baseline from elsewhere missed the term of the first `missed`."""

    def make(missed: int, policy: str = SMALL, rows: Sequence[dict[str, Any]] = ROWS) -> Cycle:
        texts = ["nothing" if n < missed else str(row["text"]) for n, row in enumerate(rows)]
        return open_cycle(workspace(list(rows), hypotheses=texts, policy=policy), 1)

    return make


def name_system(cycle: Cycle, system: str) -> Cycle:
    """Write the name of a system into the hypotheses that were given."""
    lines = [
        json.loads(line) | {"system": system} for line in cycle.per_sample.read_text().splitlines()
    ]
    cycle.per_sample.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return cycle


def outcomes(cycle: Cycle) -> list[str]:
    return [line.outcome for line in read_ledger(cycle.root)]


def test_a_cycle_that_passes_has_its_baseline_scored_and_no_line_in_the_ledger(
    transcribed: Callable[..., Cycle],
) -> None:
    cycle = transcribed(missed=5)
    assert check_gate(cycle) == gate.GateSummary(True, "finetune", 0.5, UNNAMED)
    board = (cycle.folder / "leaderboard_cycle1.md").read_text()
    assert board.startswith("# Cycle 1, baseline: the hypotheses given\n")
    assert len((cycle.folder / "results.csv").read_text().splitlines()) == 11
    record = read_json(cycle.gate)
    assert record is not None
    assert record["baseline_sha256"] == cycle.baseline_sha256
    assert outcomes(cycle) == []


def test_a_cycle_that_is_stopped_is_in_the_ledger_once(transcribed: Callable[..., Cycle]) -> None:
    cycle = transcribed(missed=0)
    for _ in range(2):
        assert check_gate(cycle) == gate.GateSummary(False, "harden", 0.0, UNNAMED)
    assert outcomes(cycle) == ["gate:harden"]


@pytest.mark.parametrize(("decodes", "expected"), [(True, []), (False, ["gate:evaluate"])])
def test_a_cycle_without_a_baseline_ends_at_the_gate_only_where_none_may_be_decoded(
    workspace: Callable[..., Path], decodes: bool, expected: list[str]
) -> None:
    root = workspace(ROWS, policy=f"{SMALL}decode_baseline: {str(decodes).lower()}\n")
    cycle = open_cycle(root, 1)
    summary = check_gate(cycle)
    assert summary.route == "evaluate"
    assert summary.decodes_first(cycle) is decodes
    assert outcomes(cycle) == expected
    assert not (cycle.folder / "results.csv").exists()


def test_our_own_baseline_of_another_model_counts_as_none(workspace: Callable[..., Path]) -> None:
    cycle = open_cycle(workspace(ROWS, policy=SMALL), 1)
    Decoding(Run(cycle), cycle.comparison).write(["start metro 1"] * 10)
    write_own_baseline(cycle)
    assert check_gate(cycle).route == "finetune"
    policy = cycle.policy.model_dump() | {"base": "nvidia/parakeet-ctc-0.6b"}
    other = open_cycle(cycle.root, 1, Policy.model_validate(policy))
    assert check_gate(other).route == "evaluate"


def test_speech_that_the_base_cannot_transcribe_is_routed_and_is_in_the_ledger(
    workspace: Callable[..., Path],
) -> None:
    """Another synthesizer's voices: nothing of the sentences is right."""
    cycle = open_cycle(workspace(ROWS, policy=SMALL), 1)
    Decoding(Run(cycle), cycle.comparison).write(["la la la la"] * 10)
    write_own_baseline(cycle)
    assert check_gate(cycle).route == "unheard"
    assert outcomes(cycle) == ["gate:unheard"]
    record = read_json(cycle.gate)
    assert record is not None
    assert "WER outside the terms is 1." in record["reasons"][0]
    assert "by voice: en-us" in record["reasons"][0]


def test_what_another_system_did_not_transcribe_is_no_evidence_on_the_base(
    workspace: Callable[..., Path],
) -> None:
    cycle = open_cycle(workspace(ROWS, hypotheses=[""] * 10, policy=SMALL), 1)
    assert check_gate(cycle).route == "finetune"


def test_general_speech_that_was_decoded_and_is_not_transcribed_is_routed_too(
    workspace: Callable[..., Path],
) -> None:
    root = workspace(ROWS, policy=SMALL)
    clip = {"audio_filepath": "cycle1/audio/0.wav", "duration": None, "text": "we met at the house"}
    (root / "general.jsonl").write_text(json.dumps(clip) + "\n")
    cycle = open_cycle(root, 1)
    misheard = [str(row["text"]).replace("metoprolol", "metro pole") for row in ROWS]
    Decoding(Run(cycle), cycle.comparison).write([*misheard, "la la la"])
    write_own_baseline(cycle)
    assert check_gate(cycle).route == "unheard"
    record = read_json(cycle.gate)
    assert record is not None
    assert "general WER is 1.00" in record["reasons"][0]


@pytest.mark.parametrize("has_terms", [True, False])
def test_a_pronunciation_gap_names_the_audition_where_there_is_a_list_of_terms(
    transcribed: Callable[..., Cycle], has_terms: bool
) -> None:
    sources = ["espeak_g2p"] * 5 + ["override"] * 5
    rows = [row | {"ipa_source": source} for row, source in zip(ROWS, sources, strict=True)]
    cycle = transcribed(missed=5, rows=rows)
    if has_terms:
        (cycle.root / "terms.csv").write_text("term,entity_category\nmetoprolol,drug\n")
    assert check_gate(cycle).route == "pronunciation"
    record = read_record(cycle.gate, GateRecord)
    assert record is not None
    command = f"{audition_command(cycle.root, 1)} --serve`"
    for where in (command, str(cycle.folder / "audition.html")):
        assert (where in record.next) is has_terms
        assert (where in gate_summary(record)) is has_terms


def test_a_benchmark_that_is_too_easy_names_the_build_of_the_next(
    transcribed: Callable[..., Cycle],
) -> None:
    cycle = transcribed(missed=0)
    (cycle.root / "terms.csv").write_text("term,entity_category\nmetoprolol,drug\n")
    assert check_gate(cycle).route == "harden"
    record = read_record(cycle.gate, GateRecord)
    assert record is not None
    assert f"{build_command(cycle.root, 2)}` makes cycle 2 from terms.csv" in record.next
    assert record.command == build_command(cycle.root, 2)


BUILT = "gate: {min_rows: 5}\nbuild: {rows_per_term: 2, audition: 'off'}\n"


def test_too_few_built_rows_name_what_helps_and_it_does(tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_text("term,entity_category\ntimolol,drug\nheparin,drug\n")
    (tmp_path / "flywheel.yaml").write_text(BUILT)
    build_benchmark(tmp_path, 1)
    cycle = open_cycle(tmp_path, 1)
    assert check_gate(cycle).route == "build"
    record = read_record(cycle.gate, GateRecord)
    assert record is not None
    needs = "`build: {rows_per_term: 3}` in flywheel.yaml, or more terms in terms.csv"
    command = build_command(tmp_path, 1)
    assert (record.needs, record.command) == (needs, command)
    assert record.next == f"with {needs}, build this cycle again: `{command}`"
    (tmp_path / "flywheel.yaml").write_text(BUILT.replace("rows_per_term: 2", "rows_per_term: 3"))
    build_benchmark(tmp_path, 1)
    assert check_gate(open_cycle(tmp_path, 1)).route == "evaluate"


def test_rows_that_no_build_made_are_carried_into_a_larger_cycle(
    transcribed: Callable[..., Cycle],
) -> None:
    cycle = transcribed(missed=5, policy="")
    (cycle.root / "terms.csv").write_text("term,entity_category\nmetoprolol,drug\n")
    assert check_gate(cycle).route == "build"
    record = read_record(cycle.gate, GateRecord)
    assert record is not None
    assert record.needs.startswith("`build: {rows_per_term: 100}`")
    assert record.command == build_command(cycle.root, 2)


def test_a_cycle_without_a_manifest_names_its_own_build(transcribed: Callable[..., Cycle]) -> None:
    cycle = transcribed(missed=5)
    (cycle.root / "terms.csv").write_text("term,entity_category\nmetoprolol,drug\n")
    cycle.per_sample.unlink()
    (cycle.folder / "manifest.jsonl").unlink()
    cycle = open_cycle(cycle.root, 1)
    check_gate(cycle)
    record = read_record(cycle.gate, GateRecord)
    assert record is not None
    assert record.command == build_command(cycle.root, 1)


def test_a_stop_by_given_transcripts_is_recorded_in_the_name_of_their_system(
    transcribed: Callable[..., Cycle],
) -> None:
    cycle = name_system(transcribed(missed=0), "pocketsphinx")
    assert check_gate(cycle).system == "pocketsphinx"
    record = read_record(cycle.gate, GateRecord)
    assert record is not None
    assert (record.system, record.stopped_by_given) == ("pocketsphinx", True)
    assert "of pocketsphinx, not of the base" in record.reasons[0]
    ask = own_baseline_command(cycle.root, 1, cycle.per_sample)
    assert ask.endswith(f"given_hypotheses.json && {cycle_command(cycle.root, 1)}")
    assert record.command == ask
    assert f"`{ask}`" in record.next
    (line,) = read_ledger(cycle.root)
    assert isinstance(line, GateLine)
    assert (line.outcome, line.system, line.priority_ker) == ("gate:harden", "pocketsphinx", 0.0)
    assert gate_summary(record).startswith(
        "# Gate of cycle 1: stopped, route `harden`, by the transcripts of pocketsphinx\n"
    )


def test_where_the_base_may_not_be_decoded_a_stop_names_no_command_for_it(
    transcribed: Callable[..., Cycle],
) -> None:
    check_gate(cycle := transcribed(missed=0, policy=f"{SMALL}decode_baseline: false\n"))
    record = read_record(cycle.gate, GateRecord)
    assert record is not None
    assert (record.command, record.stopped_by_given) == ("", True)


@pytest.mark.parametrize(
    ("texts", "route"),
    [
        (["nothing"] * 5 + TEXTS[5:], "finetune"),
        (TEXTS, "harden"),
        (["la la la la"] * 10, "unheard"),
    ],
)
def test_the_comparison_models_own_transcripts_decide_what_given_ones_opened(
    transcribed: Callable[..., Cycle], texts: list[str], route: str
) -> None:
    cycle = name_system(transcribed(missed=10), "pocketsphinx")
    assert check_gate(cycle).unconfirmed
    assert outcomes(cycle) == []
    Decoding(Run(cycle), cycle.comparison).write(texts)
    summary = check_gate(cycle)
    assert (summary.route, summary.system, summary.unconfirmed) == (route, "", False)
    record = read_record(cycle.gate, GateRecord)
    assert record is not None
    assert record.opened_by is not None
    assert (record.opened_by.system, record.opened_by.priority_ker) == ("pocketsphinx", 1.0)
    assert "The transcripts of pocketsphinx opened the gate" in record.reasons[1]
    assert [line.outcome for line in read_ledger(cycle.root)] == (
        [] if route == "finetune" else [f"gate:{route}"]
    )
    given, own = (
        (cycle.folder / f"{name}leaderboard_cycle1.md").read_text() for name in ("", "own_")
    )
    assert given.startswith("# Cycle 1, baseline: the transcripts of pocketsphinx\n")
    assert own.startswith("# Cycle 1, baseline\n")


def test_transcripts_of_this_very_base_are_not_called_those_of_another(
    transcribed: Callable[..., Cycle],
) -> None:
    cycle = transcribed(missed=0)
    name_system(cycle, cycle.comparison.model.label)
    check_gate(cycle)
    reason = read_json(cycle.gate)["reasons"][0]  # type: ignore[index]
    assert f"of {cycle.comparison.model.label}, transcribed elsewhere, is 0.000" in reason


@pytest.mark.parametrize(("system", "route"), [("whisper-1", "build"), (UNNAMED, "finetune")])
def test_an_evaluation_of_another_system_is_none_of_this_one(
    transcribed: Callable[..., Cycle], system: str, route: str
) -> None:
    """The hypotheses given here are of nobody's name, as they were at the earlier evaluation."""
    cycle = transcribed(missed=2)
    line = GateLine(
        cycle=1, outcome="gate:build", reasons=(), priority_ker=0.2, system=system,
        manifest_sha256="m", policy_sha256="p", inputs_sha256="i",
        finished_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    record_in_ledger(cycle.root, line)
    assert check_gate(cycle).route == route
    Decoding(Run(cycle), cycle.comparison).write(["nothing"] * 2 + TEXTS[2:])
    cycle.per_sample.unlink()
    write_own_baseline(cycle)
    assert check_gate(cycle).route == "build"  # the base is evaluated for the first time


@pytest.mark.parametrize(("state", "route"), [("this", "build"), ("an earlier", "finetune")])
def test_only_another_state_of_the_benchmark_makes_an_evaluation_a_later_one(
    transcribed: Callable[..., Cycle], state: str, route: str
) -> None:
    """At a middling KER the terms are expanded first; the same rows again are no expansion."""
    cycle = transcribed(missed=2)
    line = GateLine(
        cycle=1, outcome="gate:build", reasons=(), priority_ker=0.2,
        manifest_sha256=cycle.manifest_sha256 if state == "this" else "m",
        policy_sha256="p", inputs_sha256="i", finished_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    record_in_ledger(cycle.root, line)
    assert check_gate(cycle).route == route


def test_a_baseline_of_other_rows_is_invalid_input_and_nothing_is_written(
    transcribed: Callable[..., Cycle],
) -> None:
    cycle = transcribed(missed=5)
    lines = cycle.per_sample.read_text().splitlines()
    stranger = json.dumps({"audio_filepath": "audio/other.wav", "hyp": ""})
    cycle.per_sample.write_text("\n".join([*lines[1:], stranger]) + "\n")
    before = sorted(cycle.root.rglob("*"))
    with pytest.raises(InvalidInput) as raised:
        check_gate(cycle)
    assert [str(fault) for fault in raised.value.faults] == [
        "per_sample.json:10: audio_filepath: expected a row of manifest.jsonl; "
        "got 'audio/other.wav'",
        "per_sample.json: expected a hypothesis for audio/0.wav (manifest.jsonl:1)",
    ]
    assert sorted(cycle.root.rglob("*")) == before


def test_a_benchmark_that_is_too_small_is_divided_already_to_say_what_else_it_lacks(
    workspace: Callable[..., Path],
) -> None:
    rows = [{"text": f"start drug{n % 9} in {n}", "term": f"drug{n % 9}"} for n in range(27)]
    cycle = open_cycle(workspace(rows), 1)
    assert check_gate(cycle).route == "build"
    record = read_record(cycle.gate, GateRecord)
    assert record is not None
    assert "there is no general.jsonl" in record.reasons[-1]


def of_letters(cycle: Cycle, fake_model: Callable[..., Path]) -> Cycle:
    """The same cycle with a base that writes small letters alone."""
    fake_model(cycle.root / "base.nemo", 0.8, LETTERS_BASE)
    (cycle.root / "flywheel.yaml").write_text(f"{SMALL}base: base.nemo\n")
    return open_cycle(cycle.root, 1)


def test_the_gate_names_the_terms_that_the_base_can_never_write_and_counts_the_rows(
    transcribed: Callable[..., Cycle], fake_model: Callable[..., Path]
) -> None:
    odd = {"term": "中 factor", "text": "Start 中 factor now.", "entity_category": "lab"}
    cycle = of_letters(transcribed(missed=5, rows=[*ROWS, odd]), fake_model)
    assert check_gate(cycle).route == "finetune"
    record = read_json(cycle.gate)
    assert record is not None
    assert record["reasons"][-2:] == [
        "The base can never write 1 term (1 row), so no fine-tune can learn it: 中 factor.",
        "1 of 11 rows has characters that the base cannot write: it is not trained on.",
    ]
    spelling = record["spelling"]
    assert spelling["alphabet"] == "26 characters; no capitals, digits, punctuation, accents"
    assert (spelling["rows"], spelling["rewritten"], spelling["unspellable"]) == (11, 10, 1)
    assert [one["term"] for one in spelling["terms"]] == ["中 factor"]


def test_a_benchmark_whose_priority_rows_the_base_cannot_write_stops_before_anything_is_decoded(
    workspace: Callable[..., Path], fake_model: Callable[..., Path]
) -> None:
    rows = [{"text": f"{row['text']} 中"} for row in ROWS]
    cycle = of_letters(open_cycle(workspace(rows, policy=SMALL), 1), fake_model)
    summary = check_gate(cycle)
    assert (summary.route, summary.decodes_first(cycle)) == ("build", False)
    assert read_json(cycle.gate)["reasons"][0].startswith(  # type: ignore[index]
        "The base can write no row of a priority category that trains: write their text in its alphabet"
    )
    assert outcomes(cycle) == ["gate:build"]


def test_a_base_of_unknown_alphabet_opens_the_gate_and_the_record_is_reported(
    transcribed: Callable[..., Cycle],
) -> None:
    cycle = transcribed(missed=5)
    assert check_gate(cycle).passed
    spelling = read_json(cycle.gate)["spelling"]  # type: ignore[index]
    assert spelling["alphabet"] == "unknown: its file is not on this host yet"
    assert (spelling["rewritten"], spelling["unspellable"]) == (0, 0)
