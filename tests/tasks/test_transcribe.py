"""Rows are decoded in shards and joined in their order; finished work is not decoded again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tasks import transcribe
from tasks.domain.decoding import DecodingConfig
from tasks.domain.jobs import ChildRun
from tasks.jobs.decodings import ShardSpec, run_decodings
from tasks.records.files import read_jsonl
from tasks.workspace.comparison import anchor_decoding
from tasks.workspace.cycle import Cycle, Run, System
from tasks.workspace.decoded import Decoding, own_baseline_is_stale
from tasks.workspace.models import candidate_system
from tasks.workspace.open import open_cycle

transcribe_rows = inspect.unwrap(transcribe.transcribe_rows)
transcribe_baseline = inspect.unwrap(transcribe.transcribe_baseline)
ROWS = [{"text": f"start metoprolol {number}"} for number in range(5)]
TEXTS = [fields["text"] for fields in ROWS]


@pytest.fixture
def cycle(flywheel: Callable[..., Path], trained: Callable[..., Cycle]) -> Cycle:
    """Five rows and a candidate; the comparison model misses all of them, the candidate two."""
    flywheel(rows=1)  # for the fake scripts and their journal
    return trained(ROWS, policy="decoding: {batch_size: 1}\n")  # a batch is not divided


@pytest.fixture
def decoding(cycle: Cycle) -> Decoding:
    return Decoding(Run(cycle), cycle.comparison)


def decodings_run(tmp_path: Path) -> int:
    journal = tmp_path / "decodings"
    return len(journal.read_text().splitlines()) if journal.exists() else 0


def test_both_models_are_decoded_and_every_hypothesis_names_its_side_of_the_split(
    cycle: Cycle, tmp_path: Path
) -> None:
    assert transcribe_rows(cycle) == transcribe.TranscribeSummary(rows=5, decoded=2, reused=0)
    lines = read_jsonl(cycle.next_folder / "offline_hyps.jsonl")
    candidate = Decoding(Run(cycle), candidate_system(Run(cycle))).read()
    assert [line["hyp"] for line in lines] == candidate
    assert sum("something" in text for text in candidate) == 2
    assert [line["split"] for line in lines] == ["train"] * 4 + ["test"]
    assert transcribe_rows(cycle) == transcribe.TranscribeSummary(rows=5, decoded=0, reused=2)
    assert decodings_run(tmp_path) == 2


def test_a_baseline_decoded_here_is_known_as_ours(cycle: Cycle) -> None:
    assert transcribe_baseline(cycle) == transcribe.BaselineSummary(rows=5, reused=False)
    assert [line["ref"] for line in read_jsonl(cycle.per_sample)] == TEXTS
    (cycle.root / "flywheel.yaml").write_text("base: nvidia/parakeet-ctc-0.6b\n")
    assert own_baseline_is_stale(open_cycle(cycle.root, 1))


def test_a_child_in_a_pool_finds_the_clips_of_the_first_base_and_of_boosting_alone(
    cycle: Cycle, fake_model: Callable[..., Path]
) -> None:
    first = fake_model(cycle.root / "first.nemo", 0.9)
    (cycle.root / "flywheel.yaml").write_text("base: base.nemo\nanchor: first.nemo\n")
    cycle = open_cycle(cycle.root, 1)
    config = DecodingConfig(strategy="beam", beam_size=4, boost_alpha=1.0)
    boosted = System(cycle.comparison.model, cycle.boosted(config))
    anchor = anchor_decoding(cycle)
    assert anchor is not None
    assert anchor.system.path == first
    decodings = [anchor, Decoding(Run(cycle), boosted, "test")]

    def submit(children: Sequence[ChildRun]) -> None:
        for child in children:
            specs = [ShardSpec.model_validate(one) for one in child.parameters["decodings"]]
            inspect.unwrap(transcribe.transcribe_shards)(open_cycle(cycle.root, 1), specs)

    assert run_decodings(decodings, 2, submit) == 2
    assert all(decoding.done for decoding in decodings)
    assert anchor_decoding(cycle) is None
