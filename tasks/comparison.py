"""Gather what comparison model and candidate heard on the same rows, scored alike."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.domain.bases import base_from_config
from tasks.domain.decide import GeneralSpeech
from tasks.domain.manifest import ClinicalRow
from tasks.domain.metrics import RowScore, score_rows, summarise
from tasks.inputs import clinical_rows, general_rows, nemo_config
from tasks.workspace import Cycle, Model, file_sha256, read_jsonl


@dataclass(frozen=True)
class Compared:
    """Benchmark rows with both models' hypotheses and scores, in manifest order."""

    rows: list[ClinicalRow]
    base_heard: list[str]
    candidate_heard: list[str]
    base: list[RowScore]
    candidate: list[RowScore]


def candidate_model(cycle: Cycle) -> Model:
    """The fine-tuned model as it was saved."""
    path = cycle.candidate
    return Model(base_from_config(str(path), nemo_config(path)), path, file_sha256(path))


def heard(cycle: Cycle, model: Model, name: str = "benchmark") -> list[str]:
    """What a model heard of one set, in row order."""
    return [row["hyp"] for row in read_jsonl(cycle.decoded(model)) if row["set"] == name]


def compared(cycle: Cycle) -> Compared:
    """Score both models on the benchmark."""
    rows = clinical_rows(cycle)
    texts, terms = [row.text for row in rows], [row.term for row in rows]
    before = heard(cycle, cycle.comparison)
    after = heard(cycle, candidate_model(cycle))
    return Compared(
        rows, before, after, score_rows(texts, before, terms), score_rows(texts, after, terms)
    )


def general_speech(cycle: Cycle) -> GeneralSpeech | None:
    """Score both models on the guard set by corpus WER; None without such a set."""
    if cycle.general_sha256 is None:
        return None
    texts = [row.text for row in general_rows(cycle.general)]
    nothing = [None] * len(texts)
    before, after = (
        summarise(score_rows(texts, heard(cycle, model, "general"), nothing)).wer_corpus
        for model in (cycle.comparison, candidate_model(cycle))
    )
    if before is None or after is None:
        return None
    return GeneralSpeech(len(texts), before, after)
