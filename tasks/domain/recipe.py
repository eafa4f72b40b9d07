"""The fine-tune recipe as Hydra overrides of NeMo's stock scripts.

One builder serves the NeMo container, a NeMo checkout and the local scripts in `tasks/nemo_jobs`.
Each override that differs from the stock configuration closes a trap; the reason is beside it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Literal

from tasks.domain.policy import Recipe

PRESET_EPOCHS = {"smoke": 3, "production": 30}
WARMUP_STEPS, LARGE_WARMUP_STEPS, LARGE_ROWS = 5, 500, 1_000
BATCH_BY_VRAM_GIB = ((44.0, 16), (22.0, 8), (0.0, 4))  # a 48 GB card reports 44 to 48 GiB
CPU_BATCH_SIZE = 8
MOST_CLIPS = 256  # decoded at once; what a GPU of less memory takes divides it
MAX_WORKERS, BATCHES_PER_WORKER = 4, 8  # to start one takes as long as to read a few batches
BATCH_GIB = 8.0  # of GPU memory, that a fine-tune takes beside its model
BYTES_OF_A_BYTE = 5  # of GPU memory, for each byte of the base's file
MIN_VRAM_GIB = 15.0  # a 16 GB card reports a little less than 16 GiB
RUN_NAME = "flywheel"


@dataclass(frozen=True)
class Hardware:
    """The hardware of a job; `vram_gib` is of one device, 0 on a CPU."""

    accelerator: Literal["cpu", "gpu"]
    name: str = "cpu"
    vram_gib: float = 0.0
    bf16: bool = False


CPU = Hardware("cpu")


@dataclass(frozen=True)
class Hyperparameters:
    """Every number a fine-tune runs with, none left open."""

    epochs: int
    lr: float
    warmup_steps: int
    batch_size: int
    accumulate_grad_batches: int
    precision: str
    gradient_clip_val: float
    freq_masks: int
    time_masks: int
    patience: int | None
    devices: int
    num_workers: int
    seed: int
    base_share: float
    seeds: int = 1  # fine-tunes that are averaged, by `seed` and the next ones

    def halved(self) -> Hyperparameters:
        """Half the batch and double the accumulation, for a device that ran out of memory."""
        return replace(
            self,
            batch_size=self.batch_size // 2,
            accumulate_grad_batches=self.accumulate_grad_batches * 2,
        )


def resolve_hyperparameters(
    recipe: Recipe, rows: int, hardware: Hardware
) -> tuple[Hyperparameters, list[str]]:
    """Fill what the recipe leaves open from the row count and the hardware, with warnings."""
    warnings = []
    if hardware.accelerator == "gpu" and hardware.vram_gib < MIN_VRAM_GIB:
        warnings.append(
            f"{hardware.name} has {hardware.vram_gib:.0f} GiB; 16 GB are needed for 0.6B"
        )
    precision = recipe.precision
    if precision == "auto":
        precision = "bf16-mixed" if hardware.bf16 else "32"
    elif precision == "bf16-mixed" and not hardware.bf16:
        warnings.append(f"{hardware.name} has no BF16: training in fp32")
        precision = "32"
    elif precision == "fp16-mixed":
        warnings.append("fp16-mixed can give NaN losses with TDT")
    batch_size = recipe.batch_size or _batch_size(hardware, precision)
    epochs = recipe.epochs or PRESET_EPOCHS[recipe.preset]
    per_step = batch_size * recipe.accumulate_grad_batches * recipe.devices
    steps = math.ceil(rows / per_step) * epochs
    warmup = recipe.warmup_steps
    if warmup is None:
        warmup = WARMUP_STEPS if rows < LARGE_ROWS else LARGE_WARMUP_STEPS
        if warmup >= steps:
            warnings.append(
                f"Warm-up of {warmup} steps cut to half of the {steps} steps of the run"
            )
            warmup = steps // 2
    return (
        Hyperparameters(
            epochs=epochs,
            lr=recipe.lr,
            warmup_steps=warmup,
            batch_size=batch_size,
            accumulate_grad_batches=recipe.accumulate_grad_batches,
            precision=precision,
            gradient_clip_val=recipe.gradient_clip_val,
            freq_masks=recipe.freq_masks,
            time_masks=recipe.time_masks,
            patience=recipe.patience if recipe.preset == "production" else None,
            devices=recipe.devices,
            num_workers=_workers(recipe, hardware, math.ceil(rows / (batch_size * recipe.devices))),
            seed=recipe.seed,
            base_share=recipe.base_share,
            seeds=recipe.seeds,
        ),
        warnings,
    )


def seeds_at_a_time(settings: Hyperparameters, hardware: Hardware, base_bytes: int) -> int:
    """The number of fine-tunes that a GPU has room for beside each other; on a CPU, and on several GPUs, one.

    >>> one_seed = Hyperparameters(3, 3e-4, 5, 16, 1, "bf16-mixed", 1.0, 2, 10, None, 1, 0, 42, 0.5)
    >>> [seeds_at_a_time(replace(one_seed, seeds=3), Hardware("gpu", vram_gib=gib), 2_400_000_000)
    ...  for gib in (24, 48, 80)]
    [1, 2, 3]
    """
    if hardware.accelerator == "cpu" or settings.devices > 1:
        return 1
    each = BATCH_GIB + base_bytes * BYTES_OF_A_BYTE / 2**30
    return max(1, min(settings.seeds, int(hardware.vram_gib / each)))


def _batch_size(hardware: Hardware, precision: str) -> int:
    if hardware.accelerator == "cpu":
        return CPU_BATCH_SIZE
    size = next(size for least, size in BATCH_BY_VRAM_GIB if hardware.vram_gib >= least)
    return size if precision == "bf16-mixed" else max(1, size // 2)  # fp32 needs the room


def _workers(recipe: Recipe, hardware: Hardware, batches: int) -> int:
    if recipe.num_workers is not None:
        return recipe.num_workers
    if hardware.accelerator == "cpu":
        return 0
    return min(MAX_WORKERS, math.ceil(batches / BATCHES_PER_WORKER))


def override(key: str, value: object) -> str:
    """Write one Hydra override; text is quoted so that a path may hold any character.

    Backslashes are doubled only where Hydra or OmegaConf would take them for an escape: before a
    quote, before an interpolation, and at the end.

    >>> print(override("model_path", "/a b/it's=${1}.nemo"))
    model_path='/a b/it\\'s=\\${1}.nemo'
    """
    if value is None:
        return f"{key}=null"
    if isinstance(value, bool):
        return f"{key}={str(value).lower()}"
    if isinstance(value, int | float):
        return f"{key}={value}"
    text = re.sub(r"(\\*)\$\{", lambda found: 2 * found[1] + r"\${", str(value))
    text = re.sub(r"(\\*)('|$)", lambda found: 2 * found[1] + found[2].replace("'", r"\'"), text)
    return f"{key}='{text}'"


def render(
    overrides: Mapping[str, object], locate: Callable[[PurePath], PurePath] = lambda path: path
) -> list[str]:
    """Write overrides as arguments; `locate` gives where the job finds a path of this host."""
    return [
        override(key, locate(value) if isinstance(value, PurePath) else value)
        for key, value in overrides.items()
    ]


def finetune_overrides(
    settings: Hyperparameters,
    hardware: Hardware,
    *,
    base: PurePath,
    train: PurePath,
    validation: PurePath,
    log_dir: PurePath,
    rows: int,
) -> dict[str, object]:
    """Build the overrides of `speech_to_text_finetune.py`; rows are those of the train manifest."""
    on_gpu = hardware.accelerator == "gpu"
    steps_per_epoch = math.ceil(rows / (settings.batch_size * settings.devices))
    values: dict[str, object] = {
        "init_from_nemo_model": base,  # by file: the pretrained route sleeps 60 s on one GPU
        "model.train_ds.manifest_filepath": train,
        "model.train_ds.batch_size": settings.batch_size,
        "model.train_ds.num_workers": settings.num_workers,
        "model.train_ds.pin_memory": on_gpu,
        "model.train_ds.max_duration": 20,
        "model.validation_ds.manifest_filepath": validation,
        "model.validation_ds.batch_size": settings.batch_size,
        "model.validation_ds.num_workers": settings.num_workers,
        "model.validation_ds.pin_memory": on_gpu,
        "model.tokenizer.update_tokenizer": False,  # a new vocabulary rebuilds a TDT loss as RNNT
        "model.spec_augment.freq_masks": settings.freq_masks,
        "model.spec_augment.time_masks": settings.time_masks,
        "model.optim.lr": settings.lr,
        "model.optim.sched.name": "CosineAnnealing",
        "model.optim.sched.warmup_steps": settings.warmup_steps,  # stock: 5000, never reached
        "trainer.max_epochs": settings.epochs,
        "trainer.accelerator": hardware.accelerator,
        "trainer.devices": settings.devices,  # stock: every GPU of the host
        "trainer.precision": settings.precision,  # stock: 32
        "trainer.gradient_clip_val": settings.gradient_clip_val,  # stock: none
        "trainer.accumulate_grad_batches": settings.accumulate_grad_batches,
        "trainer.log_every_n_steps": max(
            1, min(10, steps_per_epoch)
        ),  # else short runs log nothing
        "exp_manager.name": RUN_NAME,
        "exp_manager.exp_dir": log_dir,
        "+exp_manager.explicit_log_dir": log_dir,  # else a folder named after the clock
        "exp_manager.checkpoint_callback_params.always_save_nemo": False,  # else 2.5 GB an epoch
        "+seed": settings.seed,  # read by the local script; the stock one has no seed
    }
    if settings.devices == 1:
        values["trainer.strategy"] = "auto"
    if settings.devices == 1 or not on_gpu:  # torch has synchronized statistics on GPUs alone
        values["trainer.sync_batchnorm"] = False
    if settings.patience is None:
        values |= {
            "exp_manager.checkpoint_callback_params.save_top_k": 0,  # no 7.4 GB .ckpt; redo is short
            "+exp_manager.checkpoint_callback_params.save_last": False,
        }
    else:
        values |= {
            "exp_manager.checkpoint_callback_params.save_top_k": 1,
            "+exp_manager.checkpoint_callback_params.save_best_model": True,  # else the last weights
            "exp_manager.resume_if_exists": True,
            "exp_manager.resume_ignore_no_checkpoint": True,  # else the first start raises
            "+exp_manager.create_early_stopping_callback": True,
            "+exp_manager.early_stopping_callback_params.monitor": "val_wer",  # stock: val_loss
            "+exp_manager.early_stopping_callback_params.mode": "min",
            "+exp_manager.early_stopping_callback_params.patience": settings.patience,
            # else a resumed run fails: it has no val_wer before its first validation
            "+exp_manager.early_stopping_callback_params.strict": False,
        }
    return values


def assign_shards(
    durations: Sequence[float], shards: int, batch_size: int | None
) -> list[list[int]]:
    """Assign row positions to shards by whole batches, longest rows first, as one job forms them.

    A batch is padded to its longest row, which moves the last bits of what the model computes. So a
    row keeps its batch, and shards together give what one job gives, to the byte. Where each job takes
    its batch size from the memory of its GPU, shards are of so many clips that any size divides.

    >>> assign_shards([1.0, 9.0, 2.0, 8.0, 3.0], shards=2, batch_size=2)
    [[1, 3, 0], [4, 2]]
    """
    order = sorted(range(len(durations)), key=lambda position: -durations[position])
    size = batch_size or MOST_CLIPS
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    return [[row for batch in batches[shard::shards] for row in batch] for shard in range(shards)]


def transcribe_overrides(
    *, model: PurePath, manifest: PurePath, output: PurePath, batch_size: int | None = None
) -> dict[str, object]:
    """Build the overrides of `transcribe_speech.py`: greedy, sorted by length, input order kept.

    Without a batch size the script takes its own: 32 clips, or ours by the memory of the GPU.
    """
    given: dict[str, object] = {} if batch_size is None else {"batch_size": batch_size}
    return given | {
        "model_path": model,
        "dataset_manifest": manifest,
        "output_filename": output,
        "num_workers": 0,
        "presort_manifest": True,
        "amp": False,
        "calculate_wer": False,
        "overwrite_transcripts": True,
    }
