"""The first base of a workspace: which it is, what it has transcribed, who was judged against it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import DamagedFile, InvalidInput
from tasks.domain.verdict.against import AgainstAnchor, AnchorGuard
from tasks.domain.verdict.noninferiority import State
from tasks.domain.verdict.priority import Priority
from tasks.records.files import file_sha256
from tasks.records.ledger_line import DecisionLine
from tasks.records.record import ModelRecord
from tasks.workspace.comparison import (
    anchor_alpha,
    anchor_decoding,
    anchor_record,
    anchor_system,
    earlier_candidates,
    read_anchored,
)
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import Decoding, keep_transcripts, kept_transcripts
from tasks.workspace.ledger import record_in_ledger
from tasks.workspace.models import candidate_system
from tasks.workspace.open import open_cycle
from tests.tones import write_tone

ROWS = [{"text": f"start metoprolol {number}"} for number in range(4)]


def line(
    base: ModelRecord,
    candidate: str,
    manifest: str = "m",
    anchor: ModelRecord | None = None,
    states: Sequence[State] = ("held",),
) -> DecisionLine:
    guards = tuple(
        AnchorGuard("other_terms", 0.1, 0.1, 0.2, 0.15, state, state == "held", 9, "term", 9, 0.975)
        for state in states
    )
    return DecisionLine(
        against_anchor=AgainstAnchor(1, True, 0.975, guards),
        cycle=1, outcome="grow", reasons=("more",), run="smoke-1", rule="held_out", open_guards=(),
        manifest_sha256=manifest, policy_sha256="p", inputs_sha256=f"{candidate}{manifest}",
        priority_ker=0.8, base=base, anchor=anchor,
        priority=Priority("test", 10, 5, 2, 0.8, 0.2, 0.75, None, 0.01, None, 1, 0.025, {}),
        candidate=ModelRecord(name=candidate, path="", sha256=candidate),
        finished_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip


@pytest.fixture
def cycle(trained: Callable[..., Cycle], fake_model: Callable[..., Path], tmp_path: Path) -> Cycle:
    """A cycle of four rows, two of them tested, in a workspace whose first base is another model."""
    for number in range(len(ROWS)):
        write_tone(tmp_path / f"w/cycle1/audio/{number}.wav", 1 + number / 10_000)
    made = trained(ROWS, 2)
    first = fake_model(made.root / "first.nemo", 0.9)
    record = ModelRecord(name="first", path=str(first), sha256=file_sha256(first))
    record_in_ledger(made.root, line(record, "x"))
    return made


def test_before_any_verdict_it_is_the_comparison_model(trained: Callable[..., Cycle]) -> None:
    made = trained(ROWS)
    assert anchor_system(made) == made.comparison
    assert anchor_decoding(made) is None


def test_it_is_what_the_first_verdict_compared_with_for_all_cycles(cycle: Cycle) -> None:
    record_in_ledger(cycle.root, line(cycle.comparison.record(), "y"))
    assert anchor_record(cycle).name == "first"
    system = anchor_system(cycle)
    assert system is not None
    assert system.path == cycle.root / "first.nemo"


def test_its_file_may_be_moved_as_long_as_the_base_is_it(cycle: Cycle) -> None:
    (cycle.root / "first.nemo").rename(cycle.root / "base.nemo")
    system = anchor_system(open_cycle(cycle.root, 1))
    assert system is not None
    assert system.path == cycle.root / "base.nemo"


def test_a_file_that_is_gone_is_a_fault_that_names_the_way_out(cycle: Cycle) -> None:
    (cycle.root / "first.nemo").unlink()
    with pytest.raises(InvalidInput, match="put it back, or name another model with `anchor:`"):
        anchor_system(cycle)


def test_another_one_is_named_by_the_policy(cycle: Cycle) -> None:
    (cycle.root / "flywheel.yaml").write_text("base: base.nemo\nanchor: base.nemo\n")
    assert anchor_record(open_cycle(cycle.root, 1)).sha256 == cycle.base.sha256


def test_it_transcribes_test_rows_alone_and_each_clip_once(cycle: Cycle) -> None:
    decoding = anchor_decoding(cycle)
    assert decoding is not None
    assert [row.text for _, row, _ in decoding.clips] == [
        "start metoprolol 2",
        "start metoprolol 3",
    ]
    decoding.write(["a", "b"])
    assert anchor_decoding(cycle) is None
    decoding.output.write_text("{")
    assert anchor_decoding(cycle) is not None


def test_what_it_transcribed_as_the_comparison_model_is_kept(cycle: Cycle) -> None:
    system = anchor_system(cycle)
    assert system is not None
    whole = Decoding(Run(cycle), system)
    whole.write(["a", "b", "c", "d"])
    keep_transcripts(whole)
    assert sorted(kept_transcripts(cycle.root, system.identity).values()) == ["a", "b", "c", "d"]
    assert anchor_decoding(cycle) is None


def test_transcripts_belong_to_the_rows_that_decide_and_missing_ones_are_a_fault(
    cycle: Cycle,
) -> None:
    candidate = candidate_system(Run(cycle))
    with pytest.raises(DamagedFile, match="2 of 2 transcripts of the first base are not there"):
        read_anchored(cycle, candidate, [2, 3], None)
    decoding = anchor_decoding(cycle)
    assert decoding is not None
    decoding.write(["start something 2", "start metoprolol 3"])
    found = read_anchored(cycle, candidate, [2, 3], None)
    assert found is not None
    assert found.clinical is not None
    assert found.clinical.missed == [1, 0]


def test_candidates_are_counted_once_for_each_benchmark_they_were_judged_on(cycle: Cycle) -> None:
    first, champion = anchor_record(cycle), cycle.comparison.record()
    for more in (
        line(first, "x"),
        line(first, "x", manifest="grown", states=("held", "open")),
        line(champion, "y", anchor=first),
        line(champion, "z", anchor=champion),
        line(champion, "old"),
    ):
        record_in_ledger(cycle.root, more)
    candidate = candidate_system(Run(cycle)).record()
    assert earlier_candidates(cycle, candidate) == [True, False, True]


def test_a_candidate_is_held_only_if_it_was_by_all_limits_that_it_was_judged_by(
    cycle: Cycle,
) -> None:
    first, candidate = anchor_record(cycle), candidate_system(Run(cycle)).record()
    for name, states in (("y", ("open",)), ("y", ("held",)), ("z", ("held",)), ("z", ("broke",))):
        by = {"inputs_sha256": f"{name}{states[0]}"}
        record_in_ledger(cycle.root, line(first, name, states=states).model_copy(update=by))
    assert earlier_candidates(cycle, candidate) == [True, False, False]


def test_a_candidate_of_which_no_guard_was_recorded_counts_as_not_held(cycle: Cycle) -> None:
    first, candidate = anchor_record(cycle), candidate_system(Run(cycle)).record()
    older = line(first, "y").model_copy(update={"against_anchor": None})
    record_in_ledger(cycle.root, older)
    assert earlier_candidates(cycle, candidate) == [True, False]


def test_a_candidate_that_is_judged_again_on_the_same_keeps_its_place(cycle: Cycle) -> None:
    first, candidate = anchor_record(cycle), candidate_system(Run(cycle)).record()
    own = line(first, "own", str(cycle.manifest_sha256)).model_copy(update={"candidate": candidate})
    for more in (own, line(first, "y")):
        record_in_ledger(cycle.root, more)
    assert earlier_candidates(cycle, candidate) == [True]


def test_the_gate_knows_the_level_before_a_candidate_is_trained(cycle: Cycle) -> None:
    first, candidate = anchor_record(cycle), candidate_system(Run(cycle)).record()
    assert anchor_alpha(cycle, None) == 0.025
    record_in_ledger(cycle.root, line(first, "y", states=("open",)))
    assert anchor_alpha(cycle, None) == anchor_alpha(cycle, candidate) == 0.0125


def test_the_published_rule_has_none(trained: Callable[..., Any]) -> None:
    made = trained(ROWS, policy="decide: {rule: published}\nsplit: {group_by: row}\n")
    assert anchor_system(made) is None
    assert anchor_alpha(made, None) == 1.0
    assert read_anchored(made, made.comparison, [0], None) is None
