"""Decode rows with a saved model: one NeMo job, in a fresh process, nothing lost or reordered."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from tasks.domain.errors import JobFailed, JobFault
from tasks.domain.jobs import AudioRow, Job
from tasks.domain.recipe import transcribe_overrides
from tasks.jobs.runner import fetch_pretrained, local_hardware, run_job
from tasks.settings import Settings
from tasks.workspace.files import read_jsonl, write_jsonl
from tasks.workspace.paths import Model


def decode_rows(rows: Sequence[AudioRow], model: Model, work: Path, batch_size: int) -> list[str]:
    """Give what the model transcribed, in row order; `work` is a folder of this call, and goes.

    Raises JobFailed with one sentence, also when other rows come back than went in.
    """
    settings = Settings()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    path = model.path or fetch_pretrained(model.architecture.name, work, settings)
    write_jsonl(
        work / "rows.jsonl",
        [row.manifest_line() | {"row": number} for number, row in enumerate(rows)],
    )
    overrides = transcribe_overrides(
        model=path,
        manifest=work / "rows.jsonl",
        output=work / "decoded.jsonl",
        batch_size=batch_size,
    )
    run_job(Job("transcribe", overrides, work), local_hardware(settings), settings)
    decoded = read_jsonl(work / "decoded.jsonl")
    if [row.get("row") for row in decoded] != list(range(len(rows))):
        raise JobFailed(
            f"{len(rows)} rows went to be decoded; other rows came back in {work}",
            JobFault.ROWS_LOST,
        )
    shutil.rmtree(work)
    return [str(row["pred_text"]) for row in decoded]
