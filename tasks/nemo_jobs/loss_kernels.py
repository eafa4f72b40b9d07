"""Kernels of the RNNT and TDT losses: kept on the disk, and those of the TDT compiled ahead.

Numba compiles them for a GPU in five to fifteen seconds, in the first steps of the first fine-tune of an
installation. Compiled while the base is decoded, they are there before these steps.
"""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nemo.collections.asr.parts.numba.rnnt_loss.utils.cuda_utils import gpu_rnnt_kernel, reduce

WAIT_SECONDS = 60.0
LOOK_SECONDS = 0.1
TDT: dict[str, Any] = {"fastemit_lambda": 0.0, "clamp": -1.0, "durations": [0, 1], "sigma": 0.0}
ALL, NONE = 1.0, 0.0  # steps of the TDT loss that take the RNNT's, chosen at random


def keep_compiled() -> None:
    """Let numba keep the kernels in its cache on the disk, and take them from it."""
    for kernel in (*vars(gpu_rnnt_kernel).values(), *vars(reduce).values()):
        if hasattr(kernel, "enable_caching") and not kernel.targetoptions.get("device"):
            with contextlib.suppress(RuntimeError):  # there is no folder that it may write to
                kernel.enable_caching()


def compile_tdt() -> None:
    """Compile the kernels of the TDT loss on this GPU by using it, unless they were kept before.

    They are also the RNNT's, as the TDT loss is the RNNT's in some of its steps.
    """
    keep_compiled()
    last = (gpu_rnnt_kernel.compute_tdt_grad_kernel, gpu_rnnt_kernel.compute_grad_kernel)
    if all(map(is_kept, last)):
        return
    with compiling():
        for omega in (NONE, ALL):
            use_tdt_loss(omega)


def is_kept(kernel: Any) -> bool:
    """Return whether numba's cache has a kernel, of which any version counts."""
    folder = Path(kernel._cache.cache_path)
    return any(folder.glob(f"*{kernel.py_func.__qualname__}*.nbi"))


def use_tdt_loss(omega: float) -> None:
    """Compute the loss of one clip of two frames and one token, and its gradients."""
    import torch
    from nemo.collections.asr.losses.rnnt import RNNTLoss

    frames, tokens, words = 2, 1, 2
    scores = words + 1 + len(TDT["durations"])
    loss = RNNTLoss(num_classes=words, loss_name="tdt", loss_kwargs={**TDT, "omega": omega})
    with torch.device("cuda"):
        clip = {
            "log_probs": torch.zeros(1, frames, tokens + 1, scores, requires_grad=True),
            "targets": torch.zeros(1, tokens, dtype=torch.long),
            "input_lengths": torch.tensor([frames]),
            "target_lengths": torch.tensor([tokens]),
        }
    loss(**clip).backward()
    torch.cuda.synchronize()


@contextlib.contextmanager
def compiling() -> Iterator[None]:
    """Let other processes wait while inside, if the file system has locks."""
    with Path(gpu_rnnt_kernel.__file__).open() as source:
        with contextlib.suppress(OSError):
            fcntl.flock(source, fcntl.LOCK_EX)
        yield


def wait_until_compiled() -> None:
    """Wait for a process that compiles now, a minute at most."""
    ends = time.monotonic() + WAIT_SECONDS
    with Path(gpu_rnnt_kernel.__file__).open() as source, contextlib.suppress(OSError):
        while time.monotonic() < ends:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(source, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return
            time.sleep(LOOK_SECONDS)
