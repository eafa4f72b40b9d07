"""Measures of a job on its GPU beside its own work."""

from __future__ import annotations

import threading


def start_cuda() -> None:
    """Begin to start CUDA, which takes a second or two, while the job reads and builds other things."""
    import torch

    if torch.cuda.is_available():
        given = {"size": (1,), "device": "cuda"}
        threading.Thread(target=torch.empty, kwargs=given, daemon=True).start()
