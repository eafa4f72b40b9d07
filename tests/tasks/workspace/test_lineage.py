"""What earlier cycles leave for this one: sides, rows that were trained on, looks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.domain.decoding import DecodingConfig
from tasks.domain.errors import DamagedFile
from tasks.domain.policy import Policy
from tasks.records.files import file_sha256, write_record
from tasks.records.ledger_line import DecisionLine, JudgedOn
from tasks.records.record import ModelRecord, read_record
from tasks.records.stages import SplitRecord
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.ledger import promote, record_in_ledger
from tasks.workspace.lineage import (
    audio_ids,
    fixed_sides,
    judged_on,
    look_at,
    planned_split,
    seen_rows,
    sentence_id,
    term_ids,
    trained_acceptance,
)
from tasks.workspace.open import open_cycle

ROWS = [{"text": f"start metoprolol {number}"} for number in range(10)]
OF_TERMS = [{"term": f"term{number}", "text": f"start term{number}"} for number in range(10)]
NAMES = ("first", "second", "third")
Trained = Callable[..., Cycle]


def second_cycle(root: Path, policy: str = "") -> Cycle:
    """A second cycle with the same rows, whose comparison model is the first one's candidate."""
    shutil.copytree(root / "cycle1/audio", root / "cycle2/audio")
    shutil.copy(root / "cycle1/manifest.jsonl", root / "cycle2/manifest.jsonl")
    if policy:
        (root / "flywheel.yaml").write_text(policy)
    return open_cycle(root, 2)


def make_champion(run: Run) -> None:
    path = str(run.candidate)
    model = ModelRecord(name="c", path=path, sha256=file_sha256(run.candidate))
    promote(run.cycle.root, 1, model, "2026-01-01T00:00:00+00:00", None)


def test_rows_that_the_champion_was_trained_on_are_seen(trained: Trained) -> None:
    run = Run(trained(ROWS, 4))
    assert seen_rows(run.cycle) == frozenset()
    make_champion(run)
    second = second_cycle(run.cycle.root)
    assert second.comparison.path == run.candidate
    assert seen_rows(second) == set(range(6))


def test_acceptance_rows_that_train_are_no_fault_where_nothing_reads_them(
    trained: Trained,
) -> None:
    made = trained(ROWS)
    published = {"decide": {"rule": "published"}, "split": {"group_by": "row"}}
    again = replace(made, acceptance=made.benchmark)
    assert len(trained_acceptance(again)) == 8
    assert trained_acceptance(replace(again, policy=Policy.model_validate(published))) == []


def test_a_sentence_that_an_ancestor_was_trained_on_is_seen_in_any_voice(trained: Trained) -> None:
    run = Run(trained(ROWS, 4))
    split = read_record(run.split, SplitRecord)
    assert split is not None
    fields = {"trained_sentences": (sentence_id("Start metoprolol, 9!"),)}
    write_record(run.split, split.model_copy(update=fields))
    make_champion(run)
    second = second_cycle(run.cycle.root)
    assert seen_rows(second) == {*range(6), 9}
    by_row = second_cycle_policy(second, "base: base.nemo\nsplit: {group_by: row}\n")
    assert seen_rows(by_row) == set(range(6)), "twins are what a split by row has"


def second_cycle_policy(cycle: Cycle, policy: str) -> Cycle:
    (cycle.root / "flywheel.yaml").write_text(policy)
    return open_cycle(cycle.root, cycle.number)


def test_an_ancestor_of_the_champion_counts_too(trained: Trained, tmp_path: Path) -> None:
    """The champion of cycle 1 was trained from a candidate that another workspace left."""
    run = Run(trained(ROWS, 4))
    elder = tmp_path / "elder" / "adapted_model.nemo"
    elder.parent.mkdir()
    split = read_record(run.split, SplitRecord)
    assert split is not None
    last = {"trained_audio": (audio_ids(run.cycle)[9],)}
    write_record(elder.with_name("split.json"), split.model_copy(update=last))
    info = json.loads(run.training_info.read_text())
    info["base"]["path"] = str(elder)
    run.training_info.write_text(json.dumps(info))
    make_champion(run)
    assert seen_rows(second_cycle(run.cycle.root)) == {*range(6), 9}


def test_groups_stay_on_the_side_of_the_cycle_before(trained: Trained) -> None:
    run = Run(trained(ROWS, 4))
    assert fixed_sides(run.cycle) == {}
    first = planned_split(run.cycle)
    split = read_record(run.split, SplitRecord)
    assert split is not None
    from tasks.domain.split import group_ids

    keys = group_ids(run.cycle.rows, run.cycle.policy.split)
    moved = {
        keys[p]: "test" for p in first.train[:3]
    }  # as if an earlier benchmark had put them there
    write_record(run.split, split.model_copy(update={"groups": moved}))
    second = second_cycle(run.cycle.root)
    assert fixed_sides(second) == moved
    assert set(first.train[:3]) <= set(planned_split(second).test)


@pytest.mark.parametrize(
    ("terms", "looks"),
    [(range(6, 10), 2), (range(6), 1), (range(8, 12), 2), (range(9, 13), 1)],
    ids=["the same terms", "other terms", "half of the terms", "fewer"],
)
def test_an_earlier_candidate_counts_where_its_benchmark_had_half_of_these_terms(
    trained: Trained, terms: range, looks: int
) -> None:
    run = Run(trained(OF_TERMS, 4))
    tried(run, "earlier", judged_on(run.cycle, range(6, 10)), terms)
    assert look_at(run.cycle, candidate("this one"), range(6, 10)).number == looks


def test_other_rows_of_the_same_benchmark_are_another_look(trained: Trained) -> None:
    """A split seed, or sides of whole terms, choose them at no cost."""
    run = Run(trained(OF_TERMS, 4))
    tried(run, "earlier", judged_on(run.cycle, range(6, 10)))
    assert look_at(run.cycle, candidate("this one"), range(6)).number == 2


def test_the_same_candidate_again_is_no_look_and_keeps_its_number(trained: Trained) -> None:
    run = Run(trained(OF_TERMS, 4))
    on = judged_on(run.cycle, range(6, 10))
    for name in ("first", "second", "first"):
        tried(run, name, on)
    numbers = [look_at(run.cycle, candidate(name), range(6, 10)).number for name in NAMES]
    assert numbers == [1, 2, 3]


@pytest.mark.parametrize("changed", ["priority_categories: [lab]\n", "scoring: published\n"])
def test_the_same_candidate_judged_in_another_way_is_another_look(
    trained: Trained, changed: str
) -> None:
    run = Run(trained(OF_TERMS, 4))
    tried(run, "first", judged_on(run.cycle, range(6, 10)))
    other = second_cycle_policy(run.cycle, f"base: base.nemo\n{changed}")
    assert look_at(other, candidate("first"), range(6, 10)).number == 2
    assert look_at(run.cycle, candidate("first"), range(5, 10)).number == 2, "and on other rows"


def test_another_guard_set_for_the_same_candidate_is_another_look(
    trained: Trained, tone: Callable[..., None]
) -> None:
    run = Run(trained(OF_TERMS, 4))
    root = run.cycle.root
    tried(run, "first", judged_on(run.cycle, range(6, 10)))
    tone(root / "general.wav")
    (root / "general.jsonl").write_text('{"audio_filepath": "general.wav", "text": "good day"}\n')
    look, next_one = (
        look_at(open_cycle(root, 1), candidate(name), range(6, 10)) for name in ("first", "next")
    )
    assert (look.number, look.again, next_one.number, next_one.again) == (2, True, 2, False)


def test_a_line_without_terms_is_read_from_the_manifest_of_its_cycle(trained: Trained) -> None:
    run = Run(trained(OF_TERMS, 4))
    tried(run, "earlier")
    assert look_at(run.cycle, candidate("this one"), range(6, 10)).number == 2
    lines = [{**row, "term": "other", "text": f"other {n}"} for n, row in enumerate(OF_TERMS)]
    other = Run(trained(lines, 4))
    assert look_at(other.cycle, candidate("this one"), range(6, 10)).number == 2, "it changed since"


def test_a_candidate_of_which_nothing_is_known_any_more_counts(trained: Trained) -> None:
    run = Run(trained(OF_TERMS, 4))
    tried(run, "earlier")
    (run.cycle.folder / "manifest.jsonl").unlink()
    assert look_at(run.cycle, candidate("this one"), range(6)).number == 2


def test_limits_that_changed_after_a_look_are_named(trained: Trained) -> None:
    run = Run(trained(OF_TERMS, 4))
    tried(run, "earlier", judged_on(run.cycle, range(6, 10)))
    text = "base: base.nemo\ndecide: {keep_drop: 0.05}\n"
    other = second_cycle_policy(run.cycle, text)
    look = look_at(other, candidate("this one"), range(6, 10))
    assert look.limits_changed == "limits changed after look 1: keep_drop 0.2 → 0.05"
    assert look_at(run.cycle, candidate("this one"), range(6, 10)).limits_changed == ""


def test_a_champion_whose_split_is_gone_does_not_count_as_untrained(trained: Trained) -> None:
    run = Run(trained(ROWS, 4))
    make_champion(run)
    run.split.unlink()
    with pytest.raises(DamagedFile, match=r"split\.json is not there, so the rows that adapted"):
        seen_rows(second_cycle(run.cycle.root))


def test_a_damaged_split_of_a_champion_is_named(trained: Trained) -> None:
    run = Run(trained(ROWS, 4))
    make_champion(run)
    run.split.write_text("{")
    with pytest.raises(DamagedFile, match=r"split\.json"):
        seen_rows(second_cycle(run.cycle.root))


def test_the_same_model_decoded_in_another_way_is_another_look(trained: Trained) -> None:
    run = Run(trained(OF_TERMS, 4))
    tried(run, "earlier", judged_on(run.cycle, range(6, 10)))
    boosted = DecodingConfig(strategy="beam", boost_alpha=1.0)
    other = candidate("earlier").model_copy(update={"decoding": boosted})
    assert look_at(run.cycle, other, range(6, 10)).number == 2


def candidate(sha256: str) -> ModelRecord:
    return ModelRecord(name="c", path="c.nemo", sha256=sha256)


def tried(run: Run, sha256: str, on: JudgedOn | None = None, terms: range | None = None) -> None:
    """Leave a ledger line of a candidate that this run had, judged on `terms` in place of those of `on`."""
    from tasks.domain.verdict.priority import Priority

    if on and terms:
        on = on.model_copy(update={"terms": term_ids(f"term{n}" for n in terms)})
    line = DecisionLine(
        cycle=1, outcome="grow", reasons=("no better",), run=run.name, rule="held_out",
        open_guards=(), manifest_sha256=run.cycle.manifest_sha256, policy_sha256="p",
        inputs_sha256=sha256, priority_ker=0.8, scoring=run.cycle.scoring,
        priority=Priority("test", 4, 4, 1, 0.8, 0.2, 0.75, None, 0.01, None, 1, 0.025, {}),
        base=run.cycle.comparison.record(), candidate=candidate(sha256), judged_on=on,
        finished_at="2026-01-01",
    )  # fmt: skip
    record_in_ledger(run.cycle.root, line)
