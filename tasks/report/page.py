"""The report of a decided cycle: one HTML page that a reviewer reads and listens to."""

from __future__ import annotations

import os
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape

from tasks.domain.scoring.leaderboard import rate
from tasks.domain.verdict.audits import Audits
from tasks.domain.verdict.decide import Decision
from tasks.domain.verdict.summary import audit_sentences
from tasks.workspace.decoded import ComparedRows
from tasks.workspace.inputs import audio_path
from tasks.workspace.paths import Cycle, sides, write_atomic

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(), trim_blocks=True
)


def write_report(cycle: Cycle, decision: Decision, audits: Audits, both: ComparedRows) -> None:
    """Write report.html: verdict, figures, guards, audits, and every held-out row still missed."""
    side, pair = sides(cycle), both.pair
    missed = [
        {
            "row": row,
            "before": before,
            "after": after,
            "audio": os.path.relpath(audio_path(cycle.manifest, row), cycle.next_folder),
        }
        for row, before, after, score in zip(
            both.rows,
            pair.comparison.texts,
            pair.candidate.texts,
            pair.candidate.scores,
            strict=True,
        )
        if score.ker and side[row.audio_filepath] == "validation"
    ]
    page = TEMPLATES.get_template("report.html.j2").render(
        cycle=cycle,
        decision=decision,
        audits=audits,
        audit_sentences=audit_sentences(audits),
        missed=missed,
        rate=rate,
    )
    write_atomic(cycle.next_folder / "report.html", page)
