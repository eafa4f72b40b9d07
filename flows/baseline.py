"""score-baseline: score a model, a server, or the hypotheses of any ASR system, on a benchmark.

flywheel baseline --manifest cycle1/manifest.jsonl --hypotheses transcripts.json --out scored
"""

from __future__ import annotations

import sys

if __name__ == "__main__":  # flags are read before Prefect loads
    from flows.cli import run_named

    sys.exit(run_named("baseline"))

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.baseline import check_request, score_request
from tasks.orchestration.names import scoring_name
from tasks.orchestration.run_policy import HostPath


@flow(name="score-baseline", flow_run_name=scoring_name)
def score_baseline(
    manifest: HostPath,
    out: HostPath,
    model: HostPath | None = None,
    hypotheses: HostPath | None = None,
    endpoint: str | None = None,
    boost: HostPath | None = None,
    boost_score: float | None = None,
    system: str | None = None,
) -> State[dict[str, Any]]:
    """Score a .nemo model, or hypotheses from elsewhere, against a manifest.

    Args:
        manifest: the benchmark, NeMo JSONL with the clinical fields.
        out: folder that receives per_sample.json, results.csv and leaderboard.md.
        model: a .nemo file to decode the manifest with.
        hypotheses: transcripts of any system: JSON, CSV, TSV, TRN, CTM, a manifest with pred_text.
        endpoint: host:port of a Riva or NIM server; the clips are sent to it.
        boost: phrases that the server shall prefer, one a line.
        boost_score: how much, in Riva's scale: 20 to 100 for CTC, 0.5 to 2 for RNNT and TDT.
        system: the name of the ASR system, which gate and ledger name its figures by.
    """
    request = check_request(manifest, out, model, hypotheses, endpoint, boost, boost_score, system)
    headline = score_request(request)
    return Completed(message=str(out), data=headline)
