"""Hypotheses of any ASR system: read, and matched with the rows of a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.manifest import ClinicalRow, ScoredRow, parse_rows
from tasks.domain.scoring.normalize import normalize
from tasks.workspace.manifests import Manifest, audio_path
from tasks.workspace.reading import LINES_BYTES, read_regular


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
    scored, faults = parse_rows(content, path.name, ScoredRow, prepare=_as_scored)
    rows = dict(zip(manifest.lines, manifest.rows, strict=True))
    lines = {audio_path(manifest.path, row.audio_filepath): line for line, row in rows.items()}
    found: dict[int, str] = {}
    for number, sample in scored.items():
        try:
            line = _line_of(sample.audio_filepath, lines, path, manifest.path)
            fault = _mismatch(sample, line, rows, found, manifest.path.name)
        except (OSError, ValueError, RuntimeError):
            line, fault = None, ("audio_filepath", "expected the path of a file")
        if fault:
            faults.append(Fault(fault[1], path.name, number, fault[0]))
        if line is not None:
            found.setdefault(line, sample.hyp)
    faults += [
        Fault(
            f"expected a hypothesis for {row.audio_filepath} ({manifest.path.name}:{line})",
            path.name,
        )
        for line, row in rows.items()
        if line not in found
    ]
    if faults:
        raise InvalidInput(faults)
    return [found[line] for line in manifest.lines]


def _line_of(name: str, lines: dict[Path, int], path: Path, manifest: Path) -> int | None:
    """Give the manifest line of a clip that is named relative to either file."""
    return lines.get(audio_path(path, name), lines.get(audio_path(manifest, name)))


def _mismatch(
    sample: ScoredRow,
    line: int | None,
    rows: dict[int, ClinicalRow],
    found: dict[int, str],
    manifest: str,
) -> tuple[str, str] | None:
    """Say which field does not match the row of this line, and how."""
    if line is None:
        return "audio_filepath", f"expected a row of {manifest}; got {sample.audio_filepath!r}"
    if line in found:
        return "audio_filepath", f"expected one hypothesis a row; row {line} has one"
    if sample.ref is not None and normalize(sample.ref) != normalize(rows[line].text):
        return "ref", f"expected the text of row {line}"
    return None


def _as_scored(fields: dict[str, Any]) -> dict[str, Any]:
    """Read a manifest with `pred_text` as per_sample.json's fields."""
    if "hyp" not in fields and "pred_text" in fields:
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
