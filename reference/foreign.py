"""Go the whole way with speech and with a system that this project did not make.

    pip install pocketsphinx     # 29 MB with its English model; flite is the Debian package of this name
    python reference/foreign.py --out runs/foreign

flite speaks the drug sentences of the reference benchmark, and PocketSphinx transcribes them. From there on
the commands are those that a person types: import, baseline, compare, cycle. What is there is kept.
PocketSphinx takes two minutes, NeMo one.
"""

from __future__ import annotations

import argparse
import csv
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import soundfile

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from text import terms  # noqa: E402

from flows.cli import main as flywheel  # noqa: E402

VOICES = ("awb", "kal16", "rms", "slt")  # of flite, at 16 kHz
BASE = ROOT / "reference/base-ctc.nemo"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the folder to fill")
    out = parser.parse_args().out.absolute()
    spoken, transcripts, workspace = out / "spoken", out / "pocketsphinx.csv", out / "workspace"
    if not (spoken / "rows.csv").exists():
        speak(spoken)
    if not transcripts.exists():
        write_table(transcripts, transcribe(sorted(spoken.glob("*.wav"))))
    write_inputs(workspace)
    manifest = workspace / "cycle1/manifest.jsonl"
    type_in("import", workspace, spoken / "rows.csv", "--as", "benchmark", "--source", "synthetic")
    scored = ("baseline", "--manifest", manifest)
    sphinx, base = out / "pocketsphinx", out / "base"
    type_in(*scored, "--hypotheses", transcripts, "--system", "pocketsphinx", "--out", sphinx)
    if not (base / "per_sample.json").exists():
        type_in(*scored, "--model", BASE, "--out", base)
    systems = (sphinx / "per_sample.json", base / "per_sample.json")
    type_in("compare", "--manifest", manifest, *systems, "--out", out / "compared")
    (workspace / "cycle1/per_sample.json").write_bytes(systems[0].read_bytes())
    type_in("cycle", workspace, 1, "--stop-after", "gate")
    type_in("cycle", workspace, 1)


def speak(folder: Path) -> None:
    """Speak the sentences of the drugs, a voice after the other; write rows.csv, as a spreadsheet would."""
    folder.mkdir(parents=True, exist_ok=True)
    drugs = {term["term"] for term in terms() if term["entity_category"] == "drug"}
    with (ROOT / "reference/sentences.csv").open(encoding="utf-8", newline="") as file:
        chosen = [row for row in csv.DictReader(file) if row["term"] in drugs]
    rows = []
    for number, row in enumerate(chosen):
        voice, name = VOICES[number % len(VOICES)], f"{number:03}.wav"
        subprocess.run(
            ["flite", "-voice", voice, "-t", row["text"], "-o", folder / name], check=True
        )
        rows.append({"file": name, "text": row["text"], "voice_id": f"flite:{voice}"})
    write_table(folder / "rows.csv", rows)


def transcribe(clips: Sequence[Path]) -> list[dict[str, str]]:
    """Transcribe clips by PocketSphinx with the model of its wheel."""
    with Pool() as pool:
        texts = pool.map(recognized, clips, chunksize=8)
    return [
        {"file": clip.name, "hypothesis": text} for clip, text in zip(clips, texts, strict=True)
    ]


def recognized(clip: Path) -> str:
    """Return the transcript of one clip of 16 kHz; empty where nothing was recognized."""
    audio, _ = soundfile.read(clip, dtype="int16")
    model = decoder()
    model.start_utt()
    model.process_raw(audio.tobytes(), full_utt=True)
    model.end_utt()
    found = model.hyp()
    return found.hypstr if found else ""


@cache
def decoder() -> Any:
    """Load the model once a process."""
    from pocketsphinx import Decoder

    return Decoder(samprate=16_000, loglevel="FATAL")


def write_inputs(workspace: Path) -> None:
    """Write what a person gives beside the clips: a policy, and terms with their categories."""
    workspace.mkdir(parents=True, exist_ok=True)
    (workspace / "flywheel.yaml").write_text(f"base: {BASE}\n", encoding="utf-8")
    kept = ("term", "entity_category")
    write_table(workspace / "terms.csv", [{name: term[name] for name in kept} for term in terms()])


def write_table(path: Path, rows: Iterable[Mapping[str, str]]) -> None:
    lines = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)


def type_in(*words: object) -> None:
    """Run a command of the flywheel as it would be typed, and show it; end where it fails."""
    arguments = [str(word) for word in words]
    print(f"\n$ flywheel {shlex.join(arguments)}\n", flush=True)
    code = flywheel(arguments)
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main()
