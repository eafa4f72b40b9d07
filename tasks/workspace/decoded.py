"""Gather what comparison model and candidate heard on the same rows, scored alike."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.metrics import score_rows
from tasks.domain.verdict.comparison import Pair, ScoredHypotheses, score_pair
from tasks.workspace.inputs import clinical_rows, general_rows
from tasks.workspace.models import candidate_model
from tasks.workspace.paths import Cycle, Model, folds_of, read_json, read_jsonl


@dataclass(frozen=True)
class ComparedRows:
    """Benchmark rows with both models' hypotheses and scores, in manifest order."""

    rows: list[ClinicalRow]
    pair: Pair


def read_hypotheses(cycle: Cycle, model: Model, name: str = "benchmark") -> list[str]:
    """What a model heard of one set, in row order."""
    return [row["hyp"] for row in read_jsonl(cycle.decoded(model)) if row["set"] == name]


def compare_models(cycle: Cycle, candidate: Model) -> ComparedRows:
    """Score both models on the benchmark."""
    rows = clinical_rows(cycle)
    before, after = read_hypotheses(cycle, cycle.comparison), read_hypotheses(cycle, candidate)
    texts, terms = [row.text for row in rows], [row.term for row in rows]
    return ComparedRows(rows, score_pair(texts, terms, before, after))


def general_speech(cycle: Cycle, candidate: Model) -> Pair | None:
    """Score both models on the guard set; None without such a set."""
    if cycle.general_sha256 is None:
        return None
    texts = [row.text for row in general_rows(cycle.general)]
    before, after = (
        read_hypotheses(cycle, model, "general") for model in (cycle.comparison, candidate)
    )
    return score_pair(texts, [None] * len(texts), before, after)


def read_fold_hypotheses(cycle: Cycle) -> ScoredHypotheses | None:
    """What the fold models heard, each of the rows it did not train on; None without folds."""
    if cycle.policy.folds is None:
        return None
    found: dict[str, str] = {}
    for fold in folds_of(cycle):
        split = read_json(fold.run_folder / "split.json") or {}
        found |= zip(split["validation"], read_hypotheses(fold, candidate_model(fold)), strict=True)
    rows = clinical_rows(cycle)
    texts = [found[row.audio_filepath] for row in rows]
    return ScoredHypotheses(
        texts, score_rows([row.text for row in rows], texts, [row.term for row in rows])
    )
