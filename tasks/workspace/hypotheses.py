"""Hypotheses of any ASR system: read, and matched with the rows of a manifest."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.manifest import BOM, ClinicalRow, NotARow, ScoredRow, parse_rows
from tasks.domain.row_fields import NO_TRANSCRIPT
from tasks.domain.scoring.canonical import canonical
from tasks.records.reading import LINES_BYTES, read_regular
from tasks.workspace.manifests import Manifest, audio_path


@dataclass(frozen=True)
class Clips:
    """Where the rows of a manifest have their clips: rows by path, and by name in the manifest.

    `folders` are those that were resolved so far.
    """

    manifest: Path
    paths: Mapping[Path, int]
    names: Mapping[str, int]
    folders: dict[str, Path]

    def lines(self, name: str, beside: Path) -> set[int]:
        """Give the rows that a clip may be of, named in the file `beside`.

        Its path is absolute, or relative to either file. Where nothing is there, it may be the path of
        another host, which ends with the name in the manifest.
        """
        files = {beside.parent: beside, self.manifest.parent: self.manifest}.values()
        found = {audio_path(file, name, self.folders) for file in files} & self.paths.keys()
        if found or not PurePosixPath(name).is_absolute():
            return {self.paths[path] for path in found}
        parts = PurePosixPath(posixpath.normpath(name)).parts[1:]
        ends = {"/".join(parts[start:]) for start in range(len(parts))}
        return {self.names[end] for end in ends & self.names.keys()}


@dataclass(frozen=True)
class Hypotheses:
    """One hypothesis a row, in row order, and the system that the file names; empty where it does not."""

    texts: list[str]
    system: str = ""


def match_hypotheses(path: Path, manifest: Manifest[ClinicalRow]) -> list[str]:
    """Read one hypothesis a row, and give them in row order."""
    return read_hypotheses(path, manifest).texts


def read_hypotheses(path: Path, manifest: Manifest[ClinicalRow]) -> Hypotheses:
    """Read one hypothesis a row from `hyp` or `pred_text`, and whose they are.

    Raises InvalidInput with every fault unless rows and hypotheses match one to one.
    """
    if not path.is_file():
        raise InvalidInput([Fault(f"expected hypotheses; {path} does not exist", path.name)])
    try:
        content = read_regular(path, LINES_BYTES)
    except OSError as error:
        raise InvalidInput([Fault(f"expected hypotheses; {path}: {error}", path.name)]) from None
    scored, faults = parse_rows(_lines(content, path), path.name, ScoredRow, prepare=_as_scored)
    rows = dict(zip(manifest.lines, manifest.rows, strict=True))
    clips = Clips(
        manifest.path,
        dict(zip(manifest.clips, manifest.lines, strict=True)),
        {posixpath.normpath(row.audio_filepath): line for line, row in rows.items()},
        {},
    )
    found: dict[int, str] = {}
    for number, sample in scored.items():
        try:
            lines = clips.lines(sample.audio_filepath, path)
            fault = _mismatch(sample, lines, rows, found, manifest.path.name)
        except (OSError, ValueError, RuntimeError):
            lines, fault = set(), ("audio_filepath", "expected the path of a file", "")
        if fault:
            faults.append(Fault(fault[1], path.name, number, fault[0], fault[2]))
        for line in lines:
            found.setdefault(line, sample.hyp)
    faults += [
        Fault(
            f"expected a hypothesis for {row.audio_filepath} ({manifest.path.name}:{line})",
            path.name,
            kind="expected a hypothesis",
        )
        for line, row in rows.items()
        if line not in found
    ]
    systems = {sample.system: number for number, sample in scored.items() if sample.system}
    if len(systems) > 1:
        names, number = " and ".join(map(repr, systems)), max(systems.values())
        sentence = f"expected the transcripts of one system; got {names}"
        faults.append(Fault(sentence, path.name, number, "system"))
    if faults:
        raise InvalidInput(faults)
    return Hypotheses([found[line] for line in manifest.lines], next(iter(systems), ""))


def _lines(content: bytes, path: Path) -> bytes:
    """Write a JSON array with one entry a line; JSON lines stay as they are, but for a byte order mark."""
    content = content.removeprefix(BOM)
    if not content.lstrip().startswith(b"["):
        return content
    try:
        entries = json.loads(content)
    except (ValueError, RecursionError) as error:
        sentence = f"expected JSON objects, one a line or in an array; got broken JSON ({error})"
        raise InvalidInput([Fault(sentence, path.name)]) from None
    return "\n".join(map(json.dumps, entries)).encode()


def _mismatch(
    sample: ScoredRow,
    lines: set[int],
    rows: dict[int, ClinicalRow],
    found: dict[int, str],
    manifest: str,
) -> tuple[str, str, str] | None:
    """Say which field does not match a row, how, and what kind of fault that is."""
    if len(lines) != 1:
        kind = f"expected one row of {manifest}" if lines else f"expected a row of {manifest}"
        which = f"; rows {' and '.join(map(str, sorted(lines)))} match" if lines else ""
        return "audio_filepath", f"{kind}; got {sample.audio_filepath!r}{which}", kind
    (line,) = lines
    if line in found:
        sentence = f"expected one hypothesis a row; row {line} has one"
        return "audio_filepath", sentence, "expected one hypothesis a row"
    if sample.ref is not None and canonical(sample.ref) != canonical(rows[line].text):
        return "ref", f"expected the text of row {line}", "expected the text of a row"
    return None


def _as_scored(fields: dict[str, Any]) -> dict[str, Any]:
    """Read a manifest with `pred_text` as per_sample.json's fields; null is no transcript."""
    if "hyp" not in fields and "pred_text" in fields:
        if fields["pred_text"] is None:
            raise NotARow(NO_TRANSCRIPT, "pred_text")
        return fields | {"hyp": fields["pred_text"], "ref": fields.get("text")}
    return fields


def sample_rows(
    rows: Sequence[ClinicalRow], hypotheses: Sequence[str], system: str = ""
) -> list[dict[str, Any]]:
    """Give rows with their hypotheses, and the system where it is named, as per_sample.json has them."""
    named = {"system": system} if system else {}
    return [
        {
            "audio_filepath": row.audio_filepath,
            "ref": row.text,
            "hyp": hypothesis,
            "term": row.term,
            "entity_category": row.entity_category,
            "ipa_source": row.ipa_source,
            "voice_id": row.voice_id,
            "noise_level": row.noise_level,
            "context_type": row.context_type,
            **named,
        }
        for row, hypothesis in zip(rows, hypotheses, strict=True)
    ]
