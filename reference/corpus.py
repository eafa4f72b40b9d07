"""Synthesize the general-speech corpus that reference base models are trained on.

    python reference/corpus.py --out /tmp/corpus --clips 60000

The texts hold no word of a benchmark term and no sentence of the guard or replay set. A corpus is the
same on every run.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from benchmark import GUARD, REPLAY, SPARE, general_sentences
from text import sentences

from tasks.benchmark.conditions import level
from tasks.benchmark.engines.espeak import VOICES, Espeak
from tasks.domain.manifest import RATE_HZ

TRAINING_VOICES = (*VOICES, "en-us+f3", "en-us+m5", "en-gb-x-rp+f4", "en-gb-x-rp+m2")
SEED = 20_261


def training_texts(count: int) -> list[str]:
    """Draw sentences that neither the guard nor the replay set has."""
    sets = {"guard": GUARD, "replay": REPLAY}
    held_out = {
        text for name, size in sets.items() for text in general_sentences(name, size + SPARE)
    }
    return [text for text in sentences(SEED, count, natural=False) if text not in held_out]


def speak(texts: list[str], threads: int) -> Iterator[np.ndarray]:
    """Say each text, in a voice, at a rate and a pitch drawn by lot: int16, 16 kHz, in order."""
    rng, own = np.random.default_rng(SEED), threading.local()
    drawn = [
        (
            text,
            TRAINING_VOICES[rng.integers(len(TRAINING_VOICES))],
            int(rng.integers(150, 181)),
            int(rng.integers(42, 59)),
        )
        for text in texts
    ]

    def start() -> None:
        own.engine = Espeak()  # it speaks in a process of its own

    with ThreadPoolExecutor(threads, initializer=start) as pool:
        for speech in pool.map(lambda one: own.engine.speak_marked(*one), drawn):
            yield np.round(level(speech) * 32767.0).astype(np.int16)


def write_corpus(folder: Path, clips: int, threads: int) -> float:
    """Write pcm.npy (int16, all clips in a row), sizes.npy and texts.json; return hours."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = training_texts(clips)
    pcm = list(speak(texts, threads))
    np.save(folder / "pcm.npy", np.concatenate(pcm))
    np.save(folder / "sizes.npy", np.array([clip.size for clip in pcm]))
    (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    return sum(clip.size for clip in pcm) / RATE_HZ / 3600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    parser.add_argument("--clips", type=int, default=60_000)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    began = time.monotonic()
    hours = write_corpus(arguments.out, arguments.clips, arguments.threads)
    print(f"{arguments.clips} clips, {hours:.1f} h, in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
