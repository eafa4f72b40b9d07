"""The report of a decided cycle: one HTML page that a reviewer reads and listens to."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader

from tasks.domain.scoring.leaderboard import rate
from tasks.domain.verdict.arms import Arms
from tasks.domain.verdict.audits import Audits
from tasks.domain.verdict.decide import Decision
from tasks.domain.verdict.summary import audit_sentences
from tasks.workspace.comparison import ComparedRows
from tasks.workspace.decoded import sides
from tasks.workspace.files import write_atomic
from tasks.workspace.manifests import audio_path
from tasks.workspace.paths import Cycle, Run

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True
)


@dataclass(frozen=True)
class MissedRow:
    """A row whose term was missed: what was spoken, what each model transcribed, its clip's URL."""

    term: str
    text: str
    before: str
    after: str
    audio: str


def write_report(
    cycle: Cycle,
    decision: Decision,
    audits: Audits,
    compared: ComparedRows,
    arms: Arms | None = None,
) -> None:
    """Write report.html: verdict, figures, guards, audits, and every test row still missed."""
    page = TEMPLATES.get_template("report.html.j2").render(
        cycle=cycle,
        decision=decision,
        audits=audits,
        arms=arms,
        audit_sentences=audit_sentences(audits),
        missed=_missed_rows(cycle, compared),
        rate=rate,
    )
    write_atomic(cycle.next_folder / "report.html", page)


def _missed_rows(cycle: Cycle, compared: ComparedRows) -> list[MissedRow]:
    """Give the test rows whose term the candidate still misses, in manifest order."""
    side, pair, manifest = sides(Run(cycle)), compared.pair, cycle.the_benchmark.path
    return [
        MissedRow(
            term=row.term,
            text=row.text,
            before=before,
            after=after,
            audio=quote(
                os.path.relpath(audio_path(manifest, row.audio_filepath), cycle.next_folder)
            ),
        )
        for row, before, after, score in zip(
            compared.rows,
            pair.comparison.texts,
            pair.candidate.texts,
            pair.candidate.scores,
            strict=True,
        )
        if score.ker and side[row.audio_filepath] == "test"
    ]
