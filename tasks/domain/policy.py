"""The policy of a flywheel: everything a human sets, with units and bounds.

The same models read `flywheel.yaml`, check the command line and draw the form in the Prefect UI.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tasks.domain.decoding import DEPTH_SCALING, DecodingConfig, Strategy
from tasks.domain.manifest import Category, ClinicalRow

Stage = Literal["gate", "split", "boost", "sft", "transcribe", "score", "decide"]
RECOMMENDED_BASE = "nvidia/parakeet-tdt-0.6b-v2"


METHOD_VERSION = 2  # raised by hand when the same policy gives other results


class PolicySection(BaseModel):
    """A frozen model that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    shown_only: ClassVar[frozenset[str]] = frozenset()  # fields that change no result

    @property
    def sha256(self) -> str:
        """The digest of what differs from the defaults, so that a new field changes no identity."""
        changed = self.model_dump(mode="json", exclude_defaults=True, exclude=set(self.shown_only))
        text = json.dumps([METHOD_VERSION, changed], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


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
        description="WER beside the terms, or of general speech, above which nothing is heard at all",
    )
    power: Literal["warn", "stop"] = Field(
        "warn", description="What follows when power_drop would be kept less than 80 times in 100"
    )
    power_drop: float = Field(
        0.3, gt=0, lt=1, description="True relative drop of KER that the benchmark should show"
    )


class SplitPolicy(PolicySection):
    """How rows are divided: train, validation (what training looks at) and test (what decides)."""

    test_share: float = Field(0.2, gt=0, lt=1, description="Share of rows held out for the verdict")
    validation_share: float = Field(
        0.1, gt=0, lt=1, description="Share of the other groups that NeMo validates on"
    )
    seed: int = Field(42, ge=0, lt=2**32, description="Seed of the split")
    group_by: Literal["text", "term", "voice", "row"] = Field(
        "text", description="What never stands on two sides; row is the published split"
    )


class Replay(PolicySection):
    """General speech mixed into the training rows, so that it is not forgotten."""

    manifest: Path = Field(description="NeMo manifest of general clips, relative to the workspace")
    ratio: float = Field(
        1.0, gt=0, le=20, description="General clips for each clinical training row"
    )


class Recipe(PolicySection):
    """How the fine-tune runs; unset fields follow the preset, the row count and the hardware."""

    preset: Literal["smoke", "production"] = Field(
        "smoke",
        description="smoke: 3 epochs; production: up to 30, stopped early on validation WER",
    )
    method: Literal["full", "adapter"] = Field(
        "full", description="Full-model SFT; adapters are refused"
    )
    epochs: int | None = Field(None, ge=1, le=1000, description="Epochs; preset: 3 or 30")
    lr: float = Field(
        3e-4, gt=0, lt=1, description="Peak learning rate, CosineAnnealing after warm-up"
    )
    warmup_steps: int | None = Field(
        None, ge=0, description="Warm-up in optimizer steps; 5, from 1,000 rows on 500"
    )
    batch_size: int | None = Field(None, ge=1, description="Rows a step and device; by GPU memory")
    accumulate_grad_batches: int = Field(1, ge=1, description="Batches per optimizer step")
    precision: Literal["auto", "bf16-mixed", "fp16-mixed", "32"] = Field(
        "auto", description="auto: bf16-mixed where the GPU has it, else 32"
    )
    gradient_clip_val: float = Field(1.0, ge=0, description="Gradient norm limit")
    freq_masks: int = Field(2, ge=0, description="SpecAugment frequency masks; 0 turns them off")
    time_masks: int = Field(10, ge=0, description="SpecAugment time masks; 0 turns them off")
    base_share: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of the base in the candidate's averaged weights; 0: as it was trained",
    )
    patience: int = Field(
        3, ge=1, description="Epochs without better validation WER before stopping"
    )
    devices: int = Field(1, ge=1, description="GPUs of the host to train on")
    num_workers: int | None = Field(None, ge=0, description="Loader processes; 0 on a CPU, else 4")
    seed: int = Field(
        42, ge=0, description="Seed of weights, order and augmentation, where it is read"
    )


class DecodingPolicy(PolicySection):
    """How the base decodes where it is in use, and the boosting that stage boost tries.

    A champion decodes as it was kept, and a candidate as the model it is compared with, unless
    `arms` says otherwise.
    """

    batch_size: int = Field(
        32, ge=1, description="Clips decoded together; padding may move the last bits of a result"
    )
    strategy: Strategy = Field("greedy", description="How the base searches")
    beam_size: int | None = Field(
        None, ge=1, le=64, description="Hypotheses kept by a beam; 8 for CTC, 4 for RNNT and TDT"
    )
    boost_alpha: float | None = Field(
        None, gt=0, le=10, description="Weight of phrase boosting of the base; unset: none"
    )
    depth_scaling: float = Field(
        DEPTH_SCALING, gt=0, le=10, description="Growth of the boost along a phrase"
    )
    tried_alphas: tuple[Annotated[float, Field(gt=0, le=10)], ...] = Field(
        (0.5, 1.0), min_length=1, max_length=8, description="Weights that stage boost tries"
    )

    @property
    def of_base(self) -> DecodingConfig:
        """How the base decodes; the phrases of a boosted one are named by the workspace."""
        return DecodingConfig(
            strategy=self.strategy,
            beam_size=self.beam_size if self.strategy == "beam" else None,
            boost_alpha=self.boost_alpha,
            depth_scaling=self.depth_scaling,
        )


class ArmsPolicy(PolicySection):
    """Several systems from one fine-tune, and the one that is expected to win.

    Expected is the fine-tune averaged as `sft.base_share` says. Another replaces it only where the
    validation rows show, by the rule of the verdict, that it is better.
    """

    boosted: bool = Field(
        False, description="Whether the expected system has the boosting that stage boost chose"
    )
    base_shares: tuple[Annotated[float, Field(ge=0, lt=1)], ...] = Field(
        (0.0,), max_length=8, description="Other shares of the base that are tried beside it"
    )
    describe: bool = Field(
        False, description="Decode the other arms on test rows too, once the verdict is written"
    )


class DecisionPolicy(PolicySection):
    """What makes a candidate the new champion."""

    rule: Literal["held_out", "published"] = Field(
        "held_out", description="published: a drop over all rows, trained ones too, and no guard"
    )
    keep_drop: float = Field(0.2, gt=0, lt=1, description="Relative drop of priority KER to keep")
    open_guard: Literal["grow", "keep"] = Field(
        "grow", description="Verdict on a good candidate while a guard proves neither harm nor none"
    )
    general_wer_rise: float = Field(0.1, gt=0, description="Relative rise of general WER allowed")
    other_term_rise: float = Field(
        0.1, gt=0, lt=1, description="Rise allowed of the KER of terms outside priority categories"
    )
    false_keyword_rise: float = Field(
        0.01, gt=0, lt=1, description="Rise allowed of the share of rows with a term nobody said"
    )
    empty_or_unknown_rise: float = Field(
        0.01, gt=0, lt=1, description="Rise allowed of the share of empty or unknown hypotheses"
    )
    critical_tokens: Literal["report", "guard"] = Field(
        "report", description="Whether changed numbers, units, negations and sides can reject"
    )
    critical_token_rise: float = Field(
        0.01, gt=0, lt=1, description="Rise allowed of the share of critical words changed"
    )
    acceptance_rise: float = Field(
        0.1, gt=0, lt=1, description="Rise of the KER on acceptance.jsonl that has to be disproved"
    )
    clinical_rise: float = Field(
        0.1,
        gt=0,
        lt=1,
        description="Rise of the last three that has to be disproved on clinical test rows; "
        "0.01 takes 299 terms without any harm",
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


class Policy(PolicySection):
    """One flywheel's policy."""

    shown_only: ClassVar[frozenset[str]] = frozenset({"name", "served_difference"})

    base: str = Field(
        RECOMMENDED_BASE,
        min_length=1,
        description="What is trained: a pretrained name, a .nemo file, or pretrained | champion",
    )
    base_sha256: str | None = Field(
        None,
        pattern="^[0-9a-f]{64}$",
        description="Digest that the .nemo file of base must have; unset: it is recorded alone",
    )
    pretrained: str = Field(
        RECOMMENDED_BASE,
        min_length=1,
        description="Name or .nemo file for base: pretrained, and for champion until there is one",
    )
    priority_categories: tuple[Category, ...] = Field(
        ("drug",), min_length=1, description="Categories that open the gate and decide"
    )
    decode_baseline: bool = Field(
        True, description="Decode the comparison model when the cycle has no per_sample.json"
    )
    gate: GatePolicy = GatePolicy()
    split: SplitPolicy = SplitPolicy()
    sft: Recipe = Recipe()
    folds: int | None = Field(
        None, ge=2, le=20, description="Train this many models so that every row is judged held out"
    )
    replay: Replay | None = None
    decoding: DecodingPolicy = DecodingPolicy()
    boost: Literal["report", "stop", "off"] = Field(
        "report",
        description="What phrase boosting alone would give, before anything is trained; stop: a "
        "boosted system that is good enough by it is the candidate, and nothing is trained",
    )
    arms: ArmsPolicy | None = None
    decide: DecisionPolicy = DecisionPolicy()
    approval: Literal["off", "required"] = Field(
        "off", description="required: a person has to approve before a candidate becomes champion"
    )
    approval_hours: float | None = Field(
        None,
        gt=0,
        le=8760,
        description="Hours that a run in Prefect waits for approval; unset: any time",
    )
    report: ReportPolicy = ReportPolicy()
    served_difference: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of rows that a served model may transcribe otherwise than offline",
    )
    name: str | None = Field(
        None,
        min_length=1,
        max_length=60,
        description="Name of the flywheel in the Prefect UI and in reports; unset: its folder's",
    )

    def over(self, standing: Policy) -> tuple[Policy, tuple[str, ...]]:
        """Put what is set here over a standing policy; give the result and what it changed.

        A section is merged key by key, a list is replaced. A policy that sets every section is one
        that a form filled in: what it leaves at its default is not set. Raises ValidationError where
        the two do not go together.

        >>> Policy.model_validate({"sft": {"epochs": 9}}).over(Policy(base="base.nemo"))[1]
        ('sft.epochs None → 9',)
        """
        before = standing.model_dump(mode="json")
        sections = {
            name for name, field in Policy.model_fields.items() if field.default is not None
        }
        form = sections <= self.model_fields_set
        given = self.model_dump(mode="json", exclude_defaults=form, exclude_unset=not form)
        merged = _merged(before, given)
        policy = Policy.model_validate(merged)
        return policy, tuple(_differences(before, policy.model_dump(mode="json")))

    @field_validator("boost", "approval", mode="before")
    @classmethod
    def _off_in_yaml(cls, value: object) -> object:
        return "off" if value is False else value  # what YAML makes of the word

    @model_validator(mode="after")
    def _arms_can_be_compared(self) -> Policy:
        every_row = self.folds or self.decide.rule == "published"
        if every_row and self.boost == "stop":  # rows that a boosting was chosen on would decide
            raise ValueError("boost: stop needs decide.rule: held_out, and no folds")
        if self.arms is None:
            return self
        if every_row:
            raise ValueError("arms needs decide.rule: held_out, and no folds")
        if self.arms.boosted and self.boost == "off":
            raise ValueError("arms.boosted needs boost: report or stop")
        return self

    @model_validator(mode="after")
    def _published_rule_has_the_published_split(self) -> Policy:
        if self.decide.rule == "published" and (self.split.group_by != "row" or self.folds):
            raise ValueError("decide.rule: published needs split.group_by: row, and no folds")
        return self

    def priority_positions(self, rows: Sequence[ClinicalRow]) -> list[int]:
        """The positions of the rows of priority categories."""
        return [n for n, row in enumerate(rows) if row.entity_category in self.priority_categories]

    @property
    def shares(self) -> tuple[float, ...]:
        """The shares of the base that a fine-tune is averaged with, the expected one first.

        None where only one system is made.
        """
        if self.arms is None:
            return ()
        return tuple(dict.fromkeys((self.sft.base_share, *self.arms.base_shares)))

    @property
    def starting_base(self) -> str:
        """The name or file that a fine-tune starts from while there is no champion."""
        return self.pretrained if self.base in ("pretrained", "champion") else self.base


def _merged(before: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    merged = dict(before)
    for key, value in given.items():
        section = before.get(key)
        both = isinstance(section, dict) and isinstance(value, dict)
        merged[key] = _merged(section or {}, value) if both else value
    return merged


def _differences(before: dict[str, Any], after: dict[str, Any], within: str = "") -> Iterator[str]:
    """Say which keys of two dumps differ, nested ones by their path."""
    for key, value in after.items():
        old, path = before.get(key), f"{within}{key}"
        if isinstance(old, dict) and isinstance(value, dict):
            yield from _differences(old, value, f"{path}.")
        elif old != value:
            yield f"{path} {old} → {value}"
