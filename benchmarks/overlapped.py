"""Transcribe clips by the thousand on one GPU: words of a batch are written while the next is encoded.

Batches are filled with seconds of audio rather than with clips. Processes read them into memory that
the GPU copies from. The encoder runs on one CUDA stream and the decoder, whose loop is a CUDA graph,
on another. For greedy transducers of NeMo; each of these means can be left out, to see what it is worth.
"""

from __future__ import annotations

import math
import mmap
import multiprocessing
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from nemo.collections.asr.parts.utils.rnnt_utils import batched_hyps_to_hypotheses

RATE = 16_000
PARTS_A_WORKER = 2  # pieces that a batch is read in, for each process
SLOTS = 3  # batches in memory: one is copied, the others are being read
memory: np.ndarray = np.empty(0, np.int16)  # of a reading process


@dataclass(frozen=True)
class Means:
    """What makes it fast; `workers` 0 reads in this process."""

    workers: int = 14
    overlap: bool = True
    quick_text: bool = True


def filled(seconds: Sequence[float], budget: float, most: int | None = None) -> list[list[int]]:
    """Divide clips into batches, longest first, that hold so many padded seconds or so many clips.

    >>> filled([2.0, 9.0, 3.0, 2.0], budget=10.0)
    [[1], [2, 0, 3]]
    >>> filled([2.0, 9.0, 3.0, 2.0], budget=math.inf, most=3)
    [[1, 2, 0], [3]]
    """
    order = sorted(range(len(seconds)), key=lambda position: -seconds[position])
    batches: list[list[int]] = []
    while order:
        count = most or max(1, int(budget / seconds[order[0]]))
        batches.append(order[:count])
        order = order[count:]
    return batches


def attach(shared: mmap.mmap) -> None:
    """Take the memory that a reading process writes to."""
    global memory  # noqa: PLW0603
    memory = np.frombuffer(shared, np.int16)


def read(start: int, width: int, paths: Sequence[str]) -> list[int]:
    """Read mono 16-bit WAVs to rows of so many samples, padded with silence; give their lengths."""
    sizes = []
    for path in paths:
        with wave.open(path, "rb") as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        row = memory[start : start + width]
        row[: samples.size], row[samples.size :] = samples, 0
        sizes.append(samples.size)
        start += width
    return sizes


@contextmanager
def pinned(shared: mmap.mmap) -> Iterator[torch.Tensor]:
    """Give memory as a tensor, locked so that the GPU copies from it without a detour."""
    whole = torch.frombuffer(shared, dtype=torch.int16)
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        torch.cuda.cudart().cudaHostRegister(whole.data_ptr(), whole.numel() * 2, 0)
    yield whole
    if on_gpu:
        torch.cuda.cudart().cudaHostUnregister(whole.data_ptr())


def batches_of(
    paths: Sequence[str], seconds: Sequence[float], batches: Sequence[Sequence[int]], workers: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Read batches ahead: audio (B, S) of 16-bit samples and lengths (B,); the last one given goes."""
    widths = [math.ceil(max(seconds[one] for one in batch) * RATE) + 1 for batch in batches]
    room = max(len(batch) * width for batch, width in zip(batches, widths, strict=True))
    shared = mmap.mmap(-1, 2 * room * SLOTS)
    pieces = max(1, workers * PARTS_A_WORKER)

    def jobs(number: int) -> Iterator[tuple[int, int, list[str]]]:
        batch, width = batches[number], widths[number]
        step = math.ceil(len(batch) / pieces)
        for first in range(0, len(batch), step):
            start = number % SLOTS * room + first * width
            yield start, width, [paths[one] for one in batch[first : first + step]]

    fork = multiprocessing.get_context("fork")
    with (
        pinned(shared) as whole,
        fork.Pool(workers, attach, [shared]) if workers else nullcontext() as pool,
    ):
        attach(shared)

        def begin(number: int) -> list[Any]:
            if number >= len(batches):
                return []
            if pool is None:
                return [read(*job) for job in jobs(number)]
            return [pool.apply_async(read, job) for job in jobs(number)]

        begun = [begin(number) for number in range(SLOTS - 1)]
        for number, (batch, width) in enumerate(zip(batches, widths, strict=True)):
            begun.append(begin(number + SLOTS - 1))  # into the slot that the last batch has left
            parts = [part if pool is None else part.get() for part in begun[number]]
            start = number % SLOTS * room
            audio = whole[start : start + len(batch) * width].view(len(batch), width)
            sizes = torch.tensor([size for part in parts for size in part])
            yield audio, sizes


class Decoder:
    """The greedy decoder of a transducer, on a stream of its own."""

    def __init__(self, model: Any, most: int, quick_text: bool) -> None:
        self._decoding, self._quick_text = model.decoding, quick_text
        self._computer = model.decoding.decoding.decoding_computer
        weights = next(model.parameters())
        self._stream = torch.cuda.Stream(priority=-1) if weights.is_cuda else None
        silence = weights.new_zeros(most, model.encoder.d_model, 1)
        self.start(silence, torch.ones(most, dtype=torch.long, device=weights.device))
        # so that the graph of its loop is captured once, for the largest batch

    def start(self, encoded: torch.Tensor, lengths: torch.Tensor) -> Any:
        """Begin to decode (B, D, T), without waiting for it."""
        if self._stream is not None:
            self._stream.wait_stream(torch.cuda.current_stream())
            encoded.record_stream(self._stream)
            lengths.record_stream(self._stream)
        with torch.cuda.stream(self._stream):
            return self._computer(x=encoded.transpose(1, 2), out_len=lengths)[0]

    def texts(self, found: Any, clips: int) -> list[str]:
        """Wait for the tokens of a batch, and give its words as NeMo writes them."""
        with torch.cuda.stream(self._stream):
            if not self._quick_text:
                hypotheses = batched_hyps_to_hypotheses(found, clips)
                return [one.text for one in self._decoding.decode_hypothesis(hypotheses)]
            counts, tokens, *_ = found.get_data_without_blank()
            counts = counts[:clips].tolist()
            rows = tokens[:clips, : max(counts)].tolist()
        ids = [row[:count] for row, count in zip(rows, counts, strict=True)]
        texts = self._decoding.tokenizer.tokenizer.decode(ids)
        if self._decoding.supported_punctuation:
            pattern = self._decoding.space_before_punct_pattern
            texts = [pattern.sub(r"\2", text) for text in texts]
        return list(texts)


@torch.inference_mode()
def transcribe(
    model: Any,
    paths: Sequence[str],
    seconds: Sequence[float],
    batches: Sequence[Sequence[int]],
    means: Means,
) -> list[str]:
    """Give what a greedy transducer hears in clips, in their order."""
    featurizer = model.preprocessor.featurizer
    featurizer.dither, featurizer.pad_to = 0.0, 0
    device = next(model.parameters()).device
    read_ahead = batches_of(paths, seconds, batches, means.workers)
    decoder = Decoder(model, max(len(batch) for batch in batches), means.quick_text)
    texts = [""] * len(paths)
    waiting: list[tuple[Sequence[int], Any]] = []

    def write_words() -> None:
        while waiting:
            batch, found = waiting.pop()
            for position, text in zip(batch, decoder.texts(found, len(batch)), strict=True):
                texts[position] = text

    for batch, (audio, sizes) in zip(batches, read_ahead, strict=True):
        signal = audio.to(device)[:, : int(sizes.max())].float() / 32768.0
        encoded, lengths = model(input_signal=signal, input_signal_length=sizes.to(device))
        write_words()  # of the batch before, while this one is encoded
        waiting.append((batch, decoder.start(encoded, lengths)))
        if not means.overlap:
            write_words()
    write_words()
    return texts
