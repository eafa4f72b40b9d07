"""Both models are scored alike on the same rows."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.domain.bases import architecture_from_name
from tasks.workspace.comparison import compare_models, general_speech, read_fold_hypotheses
from tasks.workspace.cycle import Cycle, Model, Run, System
from tasks.workspace.decoded import Decoding
from tasks.workspace.open import open_cycle

TEXT = "please start metoprolol today"
CANDIDATE = System(Model(architecture_from_name("candidate-ctc"), None, "c" * 64))


@pytest.fixture
def cycle(workspace: Callable[..., Path], tone: Callable[..., None]) -> Cycle:
    """Two rows and one clip; the comparison model recognizes neither term, the candidate one."""
    root = workspace([{}, {}])
    tone(root / "g.wav", seconds=0.5)
    clip = {"audio_filepath": "g.wav", "text": "they came home early"}
    (root / "general.jsonl").write_text(json.dumps(clip) + "\n")
    cycle = open_cycle(root, 1)
    Decoding(Run(cycle), cycle.comparison).write(["metro", "metro", "they came home early"])
    Decoding(Run(cycle), CANDIDATE).write([TEXT, "metro", "they came home surely"])
    return cycle


def test_rows_of_the_benchmark_have_both_scores(cycle: Cycle) -> None:
    compared = compare_models(cycle, CANDIDATE)
    assert compared.pair.comparison.missed == [1, 1]
    assert compared.pair.candidate.missed == [0, 1]
    assert [row.text for row in compared.rows] == list(compared.pair.references) == [TEXT, TEXT]


def test_general_speech_has_no_terms_to_miss(cycle: Cycle) -> None:
    general = general_speech(cycle, CANDIDATE)
    assert general is not None
    assert general.unit == "clip"
    pair = general.pair
    assert pair.candidate.scores[0].wer == 0.25
    assert pair.candidate.scores[0].ker is None
    assert general_speech(replace(cycle, general=None), CANDIDATE) is None


def test_without_folds_there_are_no_fold_hypotheses(cycle: Cycle) -> None:
    assert read_fold_hypotheses(cycle) is None
