"""The command `flywheel baseline`: its flags, and what it does."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from pydantic import Field

from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags


class BaselineFlags(Flags):
    """Score a model, hypotheses of any ASR system, or a server: give one of the three."""

    manifest: Path = Field(description="Benchmark manifest, NeMo JSONL with the clinical fields")
    out: Path = Field(description="Folder for per_sample.json, results.csv and leaderboard.md")
    model: Path | None = Field(None, description=".nemo file to decode the manifest with")
    hypotheses: Path | None = Field(
        None,
        description="Transcripts of any system: JSON lines or array, CSV, TSV, TRN, CTM, a manifest with "
        "pred_text; needs no audio",
    )
    endpoint: str | None = Field(
        None, description="host:port of a Riva or NIM server; default: ASR_ENDPOINT"
    )
    boost: Path | None = Field(None, description="Phrases that the server boosts, one a line")
    boost_score: float | None = Field(
        None, description="How much, in Riva's scale: 20 to 100 for CTC, 0.5 to 2 for RNNT and TDT"
    )
    system: str | None = Field(
        None, description="Name of the ASR system, by which a gate names its figures"
    )


def run(flags: BaselineFlags) -> CommandResult:
    """Check the input before Prefect starts, then run the flow; score a file without Prefect."""
    from tasks.baseline import check_request, score

    asked = (
        flags.manifest,
        flags.out,
        flags.model,
        flags.hypotheses,
        flags.endpoint,
        flags.boost,
        flags.boost_score,
        flags.system,
    )
    request = check_request(*asked)
    if request.hypotheses is not None:
        headline = score(request)
    else:
        if request.model is not None:
            from tasks.jobs.runner import import_ahead

            import_ahead()
        from flows.baseline import score_baseline
        from tasks.orchestration.server import on_prefect

        with on_prefect():
            state = score_baseline(*asked, return_state=True)
            headline = cast("dict[str, float | int | None]", state.result())
    text = (flags.out / "leaderboard.md").read_text(encoding="utf-8")
    noted = {"read_as": request.note} if request.note else {}
    text = f"{request.note}\n\n{text}" if request.note else text
    return CommandResult(text, {"out": str(request.out), **headline, **noted})
