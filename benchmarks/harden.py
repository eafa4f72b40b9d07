"""How KER and WER of a model rise along the ladder of conditions: the figures of RESULTS.md.

    python benchmarks/harden.py --out runs/harden

Each of 60 reference terms is said once on every rung, by the same voice in the same sentence.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from flows.baseline import score_baseline
from tasks.domain.build.harden import LADDER
from tasks.domain.build.sentences import fill, templates
from tasks.domain.sound.conditions import apply
from tasks.domain.sound.levels import below_full_scale, level
from tasks.speech.babble import babble
from tasks.speech.espeak import PITCHES, VOICES, WORDS_PER_MINUTE, Espeak
from tasks.workspace.audio import wav_bytes
from tasks.workspace.files import write_atomic

REFERENCE = Path(__file__).parents[1] / "reference"
TERMS, SEED = 60, 7


def main() -> None:
    """Make the clips, decode them, print KER and WER of every rung."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for clips and figures")
    parser.add_argument("--model", type=Path, default=REFERENCE / "base-ctc.nemo")
    asked = parser.parse_args()
    out = asked.out.resolve()  # a job has a working folder of its own
    score_baseline(make_clips(out), out / "scored", asked.model.resolve(), return_state=True)
    rates = defaultdict(list)
    with (out / "scored/results.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rung = int(Path(row["audio_filepath"]).name[:2])
            rates[rung].append((float(row["ker"]), float(row["wer"])))
    for rung, rows in sorted(rates.items()):
        ker, wer = np.mean(rows, axis=0)
        print(f"KER {ker:.3f}  WER {wer:.3f}  {len(rows)} rows  {LADDER[rung].fields}")


def make_clips(out: Path) -> Path:
    """Say every term on every rung; give the manifest."""
    engine, lines = Espeak(), []
    with (REFERENCE / "terms.csv").open(encoding="utf-8", newline="") as file:
        terms = list(csv.DictReader(file))[:TERMS]
    for number, term in enumerate(terms):
        texts = templates(term["entity_category"])["dictation"]  # type: ignore[arg-type]
        text = fill(texts[number % 2], term["term"])
        said = f" [[{term['phonemes']}]] " if term["phonemes"] else term["term"]
        marked = text.replace(term["term"], said)
        voice = VOICES[number % len(VOICES)]
        for rung, condition in enumerate(LADDER):
            words_per_minute = round(WORDS_PER_MINUTE * condition.rate)
            speech = level(engine.say(marked, voice, words_per_minute, PITCHES[0]))
            rng = np.random.default_rng([SEED, number, rung])
            sound = below_full_scale(apply(speech, condition, rng, babble()))
            clip = f"audio/{rung:02}-{number:03}.wav"
            write_atomic(out / clip, wav_bytes(sound))
            row = {"audio_filepath": clip, "duration": None, "text": text, "term": term["term"]}
            row |= {"entity_category": term["entity_category"], "ipa_source": term["ipa_source"]}
            row |= {"voice_id": f"espeak:{voice}", "context_type": "dictation"}
            lines.append(json.dumps(row | condition.fields))
    write_atomic(out / "manifest.jsonl", "\n".join(lines) + "\n")
    return out / "manifest.jsonl"


if __name__ == "__main__":
    main()
