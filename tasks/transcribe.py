"""Stage transcribe: decode benchmark and guard rows with a saved model, in a fresh process."""

from __future__ import annotations

from typing import Any

from tasks.comparison import candidate_model, heard
from tasks.decoding import decode_rows
from tasks.inputs import clinical_rows, general_rows, nemo_row
from tasks.stage import stage
from tasks.workspace import Cycle, Model, sample_rows, sides, write_jsonl, write_own_baseline


@stage("transcribe-baseline", runs_a_job=True)
def transcribe_baseline(cycle: Cycle) -> dict[str, Any]:
    """Decode the comparison model where the cycle came without a baseline."""
    ran = decode(cycle, cycle.comparison)
    rows = clinical_rows(cycle)
    write_own_baseline(cycle, sample_rows(rows, heard(cycle, cycle.comparison)))
    return {"rows": len(rows), "reused": not ran}


@stage("transcribe", runs_a_job=True)
def transcribe_rows(cycle: Cycle) -> dict[str, Any]:
    """Decode comparison model and candidate through one path; leave the candidate's hypotheses."""
    candidate = candidate_model(cycle)
    ran = [decode(cycle, model) for model in (cycle.comparison, candidate)]
    rows = clinical_rows(cycle)
    side = sides(cycle)
    write_jsonl(
        cycle.next_folder / "offline_hyps.jsonl",
        [
            row | {"split": side[row["audio_filepath"]]}
            for row in sample_rows(rows, heard(cycle, candidate))
        ],
    )
    return {"rows": len(rows), "decoded": sum(ran), "reused": 2 - sum(ran)}


def decode(cycle: Cycle, model: Model) -> bool:
    """Decode every benchmark and guard row, unless it was done; tell whether a job ran."""
    output = cycle.decoded(model)
    if output.exists():
        return False
    named = [("benchmark", nemo_row(cycle.manifest, row)) for row in clinical_rows(cycle)]
    if cycle.general_sha256:
        guard = general_rows(cycle.general)
        named += [("general", nemo_row(cycle.general, row)) for row in guard]
    texts = decode_rows([row for _, row in named], model, output.with_suffix(".work"))
    write_jsonl(
        output,
        [
            {"set": name, "audio_filepath": row["audio_filepath"], "hyp": text}
            for (name, row), text in zip(named, texts, strict=True)
        ],
    )
    return True
