"""Stage of score-baseline: check the request, have the rows recognised where asked, score."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.domain.manifest import ClinicalRow, InvalidInput
from tasks.domain.scoring.metrics import score_rows, summarize
from tasks.jobs.decode import decode_rows
from tasks.settings import Settings
from tasks.speech.riva_asr import recognize
from tasks.workspace.hypotheses import check_hypotheses
from tasks.workspace.inputs import Checked, check_manifest, nemo_row
from tasks.workspace.models import find_base
from tasks.workspace.paths import Model, digest, sample_rows, write_jsonl
from tasks.workspace.results import write_results


@dataclass(frozen=True)
class Request:
    """A checked request: the rows, and one source of hypotheses."""

    manifest: Path
    out: Path
    checked: Checked[ClinicalRow]
    heard: list[str] | None = None
    model: Model | None = None
    endpoint: str | None = None


def check_request(
    manifest: Path,
    out: Path,
    model: Path | None = None,
    hypotheses: Path | None = None,
    endpoint: str | None = None,
) -> Request:
    """Check everything; raise InvalidInput with every fault. Hypotheses are scored without audio.

    Where nothing is named, the endpoint of the environment is asked.
    """
    if model is None and hypotheses is None and endpoint is None:
        endpoint = Settings().asr_endpoint
    if sum(source is not None for source in (model, hypotheses, endpoint)) != 1:
        raise InvalidInput(["--model, --hypotheses, --endpoint: expected one of the three"])
    checked = check_manifest(manifest, ClinicalRow, audio=hypotheses is None)
    faults = list(checked.faults)
    found: Model | None = None
    if model is not None:
        found, base_faults = find_base(Path.cwd(), str(model))
        faults += base_faults
    if endpoint is not None and not endpoint.rpartition(":")[2].isdigit():
        faults.append(f"--endpoint: expected host:port; got {endpoint!r}")
    if faults:
        raise InvalidInput(faults)
    heard = check_hypotheses(hypotheses, manifest, checked.rows) if hypotheses else None
    return Request(manifest, out, checked, heard, found, endpoint)


@task(name="score-baseline", cache_policy=NO_CACHE)
def score_request(request: Request) -> dict[str, Any]:
    """Write per_sample.json, results.csv and leaderboard.md; give the headline rates."""
    rows = list(request.checked.rows.values())
    heard = _heard(request, rows)
    scores = score_rows([row.text for row in rows], heard, [row.term for row in rows])
    write_jsonl(request.out / "per_sample.json", sample_rows(rows, heard))
    write_results(request.out, "leaderboard.md", request.manifest.name, rows, heard, scores)
    return asdict(summarize(scores))


def _heard(request: Request, rows: list[ClinicalRow]) -> list[str]:
    """The hypotheses as given, or decoded, or asked of the endpoint."""
    if request.heard is not None:
        return request.heard
    wanted = [nemo_row(request.manifest, row) for row in rows]
    if request.model is not None:
        return decode_rows(wanted, request.model, request.out / ".decoding")
    endpoint, settings = str(request.endpoint), Settings()
    asked = digest(
        endpoint,
        settings.nvcf_function_id,
        settings.asr_language,
        request.checked.sha256,
        request.checked.audio_sha256,
    )
    journal = request.out / f".heard-{asked[:12]}.jsonl"
    heard = recognize(wanted, endpoint, journal)
    journal.unlink()
    return heard
