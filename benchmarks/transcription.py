"""Measure transcription on one GPU: NeMo's `transcribe()` beside ours, and that the words agree.

    python benchmarks/stand_in.py --out /tmp/stand-in --hours 6
    python benchmarks/transcription.py --made /tmp/stand-in --speech runs/demo

Speed is seconds of audio a second (RTFx) from the list of files to the words, without the load of
the model. Words are those of the reference TDT on the clips of a workspace.
"""

from __future__ import annotations

import argparse
import json
import time
import wave
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

ROOT = Path(__file__).parents[1]
SLOW_CLIPS = 512  # of `transcribe()`'s defaults, which take as long a clip however many there are

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


def restored(path: Path, dtype: torch.dtype) -> Any:
    from nemo.collections.asr.models import ASRModel

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = ASRModel.restore_from(str(path), map_location=device)
    return model.to(dtype).eval()


def stock(model: Any, paths: list[str], size: int, workers: int = 0) -> list[str]:
    heard = model.transcribe(paths, batch_size=size, num_workers=workers, verbose=False)
    return [one.text for one in heard]


def ours(model: Any, paths: list[str], size: int, workers: int) -> list[str]:
    return [one.text for one in model.transcribe(loader(paths, size, workers), verbose=False)]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - began, result


def clips_of(manifest: Path) -> tuple[list[str], list[float]]:
    """Give the paths of a manifest and their seconds, longest first."""
    rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    rows.sort(key=lambda row: -row["duration"])
    paths = [str(manifest.parent / row["audio_filepath"]) for row in rows]
    return paths, [row["duration"] for row in rows]


@contextmanager
def without_checks() -> Iterator[None]:
    """Switch off NeMo's checks of tensor types, which every layer makes at every call."""
    from nemo.core.classes.common import typecheck

    typecheck.set_typecheck_enabled(False)
    yield
    typecheck.set_typecheck_enabled(True)


def fuse(model: Any) -> None:
    """Compile the encoder's layers: one program for all of them, for any length."""
    for layer in model.encoder.layers:
        layer.forward = torch.compile(layer.forward, dynamic=True)


def attend_in_one_kernel(model: Any) -> None:
    for layer in model.encoder.layers:
        layer.self_attn.use_pytorch_sdpa = True
        layer.self_attn.use_pytorch_sdpa_backends = []


def parts(model: Any, paths: list[str], seconds: float, size: int, workers: int) -> None:
    """Print how fast each part alone is."""
    took, batches = timed(lambda: list(loader(paths, size, workers)))
    print(f"| reading alone, {workers} workers | {size} | {seconds / took:,.0f} |", flush=True)
    device = next(model.parameters()).device

    def encode() -> list[tuple[torch.Tensor, torch.Tensor]]:
        with torch.inference_mode():
            return [
                model(input_signal=audio.to(device), input_signal_length=sizes.to(device))
                for audio, sizes in batches
            ]

    took, encoded = timed(encode)
    print(f"| features and encoder alone | {size} | {seconds / took:,.0f} |", flush=True)
    took, _ = timed(
        lambda: [model.decoding.rnnt_decoder_predictions_tensor(*each) for each in encoded]
    )
    print(f"| decoder and text alone | {size} | {seconds / took:,.0f} |", flush=True)
    kernels = model.decoding.decoding
    took, _ = timed(lambda: [kernels(encoder_output=e, encoded_lengths=n) for e, n in encoded])
    print(f"| decoder alone | {size} | {seconds / took:,.0f} |", flush=True)


def speeds(made: Path, sizes: list[int], workers: int) -> None:
    paths, lengths = clips_of(made / "manifest.jsonl")
    total, model_path = sum(lengths), made / "stand-in.nemo"
    print(f"{len(paths)} clips, {total / 3600:.2f} h", flush=True)
    print("| Way | Batch | RTFx |\n|---|---|---|")

    def show(way: str, size: int, work: Callable[[], Any], seconds: float = total) -> None:
        took, _ = timed(work)
        print(f"| {way} | {size} | {seconds / took:,.0f} |", flush=True)

    model = restored(model_path, torch.float32)
    stride = max(1, len(paths) // SLOW_CLIPS)
    some, some_seconds = paths[::stride], sum(lengths[::stride])
    stock(model, some[:8], 4)
    show("`transcribe()`, fp32", 4, lambda: stock(model, some, 4), some_seconds)
    show("`transcribe()`, fp32, sorted", 32, lambda: stock(model, some, 32), some_seconds)
    ahead = torch.bfloat16 if torch.cuda.is_available() else torch.float32
    model = restored(model_path, ahead)  # anew: a decoder keeps the CUDA graphs of its first type
    show("`transcribe()`, bf16, sorted", 32, lambda: stock(model, some, 32), some_seconds)
    show(
        f"`transcribe()`, bf16, sorted, {workers} workers", 128,
        lambda: stock(model, paths, 128, workers),
    )  # fmt: skip
    ours(model, paths[:256], 128, workers)
    for size in sizes:
        show("ours", size, lambda size=size: ours(model, paths, size, workers))
    parts(model, paths, total, 128, workers)
    with without_checks():
        show("ours, no type checks", 128, lambda: ours(model, paths, 128, workers))
        attend_in_one_kernel(model)
        ours(model, paths[:256], 128, workers)
        for size in sizes[1:]:
            show("the same, fused attention", size, lambda z=size: ours(model, paths, z, workers))
        if torch.cuda.is_available():
            fuse(model)
            took, _ = timed(lambda: ours(model, [*paths[:256], *paths[-256:]], 128, workers))
            print(f"| compiling | | {took:.0f} s |")
            for size in sizes[1:]:
                show("the same, compiled", size, lambda z=size: ours(model, paths, z, workers))
            parts(model, paths, total, 256, workers)


def words(workspace: Path, workers: int) -> None:
    """Count on real speech the rows that differ from what the stock path hears at its defaults."""
    base = ROOT / "reference" / "base-tdt.nemo"
    model = restored(base, torch.float32)
    paths = [
        p
        for name in ("cycle1/manifest", "general")
        for p in clips_of(workspace / f"{name}.jsonl")[0]
    ]
    wanted = stock(model, paths, 4)
    print("| Way | Batch | Rows | Rows that differ |\n|---|---|---|---|")
    ways = [("ours, fp32", torch.float32, 4), ("ours, fp32", torch.float32, 32)]
    if torch.cuda.is_available():
        ways += [("ours, fp32", torch.float32, 128)]
        ways += [
            (name, torch.bfloat16, n) for name in ("stock, bf16", "ours, bf16") for n in (32, 128)
        ]
    for name, dtype, size in ways:
        model = restored(base, dtype)
        mine = name.startswith("ours")
        heard = ours(model, paths, size, workers) if mine else stock(model, paths, size)
        different = sum(a != b for a, b in zip(wanted, heard, strict=True))
        print(f"| {name} | {size} | {len(paths)} | {different} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--made", type=Path, help="what stand_in.py wrote")
    parser.add_argument("--speech", type=Path, help="a workspace with cycle1 and general.jsonl")
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 128, 256, 512])
    parser.add_argument("--workers", type=int, default=8)
    arguments = parser.parse_args()
    torch.set_float32_matmul_precision("high")
    if arguments.speech:
        words(arguments.speech, arguments.workers)
    if arguments.made:
        speeds(arguments.made, arguments.batch, arguments.workers)


if __name__ == "__main__":
    main()
