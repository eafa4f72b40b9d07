"""Measure transcription on one GPU: the product's path beside NeMo's `transcribe()`, and their words.

    PYTHONPATH=. python benchmarks/transcription.py --hours 8 --speech runs/demo --out speed.json
    PYTHONPATH=. python benchmarks/transcription.py --small

Speed is seconds of audio a second (RTFx) from the list of files to the words, without import and load:
of a stand-in with 0.6B parameters, made here, whose speed is real and whose words are not. `transcribe()`
is in batches of 32, sorted, as the product ran it before. Words are those of the reference bases on the
clips of a workspace, both ways in equal batches. `--out` is written again after every line.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import stand_in
import torch

from tasks.domain.decoding import Decoder, DecodingConfig, decoding_overrides
from tasks.domain.recipe import render, transcribe_overrides

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tasks" / "nemo_jobs"))

import batches  # noqa: E402 - a job's scripts import each other by their bare names
from restoring import Loaded  # noqa: E402
from transcribe import Count, by_nemo, composed  # noqa: E402

STOCK_CLIPS, WORD_CLIPS = 32, (32, 128)
PHRASES = 1_069
GREEDY = DecodingConfig()
BEAM = DecodingConfig(strategy="beam")
BOOSTED = DecodingConfig(boost_alpha=0.5)
BEAM_BOOSTED = DecodingConfig(strategy="beam", boost_alpha=0.5)
ON_GPU = torch.cuda.is_available()
GRAPHS = (
    {False: ", graphs as the overrides say", True: ", CUDA graphs of transducers"}
    if ON_GPU
    else {False: ""}
)


@dataclass
class Report:
    """Tables that are printed and kept as they come, until the time is up."""

    out: Path | None
    until: float
    tables: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def add(self, table: str, **cells: object) -> None:
        rows = self.tables.setdefault(table, [])
        if not rows:
            print(f"\n| {' | '.join(cells)} |\n{'|---' * len(cells)}|")
        rows.append(cells)
        shown = [f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells.values()]
        print(f"| {' | '.join(shown)} |", flush=True)
        if self.out:
            self.out.write_text(json.dumps(self.tables, indent=1) + "\n", encoding="utf-8")

    def attempt(self, table: str, known: dict[str, object], work: Callable[[], Any]) -> Any:
        """Return what the work gives, None where it fails, which is a line too, or is too late."""
        if time.monotonic() > self.until:
            print(f"Left out, as the time is up: {known}", flush=True)
            return None
        try:
            return work()
        except Exception as error:  # one way that fails shall not hide the others
            traceback.print_exc()
            self.add(f"{table}, failed", **known, error=repr(error)[:200])
            return None


@dataclass(frozen=True)
class Clips:
    """Clips of manifests, longest first, with all their seconds."""

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


def write_phrases(path: Path) -> Path:
    """Write as many words that any base can spell as the demo boosts."""
    words = (ROOT / "tasks" / "workspace" / "distractors.txt").read_text(encoding="utf-8").split()
    plain = dict.fromkeys(word for word in words if word.isascii() and word.isalpha())
    path.write_text("".join(f"{word.lower()}\n" for word in [*plain][:PHRASES]), encoding="utf-8")
    return path


class Silent(Count):
    """A count of clips that is not printed."""

    def add(self, clips: int) -> None:
        pass


@dataclass(frozen=True)
class System:
    """A model, the type that it computes in, and one way to decode it."""

    model: Path
    decoder: Decoder
    decoding: DecodingConfig
    dtype: str
    phrases: Path

    def config(self) -> Any:
        nothing = Path("none")
        values = transcribe_overrides(model=self.model, manifest=nothing, output=nothing)
        phrases = self.phrases if self.decoding.boost_alpha is not None else None
        values |= decoding_overrides(self.decoding, self.decoder, phrases, on_gpu=ON_GPU)
        return composed(render(values | {"compute_dtype": self.dtype}))


def product(loaded: Loaded, system: System, clips: Clips, size: int, graphs: bool) -> list[str]:
    """Transcribe as the local job does, with CUDA graphs of every decoder or as the overrides say."""
    loaded.graphs, config = graphs, system.config()
    model = loaded.model_of(config)
    way = batches.words_of(model, loaded.decoding_of(config))
    assert way is not None, f"{system.decoding.name} of {system.model.name} is not known"
    return batches.transcribe(model, clips.paths, size, [way], lambda _: None)[0]


def nemo(loaded: Loaded, system: System, clips: Clips, size: int) -> list[str]:
    """Transcribe as NeMo's `transcribe()` does."""
    loaded.graphs, config = False, system.config()
    model = loaded.model_of(config)
    decoding = loaded.decoding_of(config)
    return by_nemo(model, clips.paths, [decoding], size, Silent(1))[0]


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    if ON_GPU:
        torch.cuda.synchronize()
    return time.perf_counter() - began


def speeds(report: Report, model: Path, clips: Clips, phrases: Path, stride: int) -> None:
    """Add how fast each way is: NeMo's on every `stride`th clip, ours on all, twice."""
    dtype = "bfloat16" if ON_GPU else "float32"
    loaded, some = Loaded(), clips.every(stride)
    greedy = System(model, "tdt", GREEDY, dtype, phrases).config()
    size = batches.clips_a_batch(loaded.model_of(greedy).device)
    for decoding in (GREEDY, BEAM_BOOSTED, BOOSTED, BEAM):
        system = System(model, "tdt", decoding, dtype, phrases)
        ways: list[tuple[str, int, Clips, Callable[[], Any]]] = [
            ("transcribe()", STOCK_CLIPS, some, lambda s=system: nemo(loaded, s, some, STOCK_CLIPS))
        ]
        for graphs in GRAPHS:
            for times in ("first", "again"):
                work = lambda s=system, g=graphs: product(loaded, s, clips, size, g)  # noqa: E731
                ways.append((f"product{GRAPHS[graphs]}, {times}", size, clips, work))
        before: float | None = None
        for way, batch, of, work in ways:
            known = {"decoding": decoding.name, "way": way, "batch": batch}
            took = report.attempt("speed", known, lambda work=work: timed(work))
            if took is not None:
                before = before or of.total / took
                rate, hours = of.total / took, f"{of.total / 3600:.2f}"
                ratio = f"{rate / before:.2f}"
                report.add("speed", **known, hours=hours, rtfx=round(rate), times=ratio)


@torch.inference_mode()
def parts(report: Report, model: Path, clips: Clips, phrases: Path) -> None:
    """Add how fast each part alone is, on a quarter of the batches."""
    dtype = "bfloat16" if ON_GPU else "float32"
    loaded = Loaded()
    config = System(model, "tdt", GREEDY, dtype, phrases).config()
    made = loaded.model_of(config)
    size = batches.clips_a_batch(made.device)
    starts = range(0, len(clips.paths), size)[::4]
    seconds = sum(sum(clips.seconds[start : start + size]) for start in starts)
    read: list[Any] = []
    encoded: list[Any] = []

    def show(part: str, work: Callable[[], Any]) -> None:
        report.add("parts", part=part, rtfx=round(seconds / timed(work)))

    show("reading", lambda: read.extend(batches.read(clips.paths[s : s + size]) for s in starts))
    batches.encode(made, *read[0])
    show("features and encoder", lambda: encoded.extend(batches.encode(made, *b) for b in read))
    for decoding in (GREEDY, BEAM_BOOSTED):
        config = System(model, "tdt", decoding, dtype, phrases).config()
        way = batches.words_of(made, loaded.decoding_of(config))
        assert way is not None
        way.of(*encoded[0])
        show(f"decoder and words, {decoding.name}", lambda w=way: [w.of(*b) for b in encoded])


def compared(phrases: Path) -> Iterator[System]:
    for dtype in ("float32", "bfloat16") if ON_GPU else ("float32",):
        for name, decoder in (("base-tdt", "tdt"), ("base-ctc", "ctc")):
            for decoding in (GREEDY, BOOSTED, BEAM, BEAM_BOOSTED):
                base = ROOT / "reference" / f"{name}.nemo"
                yield System(base, decoder, decoding, dtype, phrases)  # type: ignore[arg-type]


def words(report: Report, clips: Clips, phrases: Path, sizes: Sequence[int]) -> None:
    """Add how many rows of real speech differ from `transcribe()` in equal batches."""
    loaded = Loaded()
    for system in compared(phrases):
        given: dict[int, list[str]] = {}
        for size in sizes if system.decoding == GREEDY else sizes[-1:]:
            known = cells(system, f"transcribe(), {size}")
            work = lambda s=system, n=size: nemo(loaded, s, clips, n)  # noqa: E731
            wanted = report.attempt("words", known, work)
            if wanted is None:
                continue
            for before, texts in given.items():
                way = f"transcribe(), {size} against {before}"
                report.add("words", **cells(system, way), differ=differing(texts, wanted))
            given[size] = wanted
            for graphs, name in GRAPHS.items():
                known = cells(system, f"product{name}, {size}")
                work = lambda s=system, n=size, g=graphs: product(loaded, s, clips, n, g)  # noqa: E731
                texts = report.attempt("words", known, work)
                if texts is not None:
                    report.add("words", **known, differ=differing(texts, wanted))


def cells(system: System, way: str) -> dict[str, object]:
    names = {"base": system.model.stem, "dtype": system.dtype, "decoding": system.decoding.name}
    return {**names, "way": way}


def differing(one: Sequence[str], other: Sequence[str]) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, help="hours of clips of 2 to 10 seconds")
    parser.add_argument("--speech", type=Path, help="a workspace with cycle1 and general.jsonl")
    parser.add_argument(
        "--stride", type=int, default=4, help="transcribe() decodes one clip in so many"
    )
    parser.add_argument("--rows", type=int, help="rows of the workspace; all unless set")
    parser.add_argument("--out", type=Path, help="a JSON file of all tables")
    parser.add_argument("--minutes", type=float, default=8.0, help="after which none is begun")
    parser.add_argument("--small", action="store_true", help="a tiny model, few clips, for a CPU")
    given = parser.parse_args()
    report = Report(given.out, time.monotonic() + 60 * given.minutes)
    with tempfile.TemporaryDirectory() as folder:
        made, phrases = Path(folder), write_phrases(Path(folder) / "phrases.txt")
        print("The stand-in and its clips are made", flush=True)
        hours = given.hours or (0.01 if given.small else 8.0)
        clips = clips_of(stand_in.write_clips(made, hours))
        model = stand_in.write_model(made, given.small)
        print(f"{len(clips.paths)} clips, {clips.total / 3600:.2f} h", flush=True)
        speeds(report, model, clips, phrases, 1 if given.small else given.stride)
        known: dict[str, object] = {"part": "all"}
        report.attempt("parts", known, lambda: parts(report, model, clips, phrases))
        if given.speech:
            speech = [given.speech / "cycle1/manifest.jsonl", given.speech / "general.jsonl"]
            spoken = clips_of(*(path for path in speech if path.exists()))
            spoken = spoken.every(max(1, len(spoken.paths) // (given.rows or len(spoken.paths))))
            print(f"{len(spoken.paths)} clips of speech, {spoken.total / 3600:.2f} h", flush=True)
            words(report, spoken, phrases, WORD_CLIPS[:1] if given.small else WORD_CLIPS)


if __name__ == "__main__":
    main()
