"""Synthesize the general-speech corpus that the reference base models are trained on.

    python reference/corpus.py --out /tmp/corpus --clips 60000

The texts hold no word of a benchmark term and no sentence of the guard or replay set. The clips
are spoken in shards, one fresh process each, so that a corpus is the same on every run.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
from benchmark import GENERAL_SETS, VOICES
from synth import RATE, Utterance, synthesize, to_pcm16
from text import sentences

TRAINING_VOICES = (*VOICES, "en-us+f3", "en-us+m5", "en-gb-x-rp+f4", "en-gb-x-rp+m2")
SHARD = 1_000
SEED = 20_261


def training_texts(count: int) -> list[str]:
    held_out = {
        text for seed, size in GENERAL_SETS.values() for text in sentences(seed, size, natural=True)
    }
    return [text for text in sentences(SEED, count, natural=False) if text not in held_out]


def utterances(texts: list[str]) -> list[Utterance]:
    rng = np.random.default_rng(SEED)
    return [
        Utterance(
            text,
            TRAINING_VOICES[rng.integers(len(TRAINING_VOICES))],
            int(rng.integers(150, 181)),
            int(rng.integers(42, 59)),
        )
        for text in texts
    ]


def write_corpus(folder: Path, clips: int, processes: int) -> float:
    """Write pcm.npy (int16, all clips in a row), sizes.npy and texts.json; return hours."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = training_texts(clips)
    spoken = utterances(texts)
    shards = [spoken[start : start + SHARD] for start in range(0, len(spoken), SHARD)]
    pcm = [to_pcm16(samples) for shard in synthesize(shards, processes) for samples in shard]
    np.save(folder / "pcm.npy", np.concatenate(pcm))
    np.save(folder / "sizes.npy", np.array([clip.size for clip in pcm]))
    (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    return sum(clip.size for clip in pcm) / RATE / 3600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    parser.add_argument("--clips", type=int, default=60_000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    began = time.monotonic()
    hours = write_corpus(arguments.out, arguments.clips, arguments.processes)
    print(f"{arguments.clips} clips, {hours:.1f} h, in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
