"""Stage of score-baseline: check the request, decode where a model was given, score."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.decoding import decode_rows
from tasks.domain.manifest import ClinicalRow, InvalidInput
from tasks.domain.metrics import score_rows, summarise
from tasks.inputs import Checked, check_hypotheses, check_manifest, find_base, nemo_row
from tasks.results import write_results
from tasks.workspace import Model, sample_rows, write_jsonl


@dataclass(frozen=True)
class Request:
    """A checked request: the rows, and either a model to decode with or what was heard."""

    manifest: Path
    out: Path
    checked: Checked[ClinicalRow]
    model: Model | None
    heard: list[str] | None


def check_request(
    manifest: Path, out: Path, model: Path | None, hypotheses: Path | None
) -> Request:
    """Check everything; raise InvalidInput with every fault. Hypotheses are scored without audio."""
    if (model is None) == (hypotheses is None):
        raise InvalidInput(["--model, --hypotheses: expected one of the two"])
    checked = check_manifest(manifest, ClinicalRow, audio=model is not None)
    faults = list(checked.faults)
    found: Model | None = None
    if model is not None:
        found, base_faults = find_base(Path.cwd(), str(model))
        faults += base_faults
    if faults:
        raise InvalidInput(faults)
    heard = check_hypotheses(hypotheses, manifest, checked.rows) if hypotheses else None
    return Request(manifest, out, checked, found, heard)


@task(name="score-baseline", cache_policy=NO_CACHE)
def score_request(request: Request) -> dict[str, Any]:
    """Write per_sample.json, results.csv and leaderboard.md; give the headline rates."""
    rows = list(request.checked.rows.values())
    heard = request.heard
    if heard is None and request.model is not None:
        wanted = [nemo_row(request.manifest, row) for row in rows]
        heard = decode_rows(wanted, request.model, request.out / ".decoding")
    heard = heard or []
    scores = score_rows([row.text for row in rows], heard, [row.term for row in rows])
    write_jsonl(request.out / "per_sample.json", sample_rows(rows, heard))
    write_results(request.out, "leaderboard.md", request.manifest.name, rows, heard, scores)
    return asdict(summarise(scores))
