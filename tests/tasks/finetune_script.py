"""A fine-tune script of our own, whose end a test chooses."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from tests.with_nemo import torch

BEGINNING = """
import io, sys, tarfile
from pathlib import Path
given = dict(argument.lstrip("+").split("=", 1) for argument in sys.argv[1:])
batch = int(given["model.train_ds.batch_size"])
seed = int(given["seed"])
log_dir = Path(given["exp_manager.explicit_log_dir"].strip("'"))
with open(Path(__file__).with_name("batches"), "a") as journal:
    journal.write(f"{batch}\\n")
"""
MODEL = """
(log_dir / "checkpoints").mkdir(parents=True)
with tarfile.open(log_dir / "checkpoints/flywheel.nemo", "w") as archive:
    for name, content in (("model_config.yaml", b"decoder: {}"), ("weights", bytes(20_000))):
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
"""
MODEL_OF_SEED = """
import shutil
(log_dir / "checkpoints").mkdir(parents=True)
shutil.move(Path(__file__).with_name(f"{seed}.nemo"), log_dir / "checkpoints/flywheel.nemo")
"""


def seed_models(folder: Path, values: Mapping[int, float]) -> None:
    """Write the model that the fine-tune of each seed is to leave; its two weights have this value."""
    for seed, value in values.items():
        weights = io.BytesIO()
        torch.save({"layer": torch.full((2,), value)}, weights)
        files = {"model_config.yaml": b"decoder: {}", "model_weights.ckpt": weights.getvalue()}
        with tarfile.open(folder / f"{seed}.nemo", "w") as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
