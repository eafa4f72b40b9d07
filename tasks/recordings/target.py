"""The target of imported rows: a file of rows, its content before, and what it must not share."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.benchmark.audition_file import read_terms_file
from tasks.benchmark.terms import Term
from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.manifest import AudioFacts, ClinicalRow, GeneralRow
from tasks.domain.scoring.normalize import normalize
from tasks.recordings.inputs import Inputs
from tasks.recordings.planned import Plan, PlannedClip
from tasks.recordings.rows import TermList
from tasks.records.files import file_sha256
from tasks.records.imported import ImportRecord, Target
from tasks.records.reading import LINES_BYTES, read_regular
from tasks.records.record import read_record
from tasks.workspace.audio import CLIP_FOLDER
from tasks.workspace.manifests import (
    ACCEPTANCE,
    GUARD,
    REPLAY,
    Manifest,
    read_if_there,
    read_manifest,
)
from tasks.workspace.open import TERMS_FILE
from tasks.workspace.status import cycle_numbers

IMPORT_FILE = "import.json"
FILES: dict[str, str] = {"acceptance": ACCEPTANCE, "general": GUARD, "replay": REPLAY}
APART = {"general": REPLAY, "replay": GUARD}  # sets that share neither clips nor sentences
USED = ("gate.json", "per_sample.json")  # a cycle that has one of them was run, or is about to be
SAME_CLIP, SAME_TERM = "its clip is there already", "its clip and term are there already"
OTHER_WORDS = "its clip is there already, with other words or another voice"
SHARED = "its clip or its sentence is in {file}, which has to be apart"
SHARED_VOICE = "its clip, or its sentence in this voice, is in {file}, which has to be apart"
AnyManifest = Manifest[ClinicalRow] | Manifest[GeneralRow]


@dataclass(frozen=True)
class TargetFile:
    """The file that receives rows: its content, and the rows that it has or is begun with.

    `number` is that of its cycle, None for the others. `carried` are rows of the cycle before, where this one
    has none of its own. `apart` are the rows of other files that it must not share.
    """

    kind: Target
    path: Path
    number: int | None
    content: bytes | None
    own: AnyManifest | None
    carried: Manifest[ClinicalRow] | None
    apart: tuple[AnyManifest, ...]

    @property
    def sha256(self) -> str | None:
        """The digest of its content; None where it is not there."""
        return None if self.content is None else hashlib.sha256(self.content).hexdigest()

    @property
    def is_clinical(self) -> bool:
        return self.kind in ("benchmark", "acceptance")

    @property
    def before(self) -> tuple[AnyManifest, ...]:
        """The rows that it has, or is begun with."""
        return tuple(one for one in (self.own, self.carried) if one is not None)


def find_target(root: Path, kind: Target, cycle: int | None) -> TargetFile:
    """Find the file that receives rows, and read what is there; raise InvalidInput.

    A benchmark goes to the latest cycle while an import alone has written it and nothing has used it, else to
    the next one, which is begun with the rows of the cycle before.
    """
    if kind != "benchmark":
        if cycle is not None:
            raise InvalidInput([Fault(f"expected --as benchmark; got {kind}", "--cycle")])
        path = root / FILES[kind]
        model = ClinicalRow if kind == "acceptance" else GeneralRow
        others = _benchmarks(root) if kind == "acceptance" else [root / APART[kind]]
        return TargetFile(
            kind, path, None, _content(path), read_if_there(path, model), None, _read(others, model)
        )
    latest = max(cycle_numbers(root), default=0)
    number = cycle or (latest if latest and is_open(root, latest) else latest + 1)
    path = root / f"cycle{number}" / "manifest.jsonl"
    if path.exists() and not is_open(root, number):
        sentence = "expected a cycle without rows, or with imported ones that nothing has used yet"
        sentence += f"; cycle {number} has others"
        raise InvalidInput([Fault(sentence, "--cycle")])
    own = read_if_there(path, ClinicalRow)
    before = root / f"cycle{number - 1}" / "manifest.jsonl"
    carried = read_if_there(before, ClinicalRow) if own is None else None
    apart = _read([root / ACCEPTANCE], ClinicalRow)
    return TargetFile(kind, path, number, _content(path), own, carried, apart)


def find_terms(root: Path, inputs: Inputs) -> TermList:
    """Return the terms of terms.csv, else of the benchmark; none where every row names its own.

    Raises InvalidInput where there are none.
    """
    if (root / TERMS_FILE).exists():
        return TermList(tuple(read_terms_file(root)))
    listed: dict[str, Term] = {}
    for path in _benchmarks(root):
        for row in read_manifest(path, ClinicalRow).rows:
            term = Term(row.term, row.entity_category, accepted=row.accepted)
            listed[normalize(row.term)] = term
    own = all("term" in one.fields for item in inputs.transcripts for one in item.utterances)
    if not listed and not own:
        sentence = f"expected terms to look for; {root} has neither this file nor a benchmark"
        raise InvalidInput([Fault(sentence, TERMS_FILE)])
    return TermList(tuple(listed.values()))


def is_open(root: Path, number: int) -> bool:
    """Whether the rows of a cycle are those of imports alone, and nothing has used them yet."""
    folder = root / f"cycle{number}"
    if any((folder / name).exists() for name in USED):
        return False
    record, manifest = read_record(root / IMPORT_FILE, ImportRecord), folder / "manifest.jsonl"
    own = [one for one in record.imports if one.target == _name(root, manifest)] if record else []
    known = [one.manifest_sha256 for one in own] + [one.replaces_sha256 for one in own]
    return file_sha256(manifest) in known


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _benchmarks(root: Path) -> list[Path]:
    return [root / f"cycle{number}" / "manifest.jsonl" for number in cycle_numbers(root)]


def _content(path: Path) -> bytes | None:
    return read_regular(path, LINES_BYTES) if path.exists() else None


def _read(
    paths: Iterable[Path], model: type[ClinicalRow] | type[GeneralRow]
) -> tuple[AnyManifest, ...]:
    return tuple(read_manifest(path, model) for path in paths if path.exists())


class _Known:
    """The clips and sentences that rows may not repeat; rows that are taken are known from then on."""

    def __init__(self, target: TargetFile) -> None:
        self._clinical = target.is_clinical
        self._spoken: dict[str, tuple[str, str]] = {}
        self._rows: set[tuple[str, str]] = set()
        self._apart: dict[str, str] = {}
        self._sentences: dict[tuple[str, str], str] = {}
        for manifest in target.before:
            for row, facts in zip(manifest.rows, manifest.audio, strict=True):
                self._spoken[facts.sha256] = row.text, row.voice_id or ""
                self._rows.add((facts.sha256, normalize(getattr(row, "term", ""))))
        for manifest in target.apart:
            name = manifest.path.name
            for row, facts in zip(manifest.rows, manifest.audio, strict=True):
                self._apart[facts.sha256] = name
                self._sentences[self._sentence(row.text, row.voice_id)] = name

    def refusal(self, sha256: str, text: str, voice: str | None, term: str) -> str:
        """Return why a row of this clip cannot be added; empty where it can, and is known then."""
        file = self._apart.get(sha256) or self._sentences.get(self._sentence(text, voice))
        if file:
            return (SHARED_VOICE if self._clinical else SHARED).format(file=file)
        row = sha256, normalize(term)
        if row in self._rows:
            return SAME_TERM if self._clinical else SAME_CLIP
        if self._spoken.setdefault(sha256, (text, voice or "")) != (text, voice or ""):
            return OTHER_WORDS
        self._rows.add(row)
        return ""

    def _sentence(self, text: str, voice: str | None) -> tuple[str, str]:
        return normalize(text), (voice or "") if self._clinical else ""


def new_rows(
    target: TargetFile, plan: Plan, facts: Mapping[str, AudioFacts]
) -> tuple[list[dict[str, Any]], list[PlannedClip], list[tuple[str, str]]]:
    """Return the rows that the target has not, the clips that they are of, and what is refused.

    `facts` are those of the clips, by what makes them.
    """
    known, refused = _Known(target), list(plan.refused)
    rows, used = list[dict[str, Any]](), list[PlannedClip]()
    for clip in plan.clips:
        made, new, reasons = facts[clip.cut.identity], list[dict[str, Any]](), list[str]()
        place = {"audio_filepath": clip_name(target, clip), "duration": round(made.seconds, 4)}
        for row in clip.planned.rows:
            term, voice = row.get("term", ""), row.get("voice_id")
            reason = known.refusal(made.sha256, row["text"], voice, term)
            reasons += [reason] if reason else []
            new += [] if reason else [{**place, **row}]
        if new:
            rows += new
            used.append(clip)
        else:
            refused.append((clip.planned.utterance.where, reasons[0]))
    return rows, used, refused


def clip_name(target: TargetFile, clip: PlannedClip) -> str:
    """Name a clip as the target's rows do: in a cycle by its recording, else where it is kept."""
    identity = clip.cut.identity
    if target.number is None:
        return f"{CLIP_FOLDER}/{identity[:2]}/{identity}.wav"
    stem = re.sub(r"[^a-z0-9]+", "-", clip.cut.recording.path.stem.lower()).strip("-")[:40]
    return f"audio/{stem or 'clip'}_{identity[:16]}.wav"
