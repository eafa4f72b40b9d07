"""Read the clips of a decoding once, in worker processes, as the batches that the model takes."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

import torch
from torch.utils.data import DataLoader, Dataset

PREFETCHED = 4  # batches that each worker holds ready


class Batches(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Clips in order, by so many: audio (B, S) float32 in [-1, 1] and its lengths (B,) in samples."""

    def __init__(self, paths: Sequence[str], size: int) -> None:
        self._parts = [paths[start : start + size] for start in range(0, len(paths), size)]

    def __len__(self) -> int:
        return len(self._parts)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        clips = [samples(Path(path)) for path in self._parts[index]]
        padded = torch.nn.utils.rnn.pad_sequence(clips, batch_first=True)
        return padded.float() / 32768.0, torch.tensor([clip.numel() for clip in clips])


def samples(path: Path) -> torch.Tensor:
    """Read a mono 16-bit WAV, which the flywheel has checked before."""
    with wave.open(str(path), "rb") as file:
        return torch.frombuffer(bytearray(file.readframes(file.getnframes())), dtype=torch.int16)


def loader(paths: Sequence[str], size: int, workers: int) -> DataLoader[tuple[torch.Tensor, ...]]:
    """Give the batches, read ahead by so many processes; 0 reads in this one."""
    return DataLoader(
        Batches(paths, size),
        batch_size=None,
        num_workers=workers,
        pin_memory=torch.cuda.is_available(),
        prefetch_factor=PREFETCHED if workers else None,
    )
