"""Both models side by side: what each transcribed of the same rows, scored alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.domain.manifest import ClinicalRow
from tasks.domain.verdict.comparison import (
    GuardSet,
    Pair,
    ScoredHypotheses,
    clinical_pair,
    guard_set,
    score_clinical,
    score_pair,
)
from tasks.workspace.cycle import Cycle, Run, System
from tasks.workspace.decoded import Decoding, sides
from tasks.workspace.models import candidate_system


@dataclass(frozen=True)
class ComparedRows:
    """Benchmark rows with both models' hypotheses and scores, in manifest order."""

    rows: Sequence[ClinicalRow]
    pair: Pair


def compare_models(cycle: Cycle, candidate: System) -> ComparedRows:
    """Score comparison model and candidate on the benchmark."""
    comparison, after = (
        Decoding(Run(cycle), model).read() for model in (cycle.comparison, candidate)
    )
    return ComparedRows(cycle.rows, clinical_pair(cycle.rows, comparison, after, cycle.policy.view))


def general_speech(cycle: Cycle, candidate: System) -> GuardSet | None:
    """Score both models on the guard set; None without such a set."""
    if cycle.general is None:
        return None
    texts = [row.text for row in cycle.general.rows]
    before, after = (
        Decoding(Run(cycle), model).read("general") for model in (cycle.comparison, candidate)
    )
    voices = [row.speaker or row.voice_id for row in cycle.general.rows]
    nothing = [None] * len(texts)
    return guard_set(score_pair(texts, nothing, before, after, cycle.policy.view), voices)


def acceptance_rows(cycle: Cycle, candidate: System) -> ComparedRows | None:
    """Score both models on acceptance.jsonl; None without it, or where it was not decoded."""
    if cycle.acceptance is None:
        return None
    decodings = [
        Decoding(Run(cycle), model, "acceptance") for model in (cycle.comparison, candidate)
    ]
    if not all(decoding.output.is_file() for decoding in decodings):
        return None
    rows = cycle.acceptance.rows
    before, after = (decoding.read("acceptance") for decoding in decodings)
    return ComparedRows(rows, clinical_pair(rows, before, after, cycle.policy.view))


def read_fold_hypotheses(cycle: Cycle) -> ScoredHypotheses | None:
    """Score what the fold models transcribed, each of the rows it did not train on.

    None without folds; else a hypothesis for every row, in manifest order.
    """
    if cycle.policy.folds is None:
        return None
    found: dict[str, str] = {}
    for fold in cycle.folds:
        side = sides(fold)
        held_out = [row.audio_filepath for row in cycle.rows if side[row.audio_filepath] == "test"]
        found |= zip(held_out, Decoding(fold, candidate_system(fold)).read(), strict=True)
    rows = cycle.rows
    texts = [found[row.audio_filepath] for row in rows]
    return score_clinical(rows, texts, cycle.policy.view)
