"""The systems to compare: files of transcripts beside a manifest, or the cycles of a workspace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import model_validator

from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.row_fields import Name, NoiseLevel, Source
from tasks.records.files import read_jsonl
from tasks.workspace.hypotheses import read_hypotheses
from tasks.workspace.lineage import sentence_ids
from tasks.workspace.manifests import Manifest, read_manifest
from tasks.workspace.open import collecting
from tasks.workspace.splits import read_split

NOT_GIVEN = "not given"


class ComparedRow(ClinicalRow):
    """A row whose texts are compared: it needs neither audio nor the fields on how it was spoken.

    Without `audio_filepath` its id names it.
    """

    ipa_source: Source = NOT_GIVEN
    voice_id: Name = NOT_GIVEN
    noise_level: NoiseLevel = NOT_GIVEN
    context_type: Name = NOT_GIVEN

    @model_validator(mode="before")
    @classmethod
    def _named_by_id(cls, fields: Any) -> Any:
        if isinstance(fields, dict) and "audio_filepath" not in fields and "id" in fields:
            return fields | {"audio_filepath": str(fields["id"])}
        return fields


@dataclass(frozen=True)
class GivenSystems:
    """Rows with the transcripts of each system, all in row order; `clips` are the paths of their audio.

    `source` is what they are of, `notes` how files were read and which rows were left out.
    """

    source: str
    rows: Sequence[ClinicalRow]
    clips: Sequence[Path]
    texts: dict[str, list[str]]
    notes: tuple[str, ...] = ()


def read_systems(manifest: Path, files: Sequence[Path]) -> GivenSystems:
    """Read the transcripts of several systems for the rows of one manifest; no audio is read.

    Raises InvalidInput with the faults of every file.
    """
    faults: list[Fault] = []
    if len(set(files)) < len(files):
        faults.append(Fault("expected each file once", "systems"))
        files = list(dict.fromkeys(files))
    checked: Manifest[ClinicalRow] = read_manifest(manifest, ComparedRow, audio=False)
    texts: dict[str, list[str]] = {}
    notes = []
    for name, file in zip(_names(files), files, strict=True):
        with collecting(faults):
            found = read_hypotheses(file, checked)
            choices = (found.system, name, str(file))
            texts[next(one for one in choices if one and one not in texts)] = found.texts
            notes += [f"{found.note}."] if found.note else []
    if faults:
        raise InvalidInput(faults)
    source = "/".join(manifest.absolute().parts[-2:])
    return GivenSystems(source, checked.rows, checked.clips, texts, tuple(notes))


def _names(files: Sequence[Path]) -> list[str]:
    """Name each file without its ending, and with its folder where another has the same name."""
    stems = [file.stem for file in files]
    return [
        stem if stems.count(stem) == 1 else f"{file.absolute().parent.name}/{file.name}"
        for stem, file in zip(stems, files, strict=True)
    ]


@dataclass(frozen=True)
class Transcribed:
    """The content of one file of a cycle's folder: for each clip its row, transcript and side of the split.

    A side is empty where the file has none, and so is the name of a `system`.
    """

    file: Path
    rows: dict[Path, tuple[ClinicalRow, str, str]]
    note: str
    system: str


def systems_of_cycles(root: Path, cycles: Sequence[int], policy: Policy) -> GivenSystems:
    """Read what two cycles or more have of the same clips, without rows that trained a candidate.

    The system of a cycle is the candidate of the cycle before, in offline_hyps.jsonl, or what per_sample.json
    has: those that have most clips in common. Raises InvalidInput with every fault.
    """
    faults: list[Fault] = []
    choices: list[list[Transcribed]] = []
    for number in dict.fromkeys(cycles):
        with collecting(faults):
            choices.append(list(_transcribed(root, number)))
            if not choices[-1]:
                sentence = f"expected transcripts in {root / f'cycle{number}'}; it has none"
                faults.append(Fault(sentence, "cycle"))
    if faults:
        raise InvalidInput(faults)
    best = max(product(*choices), key=lambda chosen: len(_common(chosen)))
    common = _common(best)
    trained = _trained_sentences(root, max(cycles), policy)
    held_out = [
        clip
        for clip in common
        if all(one.rows[clip][2] in ("", "test") for one in best)
        and trained.isdisjoint(sentence_ids(best[0].rows[clip][0].text))
    ]
    if not held_out:
        found = "all of them were trained on" if common else "they have none"
        raise InvalidInput(
            [Fault(f"expected clips that the cycles have in common; {found}", "cycle")]
        )
    named = zip(dict.fromkeys(cycles), best, strict=True)
    texts = {
        f"cycle {n}, {one.system}" if one.system else f"cycle {n}": [
            one.rows[clip][1] for clip in held_out
        ]
        for n, one in named
    }
    read = ", ".join(str(one.file.relative_to(root)) for one in best)
    left_out = len(common) - len(held_out)
    notes = [f"Read from {read}.", *(one.note for one in best if one.note)]
    if left_out:
        notes.append(
            f"{left_out} of {len(common)} rows are left out: a candidate was trained on them."
        )
    rows = [best[0].rows[clip][0] for clip in held_out]
    return GivenSystems(root.resolve().name, rows, held_out, texts, tuple(notes))


def _transcribed(root: Path, number: int) -> Iterator[Transcribed]:
    """Read what a cycle's folder has, the candidate of the cycle before first."""
    folder = root / f"cycle{number}"
    for name, of in (("offline_hyps.jsonl", number - 1), ("per_sample.json", number)):
        file, manifest = folder / name, root / f"cycle{of}" / "manifest.jsonl"
        if not (file.is_file() and manifest.is_file()):
            continue
        checked: Manifest[ClinicalRow] = read_manifest(manifest, ComparedRow, audio=False)
        found = read_hypotheses(file, checked)
        sides = {}
        if of < number:
            sides = {
                str(line["audio_filepath"]): str(line.get("split") or "unknown")
                for line in read_jsonl(file)
            }
        rows = {
            clip: (row, text, sides.get(row.audio_filepath, ""))
            for clip, row, text in zip(checked.clips, checked.rows, found.texts, strict=True)
        }
        yield Transcribed(file, rows, found.note, found.system)


def _common(systems: Sequence[Transcribed]) -> list[Path]:
    """Return the clips that every system has, in the order of the first."""
    return [clip for clip in systems[0].rows if all(clip in one.rows for one in systems[1:])]


def _trained_sentences(root: Path, before: int, policy: Policy) -> frozenset[str]:
    """Return the sentences that candidates of earlier cycles were trained on; none if divided by row."""
    if policy.split.group_by == "row":
        return frozenset()
    found: set[str] = set()
    for number in range(1, before):
        for path in sorted((root / f"cycle{number}" / "models").glob("*/split.json")):
            record = read_split(path)
            if record and record.fold is None:
                found |= set(record.trained_sentences)
    return frozenset(found)
