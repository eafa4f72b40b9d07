"""The overrides: what is resolved from rows and hardware, and every trap that is closed."""

from collections.abc import Callable
from pathlib import PurePosixPath as P

import pytest

from tasks.domain.policy import Recipe
from tasks.domain.recipe import (
    CPU,
    Hardware,
    Hyperparameters,
    finetune_overrides,
    render,
    resolve_hyperparameters,
    transcribe_overrides,
)

A16 = Hardware("gpu", "A16", 15.7, True)
L4 = Hardware("gpu", "L4", 22.5, True)
L40S = Hardware("gpu", "L40S", 44.7, True)
T4 = Hardware("gpu", "T4", 15.6, False)


def resolved(
    recipe: Recipe | None = None, rows: int = 100, hardware: Hardware = L40S
) -> Hyperparameters:
    return resolve_hyperparameters(recipe or Recipe(), rows, hardware)[0]


@pytest.fixture
def overrides() -> Callable[..., dict[str, str]]:
    def build(
        recipe: Recipe | None = None, hardware: Hardware = L40S, rows: int = 100
    ) -> dict[str, str]:
        lines = finetune_overrides(
            resolved(recipe, rows, hardware),
            hardware,
            base=P("/m/base.nemo"),
            train=P("/w/train.jsonl"),
            validation=P("/w/validation.jsonl"),
            log_dir=P("/w/run"),
            rows=rows,
        )
        return dict(line.split("=", 1) for line in render(lines))

    return build


@pytest.mark.parametrize(("hardware", "batch"), [(A16, 4), (L4, 8), (L40S, 16), (CPU, 8), (T4, 2)])
def test_the_batch_follows_the_memory_of_the_device(hardware: Hardware, batch: int) -> None:
    assert resolved(hardware=hardware).batch_size == batch


@pytest.mark.parametrize(("rows", "warmup"), [(39, 5), (999, 5), (2_000, 500)])
def test_warm_up_is_short_for_few_rows(rows: int, warmup: int) -> None:
    assert resolved(Recipe(batch_size=4), rows).warmup_steps == warmup


def test_a_warm_up_longer_than_the_run_is_cut_and_reported() -> None:
    hyperparameters, warnings = resolve_hyperparameters(Recipe(batch_size=16), 1_000, L40S)
    assert hyperparameters.warmup_steps == 94
    assert warnings == ["Warm-up of 500 steps cut to half of the 189 steps of the run"]


def test_the_presets_set_epochs_and_patience() -> None:
    assert (resolved().epochs, resolved().patience) == (3, None)
    production = resolved(Recipe(preset="production"))
    assert (production.epochs, production.patience) == (30, 3)


def test_a_device_without_bf16_trains_in_fp32() -> None:
    assert resolved(hardware=T4).precision == "32"
    assert resolved(hardware=L40S).precision == "bf16-mixed"
    hyperparameters, warnings = resolve_hyperparameters(Recipe(precision="bf16-mixed"), 100, T4)
    assert hyperparameters.precision == "32"
    assert warnings == ["T4 has no BF16: training in fp32"]


def test_fp16_is_used_only_on_request_and_with_a_warning() -> None:
    hyperparameters, warnings = resolve_hyperparameters(Recipe(precision="fp16-mixed"), 100, T4)
    assert hyperparameters.precision == "fp16-mixed"
    assert warnings == ["fp16-mixed can give NaN losses with TDT"]


def test_too_little_memory_is_reported() -> None:
    _, warnings = resolve_hyperparameters(Recipe(), 100, Hardware("gpu", "RTX 3060", 11.8, True))
    assert warnings == ["RTX 3060 has 12 GiB; 16 GB are needed for 0.6B"]


def test_out_of_memory_halves_the_batch_and_keeps_the_rows_per_step() -> None:
    before = resolved()
    after = before.halved()
    assert (after.batch_size, after.accumulate_grad_batches) == (8, 2)
    assert after.batch_size * after.accumulate_grad_batches == before.batch_size


def test_the_published_recipe_is_the_default(overrides: Callable[..., dict[str, str]]) -> None:
    given = overrides()
    assert given["model.optim.lr"] == "0.0003"
    assert given["model.optim.sched.name"] == "'CosineAnnealing'"
    assert given["trainer.precision"] == "'bf16-mixed'"
    assert given["trainer.gradient_clip_val"] == "1.0"
    assert given["trainer.max_epochs"] == "3"


def test_the_traps_of_the_stock_script_are_closed(overrides: Callable[..., dict[str, str]]) -> None:
    given = overrides()
    assert given["init_from_nemo_model"] == "'/m/base.nemo'"
    assert "+init_from_pretrained_model" not in given
    assert given["model.tokenizer.update_tokenizer"] == "false"
    assert given["model.optim.sched.warmup_steps"] == "5"
    assert given["trainer.devices"] == "1"
    assert given["exp_manager.checkpoint_callback_params.always_save_nemo"] == "false"
    assert given["exp_manager.checkpoint_callback_params.save_top_k"] == "0"
    assert given["+exp_manager.explicit_log_dir"] == "'/w/run'"
    assert not any("save_weights_only" in key for key in given)
    assert not any(key.startswith("model.optim.sched.warmup_ratio") for key in given)


def test_a_cpu_run_needs_no_ddp_and_no_synchronized_norm(
    overrides: Callable[..., dict[str, str]],
) -> None:
    given = overrides(hardware=CPU)
    assert given["trainer.accelerator"] == "'cpu'"
    assert given["trainer.strategy"] == "'auto'"
    assert given["trainer.sync_batchnorm"] == "false"
    assert given["trainer.precision"] == "'32'"
    assert given["model.train_ds.num_workers"] == "0"


def test_several_gpus_keep_the_stock_strategy(overrides: Callable[..., dict[str, str]]) -> None:
    given = overrides(Recipe(devices=2))
    assert given["trainer.devices"] == "2"
    assert not {"trainer.strategy", "trainer.sync_batchnorm"} & given.keys()
    on_cpu = overrides(Recipe(devices=2), hardware=CPU)
    assert "trainer.strategy" not in on_cpu
    assert on_cpu["trainer.sync_batchnorm"] == "false"


@pytest.mark.parametrize(
    ("rows", "devices", "workers"),
    [(1, 1, 1), (104, 1, 1), (320, 1, 3), (5_000, 1, 4), (320, 2, 2)],
)
def test_a_gpu_is_fed_by_as_many_workers_as_an_epoch_has_work_for(
    rows: int, devices: int, workers: int
) -> None:
    recipe = Recipe(batch_size=16, devices=devices)
    hardware = Hardware("gpu", "NVIDIA H200", 139.0, bf16=True)
    assert resolve_hyperparameters(recipe, rows, hardware)[0].num_workers == workers
    given = Recipe(num_workers=7)
    assert resolve_hyperparameters(given, rows, hardware)[0].num_workers == 7


def test_production_stops_early_on_validation_wer_and_resumes(
    overrides: Callable[..., dict[str, str]],
) -> None:
    given = overrides(Recipe(preset="production"))
    assert given["+exp_manager.create_early_stopping_callback"] == "true"
    assert given["+exp_manager.early_stopping_callback_params.monitor"] == "'val_wer'"
    assert given["+exp_manager.checkpoint_callback_params.save_best_model"] == "true"
    assert given["exp_manager.resume_if_exists"] == "true"
    assert given["exp_manager.resume_ignore_no_checkpoint"] == "true"


def test_transcription_keeps_order_and_leaves_scoring_to_us() -> None:
    overrides = transcribe_overrides(
        model=P("/m.nemo"), manifest=P("/i.jsonl"), output=P("/o.jsonl")
    )
    given = render(overrides)
    assert "amp=false" in given
    assert "calculate_wer=false" in given
    assert "presort_manifest=true" in given
