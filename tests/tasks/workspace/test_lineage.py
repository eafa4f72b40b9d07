"""What earlier cycles leave for this one: sides, rows that were trained on, looks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.decoding import DecodingConfig
from tasks.domain.errors import DamagedFile
from tasks.records.files import file_sha256, write_record
from tasks.records.ledger_line import DecisionLine
from tasks.records.record import ModelRecord, read_record
from tasks.records.stages import SplitRecord
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.ledger import promote, record_in_ledger
from tasks.workspace.lineage import (
    audio_ids,
    looks_at,
    planned_split,
    seen_rows,
    sentence_id,
    settled_sides,
)
from tasks.workspace.open import open_cycle

ROWS = [{"text": f"start metoprolol {number}"} for number in range(10)]
Trained = Callable[..., Cycle]


def second_cycle(root: Path, policy: str = "") -> Cycle:
    """A second cycle with the same rows, whose comparison model is the first one's candidate."""
    shutil.copytree(root / "cycle1/audio", root / "cycle2/audio")
    shutil.copy(root / "cycle1/manifest.jsonl", root / "cycle2/manifest.jsonl")
    if policy:
        (root / "flywheel.yaml").write_text(policy)
    return open_cycle(root, 2)


def crown(run: Run) -> None:
    path = str(run.candidate)
    model = ModelRecord(name="c", path=path, sha256=file_sha256(run.candidate))
    promote(run.cycle.root, 1, model, "2026-01-01T00:00:00+00:00", None)


def test_rows_that_the_champion_was_trained_on_are_seen(trained: Trained) -> None:
    run = Run(trained(ROWS, 4))
    assert seen_rows(run.cycle) == frozenset()
    crown(run)
    second = second_cycle(run.cycle.root)
    assert second.comparison.path == run.candidate
    assert seen_rows(second) == set(range(6))


def test_a_sentence_that_an_ancestor_was_trained_on_is_seen_in_any_voice(trained: Trained) -> None:
    run = Run(trained(ROWS, 4))
    split = read_record(run.split, SplitRecord)
    assert split is not None
    told = {"trained_sentences": (sentence_id("Start metoprolol, 9!"),)}
    write_record(run.split, split.model_copy(update=told))
    crown(run)
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
    crown(run)
    assert seen_rows(second_cycle(run.cycle.root)) == {*range(6), 9}


def test_groups_stay_on_the_side_of_the_cycle_before(trained: Trained) -> None:
    run = Run(trained(ROWS, 4))
    assert settled_sides(run.cycle) == {}
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
    assert settled_sides(second) == moved
    assert set(first.train[:3]) <= set(planned_split(second).test)


@pytest.mark.parametrize(
    ("change", "looks"),
    [
        (lambda _: None, 2),
        (lambda split: split["test_audio"].__setitem__(slice(None), ["elsewhere"] * 4), 1),
        (lambda split: split["test_audio"].__delitem__(slice(2, None)), 2),  # half of them
        (lambda split: split["test_audio"].__delitem__(slice(1, None)), 1),
    ],
    ids=["the same rows", "other rows", "half of the rows", "fewer"],
)
def test_an_earlier_candidate_counts_where_it_judged_half_of_these_rows(
    trained: Trained, change: Callable[[dict[str, Any]], None], looks: int
) -> None:
    run = Run(trained(ROWS, 4))
    split = json.loads(run.split.read_text())
    change(split)
    run.split.write_text(json.dumps(split))
    tried(run, "earlier")
    assert looks_at(run.cycle, candidate("this one"), range(6, 10)) == looks
    assert looks_at(run.cycle, candidate("earlier"), range(6, 10)) == 1, (
        "the same candidate again is no look"
    )


def test_a_candidate_of_which_nothing_is_known_any_more_counts(trained: Trained) -> None:
    run = Run(trained(ROWS, 4))
    tried(run, "earlier")
    run.split.unlink()
    assert looks_at(run.cycle, candidate("this one"), range(6, 10)) == 2
    run.split.write_text("{")
    assert looks_at(run.cycle, candidate("this one"), range(6, 10)) == 2


def test_a_champion_whose_split_is_gone_does_not_count_as_untrained(trained: Trained) -> None:
    run = Run(trained(ROWS, 4))
    crown(run)
    run.split.unlink()
    with pytest.raises(DamagedFile, match=r"split\.json is not there, so the rows that adapted"):
        seen_rows(second_cycle(run.cycle.root))


def test_a_damaged_split_of_a_champion_is_named(trained: Trained) -> None:
    run = Run(trained(ROWS, 4))
    crown(run)
    run.split.write_text("{")
    with pytest.raises(DamagedFile, match=r"split\.json"):
        seen_rows(second_cycle(run.cycle.root))


def test_the_same_model_decoded_in_another_way_is_another_look(trained: Trained) -> None:
    run = Run(trained(ROWS, 4))
    tried(run, "earlier")
    boosted = DecodingConfig(strategy="beam", boost_alpha=1.0)
    other = candidate("earlier").model_copy(update={"decoding": boosted})
    assert looks_at(run.cycle, other, range(6, 10)) == 2


def candidate(sha256: str) -> ModelRecord:
    return ModelRecord(name="c", path="c.nemo", sha256=sha256)


def tried(run: Run, sha256: str) -> None:
    """Leave a ledger line of a candidate that this run had."""
    from tasks.domain.verdict.priority import Priority

    line = DecisionLine(
        cycle=1, outcome="grow", reasons=("no better",), run=run.name, rule="held_out",
        open_guards=(), manifest_sha256="m", policy_sha256="p", inputs_sha256=sha256,
        priority_ker=0.8,
        priority=Priority("test", 4, 4, 1, 0.8, 0.2, 0.75, None, 0.01, None, 1, 0.025, {}),
        base=ModelRecord(name="b", path="", sha256=None),
        candidate=candidate(sha256), finished_at="2026-01-01",
    )  # fmt: skip
    record_in_ledger(run.cycle.root, line)
