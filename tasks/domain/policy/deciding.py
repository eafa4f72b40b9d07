"""Settings of the gate, of the verdict, and of the report."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tasks.domain.policy.section import PolicySection


class GatePolicy(PolicySection):
    """When a fine-tune is worth the GPU."""

    ker_above: float = Field(
        0.3, ge=0, le=1, description="Tune when the priority KER is above this"
    )
    saturated_below: float = Field(
        0.1, ge=0, le=1, description="Below this KER there is nothing to tune"
    )
    min_rows: int = Field(100, ge=1, description="Rows a benchmark needs")
    min_priority_rows: int = Field(5, ge=2, description="Rows each priority category needs")
    pronunciation_gap: float = Field(
        0.3,
        gt=0,
        le=1,
        description="KER of g2p rows minus KER of hinted rows that points at the synthesis",
    )
    min_rows_per_source: int = Field(5, ge=1, description="Rows of each kind to judge the gap on")
    unheard_above: float = Field(
        0.5,
        gt=0,
        le=2,
        description="WER outside the terms, or of general speech, above which no term is the cause",
    )
    power: Literal["warn", "stop"] = Field(
        "warn", description="What follows when power_drop would be kept less than 80 times in 100"
    )
    power_drop: float = Field(
        0.3, gt=0, lt=1, description="True relative drop of KER that the benchmark should show"
    )


class DecisionPolicy(PolicySection):
    """The limits of the verdict on a candidate."""

    rule: Literal["held_out", "published"] = Field(
        "held_out", description="published: a drop over all rows, trained ones too, and no guard"
    )
    keep_drop: float = Field(0.2, gt=0, lt=1, description="Relative drop of priority KER to keep")
    open_guard: Literal["grow", "keep"] = Field(
        "grow",
        description="Verdict on a better candidate while a guard shows neither harm nor its absence",
    )
    general_wer_rise: float = Field(0.1, gt=0, description="Relative rise of general WER allowed")
    clinical_wer_rise: float = Field(
        0.03,
        gt=0,
        lt=1,
        description="Rise allowed of the WER of the words beside the term, on clinical test rows",
    )
    other_term_rise: float = Field(
        0.1, gt=0, lt=1, description="Rise allowed of the KER of terms outside priority categories"
    )
    false_keyword_rise: float = Field(
        0.01,
        gt=0,
        lt=1,
        description="Rise allowed of the share of rows with a term or boosted phrase nobody spoke",
    )
    empty_or_unknown_rise: float = Field(
        0.01, gt=0, lt=1, description="Rise allowed of the share of empty or unknown hypotheses"
    )
    critical_tokens: Literal["report", "guard"] = Field(
        "guard",
        description="Whether changed doses, numbers, units, negations and left/right words can reject",
    )
    critical_token_rise: float = Field(
        0.01,
        gt=0,
        lt=1,
        description="Rise of the share of doses and other critical words changed that rejects once it is "
        "proven; to keep, one of clinical_rise has to be disproved",
    )
    final_model_rise: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="With folds: how much higher the KER of the final model may be than that of the "
        "fold models",
    )
    acceptance_rise: float = Field(
        0.1, gt=0, lt=1, description="Rise of the KER on acceptance.jsonl that has to be disproved"
    )
    clinical_rise: float = Field(
        0.1,
        gt=0,
        lt=1,
        description="Rise of false keywords, of empty or unknown transcripts and of changed critical words "
        "that has to be disproved on clinical test rows, and of the last on general speech too; "
        "0.01 takes 368 terms without any harm",
    )


class ReportPolicy(PolicySection):
    """The report of a decided cycle."""

    embed_audio_mb: int = Field(
        20,
        ge=0,
        le=1000,
        description="Megabytes of the page that clips may take, the worst rows first; the others "
        "are linked. 0: all are linked",
    )
