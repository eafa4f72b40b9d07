"""Settings of the split and of the fine-tune."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from tasks.domain.policy.section import PolicySection


class SplitPolicy(PolicySection):
    """The split of rows: train, validation (which training looks at) and test (which decides)."""

    names_fine_tunes: ClassVar[bool] = True

    test_share: float = Field(0.2, gt=0, lt=1, description="Share of rows held out for the verdict")
    validation_share: float = Field(
        0.1, gt=0, lt=1, description="Share of the other groups that NeMo validates on"
    )
    seed: int = Field(42, ge=0, lt=2**32, description="Seed of the split")
    group_by: Literal["text", "term", "voice", "row"] = Field(
        "text", description="What is never on two sides; row is the published split"
    )


class Replay(PolicySection):
    """General speech mixed into the training rows, so that it is not forgotten."""

    names_fine_tunes: ClassVar[bool] = True

    manifest: Path = Field(description="NeMo manifest of general clips, relative to the workspace")
    ratio: float = Field(
        1.0, gt=0, le=20, description="General clips for each clinical training row"
    )


class Recipe(PolicySection):
    """Settings of the fine-tune; unset fields follow the preset, the row count and the hardware."""

    names_fine_tunes: ClassVar[bool] = True

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
    num_workers: int | None = Field(
        None,
        ge=0,
        description="Loader processes; 0 on a CPU, else one per 8 batches of an epoch, at most 4",
    )
    seed: int = Field(
        42, ge=0, description="Seed of weights, order and augmentation, where it is read"
    )
    seeds: int = Field(
        1,
        ge=1,
        le=12,
        description="Fine-tunes, by this and the next seeds, whose average is the fine-tune that is judged; "
        "trained side by side as far as the GPU's memory goes",
    )
