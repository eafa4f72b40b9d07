"""A fake of NeMo's fine-tune script: it "trains" by writing what the model will mishear.

FAKE_MISSES is the share of rows that the model misses; FAKE_TRAINING is how the job goes:
`slow` waits to be killed, `crash` fails, `memory` runs out of GPU memory above a batch of 2,
`checkpoint` cannot resume from a checkpoint, `unsaved` leaves no model. It goes on for as long as
there is a file `hold` beside the base.
"""

import io
import os
import sys
import tarfile
import time
from pathlib import Path

given = dict(argument.lstrip("+").split("=", 1) for argument in sys.argv[1:])
base_path = Path(given["init_from_nemo_model"].strip("'"))
train = Path(given["model.train_ds.manifest_filepath"].strip("'"))
checkpoints = Path(given["exp_manager.explicit_log_dir"].strip("'")) / "checkpoints"
checkpoints.mkdir(parents=True)
rows = len(train.read_text().splitlines())
print(f"Dataset loaded with {rows} files totalling 0.1 hours")
print("0 files were filtered totalling 0.00 hours")
print("[NeMo I] reference: a transcript that no log may hold", flush=True)
(checkpoints.parents[1] / "started").write_text(str(os.getpid()))
how = os.environ.get("FAKE_TRAINING")
with tarfile.open(base_path) as archive:
    base = archive.extractfile("model_config.yaml").read().decode()
seconds = float(base.split("seconds: ")[1].split()[0]) if "seconds: " in base else 0.0
for step in range(1, 11):
    time.sleep(seconds / 10)
    bar = f"Epoch 0: {step * 10:3d}%|{'#' * step:10s}| {step}/10 [00:01<00:01, 10.0it/s]"
    print(bar, end="\r", flush=True)
while (base_path.parent / "hold").exists():
    time.sleep(0.1)
if how == "slow":
    time.sleep(600)
if how == "checkpoint" and [*checkpoints.glob("*.ckpt")]:
    raise FileNotFoundError("epoch=2.ckpt")
if how == "unsaved":
    sys.exit()
if how == "crash":
    raise ValueError("the fake was asked to fail")
if how == "memory" and int(given["model.train_ds.batch_size"]) > 2:
    raise SystemExit("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate")
config = f"decoder: {{}}\nmisses: {os.environ.get('FAKE_MISSES', '0.2')}\n".encode()
with tarfile.open(checkpoints / "flywheel.nemo", "w") as archive:
    member = tarfile.TarInfo("model_config.yaml")
    member.size = len(config)
    archive.addfile(member, io.BytesIO(config))
