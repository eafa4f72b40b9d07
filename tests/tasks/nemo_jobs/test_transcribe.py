"""Decoding with the installed NeMo: what has to be right before a model is loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

JOBS = Path(__file__).parents[3] / "tasks" / "nemo_jobs"
OVERWRITTEN = """
import ctypes, io, pickle, sys
sys.path.insert(0, sys.argv[1])
from transcribe import mend_the_space

stored = pickle.dumps([str(number) for number in range(40)], protocol=1)
place = id(bytes([32])) + bytes.__basicsize__ - 1
ctypes.memset(place, 0, 1)
spoiled = io.BytesIO(b" ").read(1) == bytes([0])
mend_the_space()
print(spoiled, io.BytesIO(stored).read(1), bytes([32]) == b"\\x20"[:1], len(pickle.loads(stored)))
"""
RESTORED = """
import sys
sys.path.insert(0, sys.argv[1])
from transcribe import composed, load_model

import torch
from nemo.collections.asr.models import ASRModel

model = load_model(composed([f"model_path={sys.argv[2]}", "cuda=-1"]))
others = ASRModel.restore_from(sys.argv[2], map_location="cpu").state_dict()
same = [torch.equal(value, others[name]) for name, value in model.state_dict().items()]
print("RESTORED", len(same) == len(others) > 100, all(same), model.training)
"""


def test_a_space_that_cuda_overwrote_is_a_space_again() -> None:
    """NeMo's first CUDA graph writes a NUL into the object that every one-byte space is."""
    command = [sys.executable, "-c", OVERWRITTEN, str(JOBS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "b']'", "True", "40"]


@pytest.mark.parametrize("base", ["base-ctc", "base-tdt"])
def test_a_model_without_random_weights_has_every_weight_of_its_archive(base: str) -> None:
    archive = JOBS.parents[1] / "reference" / f"{base}.nemo"
    command = [sys.executable, "-c", RESTORED, str(JOBS), str(archive)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "RESTORED True True False"
