"""Measure fine-tuning steps on one GPU over batch sizes, clip lengths and precisions.

    python benchmarks/training.py
    python benchmarks/training.py --small

A step is features, encoder, predictor, joint, TDT loss, backward and AdamW, on audio that lies on
the GPU. Peak memory is what torch reserved, without CUDA's own half gigabyte.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import stand_in
import torch

TOKENS_A_SECOND = 3.5
RATE = 16_000
WARM_STEPS, STEPS = 4, 8


def step(model: Any, optimizer: Any, batch: tuple[torch.Tensor, ...], mixed: bool) -> None:
    audio, sizes, tokens, counts = batch
    with torch.autocast("cuda", torch.bfloat16) if mixed else nullcontext():
        encoded, lengths = model(input_signal=audio, input_signal_length=sizes)
        predicted, counts, _ = model.decoder(targets=tokens, target_length=counts)
        joint = model.joint(encoder_outputs=encoded, decoder_outputs=predicted)
        if audio.is_cuda:
            loss = model.loss(
                log_probs=joint, targets=tokens, input_lengths=lengths, target_lengths=counts
            )
        else:  # NeMo has no TDT loss on a CPU
            loss = joint.float().square().mean()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def batch_of(size: int, seconds: float, device: str, dtype: torch.dtype) -> tuple[Any, ...]:
    count, tokens = int(seconds * RATE), max(1, int(seconds * TOKENS_A_SECOND))
    return (
        0.1 * torch.randn(size, count, device=device, dtype=dtype),
        torch.full((size,), count, device=device),
        torch.randint(0, 200, (size, tokens), device=device),
        torch.full((size,), tokens, device=device),
    )


def measure(
    model: Any, optimizer: Any, size: int, seconds: float, precision: str
) -> tuple[float, float]:
    """Return the median seconds of a step, and peak gibibytes."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if precision == "bf16-true" else torch.float32
    batch, times = batch_of(size, seconds, device, dtype), []
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    for _ in range(WARM_STEPS + STEPS if device == "cuda" else 2):
        began = time.perf_counter()
        step(model, optimizer, batch, precision == "bf16-mixed" and device == "cuda")
        if device == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    peak = torch.cuda.max_memory_reserved() / 2**30 if device == "cuda" else 0.0
    return statistics.median(times[-STEPS:]), peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a tiny model and batch, for a CPU")
    parser.add_argument("--batch", type=int, nargs="+", default=[4, 8, 16, 32, 64, 128])
    parser.add_argument("--seconds", type=float, nargs="+", default=[3.0, 6.0, 12.0])
    parser.add_argument(
        "--precision",
        nargs="+",
        default=["bf16-mixed", "bf16-true", "32"],
        help="as Lightning has it",
    )
    arguments = parser.parse_args()
    if arguments.small:
        arguments.batch, arguments.seconds, arguments.precision = [2], [1.0], ["32"]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_float32_matmul_precision("high")
    print(
        "| Precision | Clip, s | Batch | Step, ms | Audio s/s | Peak, GiB |\n|---|---|---|---|---|---|"
    )
    for precision in arguments.precision:
        with tempfile.TemporaryDirectory() as folder:
            shape = stand_in.SMALL if arguments.small else stand_in.LARGE
            model = stand_in.new_model(shape, Path(folder)).to(device)
        if precision == "bf16-true":
            model = model.to(torch.bfloat16)
        model.train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6)
        for seconds in arguments.seconds:
            for size in arguments.batch:
                try:
                    took, peak = measure(model, optimizer, size, seconds, precision)
                except torch.cuda.OutOfMemoryError:
                    print(f"| {precision} | {seconds:g} | {size} | out of memory | | |", flush=True)
                    optimizer.zero_grad(set_to_none=True)
                    continue
                speed = size * seconds / took
                print(
                    f"| {precision} | {seconds:g} | {size} | {1000 * took:.0f} | {speed:,.0f} "
                    f"| {peak:.1f} |",
                    flush=True,
                )
        del model, optimizer
        gc.collect()


if __name__ == "__main__":
    main()
