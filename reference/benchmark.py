"""Build the reference workspace: the clinical benchmark, the guard set and the replay set.

    python reference/benchmark.py --out runs/demo

The same bytes on every run: each set is spoken in order by a process of its own, and every choice
is a function of the row's position or of a fixed seed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from synth import Utterance, synthesize, to_pcm16, with_noise, write_wav
from text import sentences, terms

from tasks.domain.progress import Progress
from tasks.logs import report
from tasks.orchestration.bars import bars
from tasks.orchestration.terminal import interruption
from tasks.processes import interruptible

VOICES = ("en-us", "en-gb-x-rp", "en-gb-scotland", "en-029", "en-us+f2", "en-us+m3")
NOISES: dict[str, float | None] = {"clean": None, "snr_15db": 15.0, "snr_5db": 5.0}
CONTEXTS = {
    "drug": {
        "order": "please start {} today",
        "handoff": "the patient is taking {} at home",
        "dictation": "we will continue {} for now",
        "question": "has she ever had {} before",
    },
    "lab": {
        "order": "please send a {} this morning",
        "handoff": "the last {} was high",
        "dictation": "we will repeat the {} tomorrow",
        "question": "has the {} come back yet",
    },
    "role": {
        "order": "please call the {} now",
        "handoff": "the {} will see her next",
        "dictation": "this was discussed with the {} today",
        "question": "who is the {} tonight",
    },
    "anatomy": {
        "order": "please look at the {} again",
        "handoff": "there is pain near the {}",
        "dictation": "the {} looks normal to me",
        "question": "can you see the {} here",
    },
    "condition": {
        "order": "please test him for {} today",
        "handoff": "the patient came in with {}",
        "dictation": "this is a new case of {}",
        "question": "does she have {} as well",
    },
    "procedure": {
        "order": "please plan the {} for friday",
        "handoff": "he is waiting for a {}",
        "dictation": "the {} went well today",
        "question": "when was the last {} done",
    },
}
ROWS_PER_TERM = {"drug": 8}  # each of four sentences in two voices
OTHER_ROWS_PER_TERM = 4
GENERAL_SETS = {"general": (2027, 1500), "replay": (4099, 1000)}  # name: (seed, sentences)
GUARD_VOICES = (  # the last four are never replayed
    *VOICES,
    "en-us+f3",
    "en-us+m5",
    "en-gb-x-rp+f4",
    "en-gb-x-rp+m2",
)


@dataclass(frozen=True)
class Clip:
    """One clip to make: where, what is said, at which signal-to-noise ratio, and its row."""

    path: str
    utterance: Utterance
    snr_db: float | None
    row: dict[str, str]


def clinical_clips() -> list[Clip]:
    """Every row of the benchmark: terms × contexts, voices and noise levels taken in turn."""
    clips = []
    for number, term in enumerate(terms()):
        category = term["entity_category"]
        contexts = list(CONTEXTS[category].items())
        count = ROWS_PER_TERM.get(category, OTHER_ROWS_PER_TERM)
        for index in range(count):
            context, frame = contexts[(index + number * count) % len(contexts)]
            voice = VOICES[(number + index + index // len(VOICES)) % len(VOICES)]
            noise = list(NOISES)[(number + index + index // len(contexts)) % len(NOISES)]
            said = f"[[{term['phonemes']}]]" if term["phonemes"] else term["term"]
            name = f"{term['term'].replace(' ', '-')}-{index:02d}.wav"
            clips.append(
                Clip(
                    f"audio/{name}",
                    Utterance(frame.format(said), voice),
                    NOISES[noise],
                    {
                        "text": frame.format(term["term"]),
                        "term": term["term"],
                        "entity_category": category,
                        "ipa_source": term["ipa_source"],
                        "voice_id": voice,
                        "noise_level": noise,
                        "context_type": context,
                    },
                )
            )
    return clips


def general_clips(name: str) -> list[Clip]:
    """General sentences without clinical terms: the guard set `general` or the `replay` set.

    The guard set has voices and words that are never replayed, so that it sees what is forgotten.
    """
    seed, count = GENERAL_SETS[name]
    replayed = name == "replay"
    voices = VOICES if replayed else GUARD_VOICES
    clips = []
    for index, text in enumerate(sentences(seed, count, natural=True, replayed=replayed)):
        voice = voices[index % len(voices)]
        noise = list(NOISES)[index // len(voices) % len(NOISES)]
        row = {"text": text, "voice_id": voice, "noise_level": noise}
        path = f"{name}/{index:04d}.wav"
        clips.append(Clip(path, Utterance(text, voice), NOISES[noise], row))
    return clips


def write_set(folder: Path, manifest: str, clips: list[Clip], speech: list[np.ndarray]) -> None:
    """Write the clips, then the NeMo manifest that makes them a set."""
    lines: list[str] = []
    for index, (clip, samples) in enumerate(zip(clips, speech, strict=True)):
        noisy = with_noise(samples, clip.snr_db, np.random.default_rng([7, index]))
        seconds = write_wav(folder / clip.path, to_pcm16(noisy))
        row = {"audio_filepath": clip.path, "duration": round(seconds, 4), **clip.row}
        lines.append(json.dumps(row) + "\n")
        report(Progress("synthesis", len(lines), len(clips), "clips", note=f"writes {manifest}"))
    partial = folder / f"{manifest}.partial"
    partial.write_text("".join(lines), encoding="utf-8")
    os.replace(partial, folder / manifest)


def build(workspace: Path, *, clinical: bool = True) -> list[str]:
    """Write general.jsonl, replay.jsonl and cycle1/manifest.jsonl with their audio, if absent.

    The last one only if it is a `clinical` benchmark that is asked for. Gives what was written, a
    line each.
    """
    sets = {
        (workspace, "general.jsonl"): general_clips("general"),
        (workspace, "replay.jsonl"): general_clips("replay"),
    }
    if clinical:
        sets = {(workspace / "cycle1", "manifest.jsonl"): clinical_clips(), **sets}
    missing = {place: clips for place, clips in sets.items() if not (place[0] / place[1]).exists()}
    spoken = [[clip.utterance for clip in clips] for clips in missing.values()]
    total, began = sum(map(len, spoken)), time.monotonic()

    def report_spoken(count: int) -> None:
        left = (time.monotonic() - began) * (total - count) / count if count else None
        report(Progress("synthesis", count, total, "clips", left, "speaks"))

    written = []
    results = synthesize(spoken, os.cpu_count() or 1, report_spoken)
    for ((folder, manifest), clips), speech in zip(missing.items(), results, strict=True):
        write_set(folder, manifest, clips, speech)
        written.append(f"{folder / manifest}: {len(clips)} clips")
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the workspace to fill")
    parser.add_argument("--policy", type=Path, help="a policy to copy to flywheel.yaml, if absent")
    arguments = parser.parse_args()
    with interruptible(interruption), bars():
        written = build(arguments.out)
    print("".join(f"{line}\n" for line in written), end="")
    if arguments.policy and not (arguments.out / "flywheel.yaml").exists():
        shutil.copyfile(arguments.policy, arguments.out / "flywheel.yaml")


if __name__ == "__main__":
    main()
