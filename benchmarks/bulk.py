"""Transcribe clips by the thousand on one GPU.

Batches are filled with seconds of audio rather than with clips, the next one is read while the GPU works
on the last, and the words of a batch are written at once. NeMo's `transcribe()` also takes the state of
the decoder apart, clip by clip, which nobody reads. For greedy transducers; each of these means can be
left out, to see what it is worth.
"""

from __future__ import annotations

import argparse
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch


@dataclass(frozen=True)
class Means:
    """What makes it fast."""

    read_ahead: bool = True
    whole_batches: bool = True  # decoder and text, without NeMo's objects for each clip


def filled(seconds: Sequence[float], budget: float, most: int | None = None) -> list[list[int]]:
    """Divide clips into batches, longest first, that hold so many padded seconds or so many clips.

    >>> filled([2.0, 9.0, 3.0, 2.0], budget=10.0)
    [[1], [2, 0, 3]]
    >>> filled([2.0, 9.0, 3.0, 2.0], budget=10.0, most=3)
    [[1, 2, 0], [3]]
    """
    order = sorted(range(len(seconds)), key=lambda position: -seconds[position])
    batches: list[list[int]] = []
    while order:
        count = most or max(1, int(budget / seconds[order[0]]))
        batches.append(order[:count])
        order = order[count:]
    return batches


def read(paths: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Read mono 16-bit WAVs: samples (B, S), padded with silence, and their lengths (B,)."""
    clips = [samples(Path(path)) for path in paths]
    sizes = torch.tensor([clip.numel() for clip in clips])
    shape = (len(clips), int(sizes.max()))
    audio = torch.empty(shape, dtype=torch.int16, pin_memory=torch.cuda.is_available())
    for row, clip in zip(audio, clips, strict=True):
        row[: clip.numel()] = clip
        row[clip.numel() :] = 0
    return audio, sizes


def samples(path: Path) -> torch.Tensor:
    """Read a WAV, which the flywheel has checked before."""
    with wave.open(str(path), "rb") as file:
        return torch.frombuffer(bytearray(file.readframes(file.getnframes())), dtype=torch.int16)


def encode(model: Any, audio: torch.Tensor, sizes: torch.Tensor) -> tuple[Any, Any]:
    """Give what the encoder makes of a batch, as soon as the GPU has its orders."""
    device = next(model.parameters()).device
    signal = audio.to(device).float() / 32768.0
    encoded, lengths = model(input_signal=signal, input_signal_length=sizes.to(device))
    return encoded, lengths


def decode(model: Any, encoded: torch.Tensor, lengths: torch.Tensor) -> Any:
    """Give the tokens of a batch, as soon as the GPU has its orders."""
    computer = model.decoding.decoding.decoding_computer
    found, _ = computer(x=encoded.transpose(1, 2), out_len=lengths)
    return found


def words(model: Any, found: Any, clips: int) -> list[str]:
    """Wait for the tokens of a batch, and write them as NeMo does."""
    counts, tokens, *_ = found.get_data_without_blank()
    counts = counts[:clips].tolist()
    rows = tokens[:clips, : max(counts)].tolist()
    ids = [row[:count] for row, count in zip(rows, counts, strict=True)]
    texts: list[str] = model.decoding.tokenizer.tokenizer.decode(ids)
    if model.decoding.supported_punctuation:
        pattern = model.decoding.space_before_punct_pattern
        texts = [pattern.sub(r"\2", text) for text in texts]
    return texts


@torch.inference_mode()
def transcribe(
    model: Any, paths: Sequence[str], batches: Sequence[Sequence[int]], means: Means
) -> list[str]:
    """Give what a greedy transducer hears in clips, in their order."""
    featurizer = model.preprocessor.featurizer
    featurizer.dither, featurizer.pad_to = 0.0, 0
    texts = [""] * len(paths)

    def batch_of(number: int) -> Any:
        return read([paths[one] for one in batches[number]]) if number < len(batches) else None

    ready = batch_of(0)
    for number, batch in enumerate(batches):
        encoded = encode(model, *ready)
        if means.whole_batches:
            found = decode(model, *encoded)
        if means.read_ahead:
            ready = batch_of(number + 1)
        if means.whole_batches:
            heard = words(model, found, len(batch))
        else:
            hypotheses = model.decoding.rnnt_decoder_predictions_tensor(*encoded)
            heard = [hypothesis.text for hypothesis in hypotheses]
        if not means.read_ahead:
            ready = batch_of(number + 1)
        for position, text in zip(batch, heard, strict=True):
            texts[position] = text
    return texts


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).exit(
        2, "It transcribes for transcription.py: start that.\n"
    )
