"""How KER and WER of a model rise along the ladder of conditions: the figures of RESULTS.md.

    PYTHONPATH=. python benchmarks/harden.py --out runs/harden
    PYTHONPATH=. python benchmarks/harden.py --small

Each of 60 reference terms is spoken once on every rung, by the same voice in the same sentence.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np

from flows.commands import baseline
from tasks.benchmark.clip import babble
from tasks.benchmark.conditions import apply, below_full_scale, level
from tasks.benchmark.engines.engine import SpeechRequest
from tasks.benchmark.engines.espeak import VOICES, Espeak
from tasks.benchmark.harden import LADDER
from tasks.benchmark.pronunciation import OVERRIDE, as_spoken
from tasks.benchmark.sentences import fill, templates
from tasks.benchmark.terms import Term, read_terms
from tasks.domain.spoken.forms import spoken_form
from tasks.records.files import write_atomic
from tasks.workspace.audio import wav_bytes

REFERENCE = Path(__file__).parents[1] / "reference"
TERMS, SMALL, SEED = 60, 2, 7


def main() -> None:
    """Make the clips, decode them, print KER and WER of every rung."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="folder that keeps clips and figures")
    parser.add_argument("--model", type=Path, default=REFERENCE / "base-ctc.nemo")
    parser.add_argument("--small", action="store_true", help="two terms, to try it")
    asked = parser.parse_args()
    terms, faults = read_terms((REFERENCE / "terms.csv").read_text(encoding="utf-8"), "terms.csv")
    assert not faults
    with tempfile.TemporaryDirectory() as folder:
        out = (asked.out or Path(folder)).resolve()  # a job has a working folder of its own
        manifest = make_clips(terms[: SMALL if asked.small else TERMS], out)
        scored = out / "scored"
        model = asked.model.resolve()
        baseline.run(baseline.BaselineFlags(manifest=manifest, out=scored, model=model))
        print_rates(scored / "results.csv")


def print_rates(results: Path) -> None:
    """Print a line for each rung."""
    rates = defaultdict(list)
    with results.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rung = int(Path(row["audio_filepath"]).name[:2])
            rates[rung].append((float(row["ker"]), float(row["wer"])))
    print("| Rung | KER | WER | Rows |\n|---|---|---|---|")
    for rung, rows in sorted(rates.items()):
        ker, wer = np.mean(rows, axis=0)
        fields = ", ".join(f"{name} {value}" for name, value in LADDER[rung].fields.items())
        print(f"| {rung + 1} {fields} | {ker:.3f} | {wer:.3f} | {len(rows)} |")


def make_clips(terms: list[Term], out: Path) -> Path:
    """Say every term on every rung; give the manifest."""
    engine, lines = Espeak(), []
    for number, term in enumerate(terms):
        texts = templates(term.entity_category)["dictation"]
        text = fill(texts[number % 2], term.term)
        parts = ((as_spoken(term.term), term.ipa),) if term.ipa else ()
        voice = VOICES[number % len(VOICES)]
        for rung, condition in enumerate(LADDER):
            request = SpeechRequest(text, spoken_form(text), parts, voice, condition.rate)
            rng = np.random.default_rng([SEED, number, rung])
            sound = apply(level(engine.speak(request)), condition, rng, babble())
            clip = f"audio/{rung:02}-{number:03}.wav"
            write_atomic(out / clip, wav_bytes(below_full_scale(sound)))
            row = {"audio_filepath": clip, "duration": None, "text": text, "term": term.term}
            row |= {"entity_category": term.entity_category}
            row |= {"ipa_source": OVERRIDE if term.ipa else "espeak_g2p"}
            row |= {"voice_id": f"espeak:{voice}", "context_type": "dictation"}
            lines.append(json.dumps(row | condition.fields))
    write_atomic(out / "manifest.jsonl", "\n".join(lines) + "\n")
    return out / "manifest.jsonl"


if __name__ == "__main__":
    main()
