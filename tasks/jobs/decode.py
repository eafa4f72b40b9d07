"""Decode rows with a saved model: one NeMo job, in a fresh process, nothing lost or reordered."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.domain.jobs import Job
from tasks.domain.recipe import transcribe_overrides
from tasks.jobs.runner import fetch_pretrained, local_hardware, run_job
from tasks.settings import Settings
from tasks.workspace.paths import Model, read_jsonl, write_jsonl


def decode_rows(rows: Sequence[Mapping[str, Any]], model: Model, work: Path) -> list[str]:
    """Give what the model heard, in row order; `work` is a folder of this call alone, and goes.

    Raises JobFailed with one sentence, and RuntimeError when other rows come back than went in.
    """
    settings = Settings()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    path = model.path or fetch_pretrained(model.architecture.name, work, settings)
    numbered = [{**row, "row": number} for number, row in enumerate(rows)]
    write_jsonl(work / "rows.jsonl", numbered)
    overrides = transcribe_overrides(
        model=path,
        manifest=work / "rows.jsonl",
        output=work / "heard.jsonl",
        batch_size=settings.transcribe_batch_size,
    )
    run_job(Job("transcribe", overrides, work), local_hardware(settings), settings)
    heard = read_jsonl(work / "heard.jsonl")
    if [row["row"] for row in heard] != list(range(len(rows))):
        raise RuntimeError(f"{len(rows)} rows went to be decoded; other rows came back in {work}")
    shutil.rmtree(work)
    return [row["pred_text"] for row in heard]
