"""Corpora as people have them, small: each format that can be imported, with its recordings."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import soundfile

from tasks.importing import ImportRequest, import_recordings

TEXTS = (
    "please start metoprolol and aspirin today",
    "no known allergies",
    "the mitral valve leaks",
    "take five milligrams of warfarin",
)
TERMS = (
    "term,entity_category,accepted\nmetoprolol,drug,\naspirin,drug,ASA\nwarfarin,drug,\n"
    "mitral valve,anatomy,\nvalve,anatomy,\n"
)


def write_recording(
    path: Path,
    seconds: float = 2.0,
    rate: int = 16_000,
    channels: int = 1,
    subtype: str | None = None,
) -> None:
    """Write noise that no other name and folder have; the ending of the name is its container."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(list("/".join(path.parts[-2:]).encode()))
    samples = 0.1 * noise.standard_normal((round(seconds * rate), channels))
    soundfile.write(path, samples, rate, subtype=subtype)


def write_terms(root: Path) -> Path:
    """Make a workspace of a list of terms alone."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "terms.csv").write_text(TERMS)
    return root


def nemo(folder: Path, texts: Sequence[str] = TEXTS) -> list[Path]:
    """A NeMo manifest of three keys."""
    lines = []
    for number, text in enumerate(texts):
        write_recording(folder / f"{number}.wav", 1 + number / 10)
        row = {"audio_filepath": f"{number}.wav", "duration": 1 + number / 10, "text": text}
        lines.append(json.dumps(row) + "\n")
    (folder / "rows.jsonl").write_text("".join(lines))
    return [folder / "rows.jsonl"]


def spreadsheet(folder: Path) -> list[Path]:
    """A table that a spreadsheet saved: byte order mark, semicolons, empty rows, 24 bits at 44.1 kHz."""
    lines = ["Datei;Transcript;Speaker;"]
    for number, text in enumerate(TEXTS):
        write_recording(folder / f"{number}.wav", 1, 44_100, 2, "PCM_24")
        lines += [f"{number}.wav;{text};spk{number % 2};", ";;;"]
    (folder / "rows.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    return [folder / "rows.csv"]


def kaldi(folder: Path) -> list[Path]:
    """A Kaldi folder with segments; one is too long, and a recording is named from the recipe's folder."""
    data = folder / "data/test"
    write_recording(data / "one.wav", 30)
    write_recording(folder / "audio/two.wav", 8)
    (data / "wav.scp").write_text("one one.wav\ntwo audio/two.wav\n")
    (data / "text").write_text("".join(f"u{n} {text}\n" for n, text in enumerate(TEXTS)))
    (data / "segments").write_text("u0 one 0.5 4\nu1 one 5 8\nu2 one 9 29.5\nu3 two 1.25 4\n")
    (data / "utt2spk").write_text("".join(f"u{n} s{n % 2}\n" for n in range(4)))
    return [data]


def librispeech(folder: Path) -> list[Path]:
    """A tree of chapters with FLAC."""
    chapter = folder / "dev/61/70968"
    names = [f"61-70968-{number:04d}" for number in range(len(TEXTS))]
    for name in names:
        write_recording(chapter / f"{name}.flac")
    lines = [f"{name} {text.upper()}\n" for name, text in zip(names, TEXTS, strict=True)]
    (chapter / "61-70968.trans.txt").write_text("".join(lines))
    return [folder / "dev"]


def stm(folder: Path) -> list[Path]:
    """An STM and one long WAV, a speaker a channel."""
    write_recording(folder / "visit.wav", 40, channels=2)
    lines = [
        f"visit {'AB'[n % 2]} spk{n % 2} {5 * n + 0.5} {5 * n + 4} <o,f0> {text}\n"
        for n, text in enumerate(TEXTS)
    ]
    ignored = "visit A spk0 30 33 IGNORE_TIME_SEGMENT_IN_SCORING\n"
    (folder / "visit.stm").write_text(";; made up\n" + "".join(lines) + ignored)
    return [folder / "visit.stm"]


def ctm(folder: Path) -> list[Path]:
    """A CTM, a word a line, and one long Ogg."""
    write_recording(folder / "visit.ogg", 30)
    lines, at = [], 1.0
    for text in TEXTS:
        for word in text.split():
            lines.append(f"visit 1 {at:.2f} 0.30 {word} 0.9\n")
            at += 0.35
        at += 1
    (folder / "visit.ctm").write_text("".join(lines))
    return [folder / "visit.ctm"]


def trn(folder: Path) -> list[Path]:
    """A TRN, and a recording an utterance, elsewhere."""
    for number in range(len(TEXTS)):
        write_recording(folder / "audio" / f"spk-{number}.wav")
    lines = [f"{text} (spk-{number})\n" for number, text in enumerate(TEXTS)]
    (folder / "rows.trn").write_text("".join(lines))
    return [folder / "rows.trn", folder / "audio"]


def textgrid(folder: Path) -> list[Path]:
    """A TextGrid of two speakers, and one long WAV."""
    write_recording(folder / "visit.wav", 40)
    tiers = [
        _tier(1, "doctor", [TEXTS[0], "", TEXTS[2], ""]),
        _tier(2, "patient", ["", TEXTS[1], "", TEXTS[3]]),
    ]
    head = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 40\n'
    grid = f"{head}tiers? <exists>\nsize = 2\nitem []:\n{''.join(tiers)}"
    (folder / "visit.TextGrid").write_text(grid)
    return [folder / "visit.TextGrid"]


def _tier(number: int, name: str, labels: list[str]) -> str:
    intervals = "".join(
        f"        intervals [{n + 1}]:\n            xmin = {10 * n}\n"
        f'            xmax = {10 * n + 10}\n            text = "{label}"\n'
        for n, label in enumerate(labels)
    )
    return (
        f'    item [{number}]:\n        class = "IntervalTier"\n        name = "{name}"\n'
        f"        xmin = 0\n        xmax = 40\n        intervals: size = {len(labels)}\n{intervals}"
    )


def srt(folder: Path) -> list[Path]:
    """Subtitles, and one long FLAC of another name."""
    write_recording(folder / "talk.flac", 40, 48_000, 2)
    cues = [
        f"{n + 1}\n00:00:{9 * n:02d},500 --> 00:00:{9 * n + 4:02d},250\n{text.replace(' ', chr(10), 1)}\n\n"
        for n, text in enumerate(TEXTS)
    ]
    (folder / "subtitles.srt").write_text("".join(cues))
    return [folder / "subtitles.srt", folder / "talk.flac"]


def telephone(folder: Path) -> list[Path]:
    """A NeMo manifest, and µ-law of 8 kHz with two channels."""
    (path,) = nemo(folder)
    for number in range(len(TEXTS)):
        write_recording(folder / f"{number}.wav", 1 + number / 10, 8_000, 2, "ULAW")
    return [path]


def import_three_times(root: Path) -> None:
    """Import into a benchmark, more into it, and the first as replay; what is imported is beside the root."""
    for name, kind in (("one", "benchmark"), ("two", "benchmark"), ("one", "replay")):
        file = root.parent / name / "rows.jsonl"
        import_recordings(ImportRequest(root, (file,), kind))  # type: ignore[arg-type]


CORPORA: dict[str, Callable[[Path], list[Path]]] = {
    corpus.__name__: corpus
    for corpus in (
        nemo, spreadsheet, kaldi, librispeech, stm, ctm, trn, textgrid, srt, telephone,
    )
}  # fmt: skip
