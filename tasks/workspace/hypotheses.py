"""Hypotheses from elsewhere: read, and matched with the rows of a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tasks.domain.manifest import ClinicalRow, InvalidInput, ScoredRow, parse_rows
from tasks.domain.scoring.normalize import normalize
from tasks.workspace.inputs import audio_path


def check_hypotheses(path: Path, manifest: Path, rows: dict[int, ClinicalRow]) -> list[str]:
    """Read one hypothesis a row from `hyp` or `pred_text`; raise InvalidInput unless all match."""
    if not path.is_file():
        raise InvalidInput([f"{path.name}: expected hypotheses; {path} does not exist"])
    scored, faults = parse_rows(path.read_bytes(), path.name, ScoredRow, prepare=_as_scored)
    known = {audio_path(manifest, row): number for number, row in rows.items()}
    heard: dict[int, str] = {}
    for line, sample in scored.items():
        number = known.get(audio_path(path, sample), known.get(audio_path(manifest, sample)))
        if number is None:
            faults.append(f"{path.name}:{line}: audio_filepath: expected a row of {manifest.name}; "
                          f"got {sample.audio_filepath!r}")  # fmt: skip
        elif number in heard:
            faults.append(f"{path.name}:{line}: audio_filepath: expected one hypothesis a row; "
                          f"row {number} has one")  # fmt: skip
        else:
            heard[number] = sample.hyp
            if sample.ref is not None and normalize(sample.ref) != normalize(rows[number].text):
                faults.append(f"{path.name}:{line}: ref: expected the text of row {number}")
    faults += [
        f"{path.name}: expected a hypothesis for {row.audio_filepath} ({manifest.name}:{number})"
        for number, row in rows.items()
        if number not in heard
    ]
    if faults:
        raise InvalidInput(faults)
    return [heard[number] for number in rows]


def _as_scored(fields: dict[str, Any]) -> dict[str, Any]:
    """Read a manifest with `pred_text` as per_sample.json's fields."""
    if "hyp" not in fields and "pred_text" in fields:
        return fields | {"hyp": fields["pred_text"], "ref": fields.get("text")}
    return fields
