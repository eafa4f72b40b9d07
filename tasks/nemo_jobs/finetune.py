"""Fine-tune an ASR model with the installed NeMo, by the overrides of NeMo's stock script.

    python finetune.py init_from_nemo_model=base.nemo model.train_ds.manifest_filepath=train.jsonl …

For hosts without the NeMo container. Takes the overrides of `speech_to_text_finetune.py` and does
the same steps in the same order: trainer, experiment manager, base, data, optimizer, SpecAugment,
fit. Beyond them it reads `seed`. Defaults are those of the stock configuration.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

DATA = {
    "manifest_filepath": None,
    "sample_rate": "${model.sample_rate}",
    "batch_size": 16,
    "num_workers": 8,
    "pin_memory": True,
}
DEFAULTS: dict[str, Any] = {
    "name": "Speech_To_Text_Finetuning",
    "init_from_nemo_model": None,
    "model": {
        "sample_rate": 16_000,
        "train_ds": {
            **DATA,
            "shuffle": True,
            "max_duration": 20,
            "min_duration": 0.1,
            "is_tarred": False,
            "tarred_audio_filepaths": None,
            "shuffle_n": 2048,
            "bucketing_strategy": "fully_randomized",
            "bucketing_batch_size": None,
        },
        "validation_ds": {**DATA, "shuffle": False, "use_start_end_token": False},
        "test_ds": {**DATA, "shuffle": False, "use_start_end_token": False},
        "char_labels": {"update_labels": False, "labels": None},
        "tokenizer": {"update_tokenizer": False, "dir": None, "type": "bpe"},
        "spec_augment": {
            "_target_": "nemo.collections.asr.modules.SpectrogramAugmentation",
            "freq_masks": 2,
            "time_masks": 10,
            "freq_width": 27,
            "time_width": 0.05,
        },
        "optim": {
            "name": "adamw",
            "lr": 1e-4,
            "betas": [0.9, 0.98],
            "weight_decay": 1e-3,
            "sched": {
                "name": "CosineAnnealing",
                "warmup_steps": 5000,
                "warmup_ratio": None,
                "min_lr": 5e-6,
            },
        },
    },
    "trainer": {
        "devices": -1,
        "num_nodes": 1,
        "max_epochs": 50,
        "max_steps": -1,
        "val_check_interval": 1.0,
        "accelerator": "auto",
        "strategy": {
            "_target_": "lightning.pytorch.strategies.DDPStrategy",
            "gradient_as_bucket_view": True,
        },
        "accumulate_grad_batches": 1,
        "gradient_clip_val": 0.0,
        "precision": 32,
        "log_every_n_steps": 10,
        "enable_progress_bar": True,
        "num_sanity_val_steps": 0,
        "check_val_every_n_epoch": 1,
        "sync_batchnorm": True,
        "enable_checkpointing": False,
        "logger": False,
        "benchmark": False,
    },
    "exp_manager": {
        "exp_dir": None,
        "name": "${name}",
        "create_tensorboard_logger": True,
        "create_checkpoint_callback": True,
        "checkpoint_callback_params": {
            "monitor": "val_wer",
            "mode": "min",
            "save_top_k": 5,
            "always_save_nemo": True,
        },
        "resume_if_exists": False,
        "resume_ignore_no_checkpoint": False,
        "create_wandb_logger": False,
        "wandb_logger_kwargs": {"name": None, "project": None},
    },
}


def composed(overrides: list[str]) -> DictConfig:
    """Apply Hydra overrides to the defaults; an unknown key without `+` is an error."""
    ConfigStore.instance().store(name="finetune", node=OmegaConf.create(DEFAULTS))
    # a folder without such a file; without a folder Hydra looks for its caller
    here = str(Path(__file__).parent.absolute())
    with initialize_config_dir(version_base=None, config_dir=here):
        return compose("finetune", overrides=overrides)


def load_base(config: DictConfig, trainer: Any) -> Any:
    """Restore the base from a file, or by its pretrained name; raise ValueError unless just one."""
    from nemo.collections.asr.models import ASRModel
    from restoring import InArchive

    path = config.get("init_from_nemo_model")
    name = config.get("init_from_pretrained_model")
    if (path is None) == (name is None):
        raise ValueError("Give init_from_nemo_model or init_from_pretrained_model, one of them.")
    device = trainer.strategy.root_device
    if path:
        model = ASRModel.restore_from(path, map_location=device, save_restore_connector=InArchive())
    else:
        model = ASRModel.from_pretrained(name, map_location=device)
    model.set_trainer(trainer)
    return model


def on_one_gpu(trainer: Any) -> bool:
    """Return whether a run has one GPU."""
    return bool(trainer.num_devices == 1 and trainer.strategy.root_device.type == "cuda")


def prepare_gpu(trainer: Any) -> None:
    """Save a run on one GPU ten seconds that are no work of its own.

    Compiled kernels of the loss are kept for the next run. Weights and optimizer, which Lightning moves
    to the CPU at the end, stay where they are.
    """
    from gpu import start_cuda
    from loss_kernels import keep_compiled

    if on_one_gpu(trainer):
        start_cuda()
        trainer.strategy.teardown = lambda: None
        keep_compiled()


def main(overrides: list[str]) -> None:
    """Run one fine-tune; exp_manager leaves `<log dir>/checkpoints/<name>.nemo`."""
    import lightning.pytorch as pl
    from loss_kernels import wait_until_compiled
    from nemo.collections.asr.models import ASRModel
    from nemo.utils import model_utils
    from nemo.utils.exp_manager import exp_manager
    from nemo.utils.trainer_utils import resolve_trainer_cfg

    config = composed(overrides)
    if config.model.tokenizer.update_tokenizer or config.model.char_labels.update_labels:
        raise ValueError("This script keeps the base's vocabulary; use NeMo's own to change it.")
    if config.get("seed") is not None:
        pl.seed_everything(config.seed, workers=True)
    trainer = pl.Trainer(**resolve_trainer_cfg(config.trainer))
    prepare_gpu(trainer)
    exp_manager(trainer, config.exp_manager)
    model = load_base(config, trainer)
    data = model_utils.convert_model_config_to_dict_config(config).model
    model.setup_training_data(data.train_ds)
    model.setup_multiple_validation_data(data.validation_ds)
    if data.test_ds.manifest_filepath is not None:
        model.setup_multiple_test_data(data.test_ds)
    model.setup_optimization(config.model.optim)
    if config.model.spec_augment is not None:
        model.spec_augment = ASRModel.from_config_dict(config.model.spec_augment)
    is_transducer = hasattr(model, "joint")  # the loss of other models has no such kernels
    if is_transducer and on_one_gpu(trainer):
        wait_until_compiled()
    trainer.fit(model)


if __name__ == "__main__":
    main(sys.argv[1:])
