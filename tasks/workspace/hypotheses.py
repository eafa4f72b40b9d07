"""Hypotheses of any ASR system: read, matched with the rows of a manifest, and written with their scores."""

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
from tasks.domain.scoring.leaderboard import leaderboard
from tasks.domain.verdict.comparison import ScoredHypotheses
from tasks.domain.verdict.critical import critical_changes, written
from tasks.records.files import write_atomic, write_csv
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


def match_hypotheses(path: Path, manifest: Manifest[ClinicalRow]) -> list[str]:
    """Read one hypothesis a row from `hyp` or `pred_text`, and give them in row order.

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
    if faults:
        raise InvalidInput(faults)
    return [found[line] for line in manifest.lines]


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


def sample_rows(rows: Sequence[ClinicalRow], hypotheses: Sequence[str]) -> list[dict[str, Any]]:
    """Give rows with their hypotheses, under the names of per_sample.json."""
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
        }
        for row, hypothesis in zip(rows, hypotheses, strict=True)
    ]


@dataclass(frozen=True)
class Results:
    """Rows with one system's scored transcripts, in parallel, under a title."""

    title: str
    rows: Sequence[ClinicalRow]
    hypotheses: ScoredHypotheses


def write_results(
    folder: Path,
    board: str,
    results: Results,
    extra: Sequence[Mapping[str, Any]] | None = None,
    name: str = "results.csv",
) -> None:
    """Write the file `name`, a line a row with any extra columns, then the leaderboard file `board`.

    Columns without a suffix are of the published view.
    """
    scored = results.hypotheses
    critical = critical_changes([row.text for row in results.rows], scored.texts)
    lines = [
        sample
        | {"wer": published.wer, "cer": published.cer, "ker": published.ker, "ser": published.ser}
        | {"wer_canonical": canonical.wer, "ker_canonical": canonical.ker}
        | {"critical": written(changes)}
        | dict(more)
        for sample, published, canonical, changes, more in zip(
            sample_rows(results.rows, scored.texts),
            scored.published,
            scored.canonical,
            critical,
            extra or [{}] * len(results.rows),
            strict=True,
        )
    ]
    write_csv(folder / name, lines)
    board_text = leaderboard(results.title, results.rows, scored.published, scored.canonical)
    write_atomic(folder / board, board_text)
