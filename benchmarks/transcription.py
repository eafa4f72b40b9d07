"""Measure transcription on one GPU: NeMo's `transcribe()` beside ours, and that the words agree.

    python benchmarks/transcription.py --hours 12 --speech runs/demo
    python benchmarks/transcription.py --small

Speed is seconds of audio a second (RTFx) from the list of files to the words, without the load of
the model: a stand-in, made on the spot, whose speed is real and whose words are not. Words are those
of the reference TDT on the clips of a workspace.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import stand_in
import torch
from bulk import Means, decode, encode, filled, read, transcribe, words

from tasks.nemo_jobs.transcribe import mend_the_space

ROOT = Path(__file__).parents[1]
BASE = ROOT / "reference" / "base-tdt.nemo"
ALL = Means()


@dataclass(frozen=True)
class Sizes:
    """How much is measured; budgets are seconds of audio in a batch."""

    hours: float
    slow_clips: (
        int  # of `transcribe()`'s defaults, which take as long a clip however many there are
    )
    batches: tuple[int, ...]
    budgets: tuple[float, ...]
    workers: int
    graph_batches: tuple[int, ...]


LARGE = Sizes(12.0, 512, (32, 128, 256), (1000.0, 2000.0, 4000.0), 14, (8, 32, 128, 256))
SMALL = Sizes(0.01, 4, (4,), (30.0,), 2, (2,))


@dataclass(frozen=True)
class Clips:
    """Clips of a manifest, longest first, with their seconds."""

    paths: list[str]
    seconds: list[float]

    @property
    def total(self) -> float:
        return sum(self.seconds)

    def every(self, stride: int) -> Clips:
        return Clips(self.paths[::stride], self.seconds[::stride])


def clips_of(*manifests: Path) -> Clips:
    rows = [
        (json.loads(line), manifest.parent)
        for manifest in manifests
        for line in manifest.read_text(encoding="utf-8").splitlines()
    ]
    rows.sort(key=lambda row: -row[0]["duration"])
    paths = [str(folder / row["audio_filepath"]) for row, folder in rows]
    return Clips(paths, [row["duration"] for row, _ in rows])


def restored(path: Path, dtype: torch.dtype) -> Any:
    """Restore a model anew: a decoder keeps the CUDA graphs of its first type."""
    from nemo.collections.asr.models import ASRModel

    mend_the_space()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return ASRModel.restore_from(str(path), map_location=device).to(dtype).eval()


def stock(model: Any, clips: Clips, size: int, workers: int = 0) -> list[str]:
    heard = model.transcribe(clips.paths, batch_size=size, num_workers=workers, verbose=False)
    return [one.text for one in heard]


def ours(
    model: Any, clips: Clips, batches: Sequence[Sequence[int]], means: Means = ALL
) -> list[str]:
    return transcribe(model, clips.paths, batches, means)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - began, result


@contextmanager
def without_checks() -> Iterator[None]:
    """Switch off NeMo's checks of tensor types, which every layer makes at every call."""
    from nemo.core.classes.common import typecheck

    typecheck.set_typecheck_enabled(False)
    yield
    typecheck.set_typecheck_enabled(True)


def speeds(path: Path, clips: Clips, sizes: Sizes) -> None:
    """Print how fast the ways are, then the fastest without each of its means."""
    print(f"{len(clips.paths)} clips, {clips.total / 3600:.2f} h", flush=True)
    print("| Way | Batch | RTFx |\n|---|---|---|")

    def show(way: str, batch: str, work: Callable[[], Any], of: Clips = clips) -> None:
        took, _ = timed(work)
        print(f"| {way} | {batch} | {of.total / took:,.0f} |", flush=True)

    some = clips.every(max(1, len(clips.paths) // sizes.slow_clips))
    model = restored(path, torch.float32)
    stock(model, some.every(max(1, len(some.paths) // 8)), 4)
    show("`transcribe()` at its defaults, fp32", "4", lambda: stock(model, some, 4), some)
    ahead = torch.bfloat16 if torch.cuda.is_available() else torch.float32
    model = restored(path, ahead)
    stock(model, some, 32)
    show("`transcribe()`, bf16, sorted", "32", lambda: stock(model, some, 32), some)
    for size in sizes.batches[1:]:
        name = f"`transcribe()`, bf16, sorted, {sizes.workers} workers"
        show(name, f"{size}", lambda size=size: stock(model, clips, size, sizes.workers))
    middle = filled(clips.seconds, sizes.budgets[len(sizes.budgets) // 2])
    with without_checks():
        model = restored(path, ahead)
        show("ours, for the first time", "middle", lambda: ours(model, clips, middle))
        for budget in sizes.budgets:
            batches = filled(clips.seconds, budget)
            show("ours", f"{budget:g} s", lambda b=batches: ours(model, clips, b))
        for size in sizes.batches:
            batches = filled(clips.seconds, 0, size)
            show("ours, batches of clips", f"{size}", lambda b=batches: ours(model, clips, b))
        for name, means in {
            "read in turn": Means(read_ahead=False),
            "NeMo's hypotheses": Means(whole_batches=False),
            "both": Means(read_ahead=False, whole_batches=False),
        }.items():
            show(name, "middle", lambda means=means: ours(model, clips, middle, means))
    show("with NeMo's type checks", "middle", lambda: ours(model, clips, middle))
    with without_checks():
        parts(model, clips, middle)
        graphs(model, sizes)


@torch.inference_mode()
def parts(model: Any, clips: Clips, batches: Sequence[Sequence[int]]) -> None:
    """Print how fast each part alone is, on some of the batches."""
    few = batches[:: max(1, len(batches) // 4)]
    seconds = sum(clips.seconds[one] for batch in few for one in batch)

    def show(part: str, work: Callable[[], Any]) -> Any:
        took, result = timed(work)
        print(f"| {part} alone | | {seconds / took:,.0f} |", flush=True)
        return result

    audio = show("reading", lambda: [read([clips.paths[o] for o in batch]) for batch in few])
    encoded = show("features and encoder", lambda: [encode(model, *one) for one in audio])
    found = show("decoder", lambda: [decode(model, *one) for one in encoded])
    show("text", lambda: [words(model, f, len(b)) for f, b in zip(found, few, strict=True)])
    by_nemo = model.decoding.rnnt_decoder_predictions_tensor
    show("NeMo's decoder and text", lambda: [by_nemo(*one) for one in encoded])


@torch.inference_mode()
def graphs(model: Any, sizes: Sizes, seconds: float = 6.0, repeats: int = 5) -> None:
    """Print what launches cost the encoder: as it is, and replayed as one CUDA graph of a fixed shape."""
    print("| Clips of 6 s | Encoder, ms | As a CUDA graph, ms |\n|---|---|---|")
    weights = next(model.parameters())
    for batch in sizes.graph_batches:
        features = weights.new_zeros(batch, 128, int(100 * seconds)).normal_()
        lengths = torch.full((batch,), features.shape[-1], device=weights.device)

        def encode(features: torch.Tensor = features, lengths: torch.Tensor = lengths) -> Any:
            return model.encoder(audio_signal=features, length=lengths)

        encode()
        took = timed(lambda: [encode() for _ in range(repeats)])[0] / repeats
        replayed = "not measured"
        if weights.is_cuda:
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                encode()
            each = timed(lambda g=graph: [g.replay() for _ in range(repeats)])[0] / repeats
            replayed = f"{1000 * each:.1f}"
        print(f"| {batch} | {1000 * took:.1f} | {replayed} |", flush=True)


def compare_words(clips: Clips, sizes: Sizes) -> None:
    """Count on real speech the rows that differ from what the stock path hears in equal batches."""
    print("| Way | Batch | Rows | Rows that differ |\n|---|---|---|---|")
    types = [torch.float32, torch.bfloat16] if torch.cuda.is_available() else [torch.float32]
    for dtype in types:
        heard = {}
        for size in (32, 128):
            wanted = heard[size] = stock(restored(BASE, dtype), clips, size)
            batches = filled(clips.seconds, 0, size)
            given = ours(restored(BASE, dtype), clips, batches)
            compare(f"ours, {dtype}, against `transcribe()`", str(size), wanted, given)
        compare(f"`transcribe()` at 128, {dtype}, against 32", "128", heard[32], heard[128])
        for budget in sizes.budgets:
            batches = filled(clips.seconds, budget)
            given = ours(restored(BASE, dtype), clips, batches)
            name = f"ours, {dtype}, against `transcribe()` at 32"
            compare(name, f"{budget:g} s", heard[32], given)


def compare(way: str, batch: str, wanted: list[str], given: list[str]) -> None:
    different = sum(a != b for a, b in zip(wanted, given, strict=True))
    print(f"| {way} | {batch} | {len(given)} | {different} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, help="hours of clips of 2 to 10 seconds")
    parser.add_argument("--speech", type=Path, help="a workspace with cycle1 and general.jsonl")
    parser.add_argument("--workers", type=int, help="of `transcribe()`")
    parser.add_argument(
        "--small", action="store_true", help="a tiny model and few clips, for a CPU"
    )
    given = parser.parse_args()
    sizes = SMALL if given.small else LARGE
    sizes = replace(sizes, hours=given.hours or sizes.hours, workers=given.workers or sizes.workers)
    torch.set_float32_matmul_precision("high")
    if given.speech:
        manifests = (given.speech / "cycle1/manifest.jsonl", given.speech / "general.jsonl")
        compare_words(clips_of(*manifests), sizes)
    with tempfile.TemporaryDirectory() as made:
        clips = clips_of(stand_in.write_clips(Path(made), sizes.hours))
        speeds(stand_in.write_model(Path(made), given.small), clips, sizes)


if __name__ == "__main__":
    main()
