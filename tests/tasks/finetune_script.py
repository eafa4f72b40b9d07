"""A fine-tune script of our own, whose end a test chooses."""

BEGINNING = """
import io, sys, tarfile
from pathlib import Path
given = dict(argument.lstrip("+").split("=", 1) for argument in sys.argv[1:])
batch = int(given["model.train_ds.batch_size"])
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
