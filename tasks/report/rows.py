"""The rows of a report: those that decide, the worst first, and those that lost a critical word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tasks.domain.verdict.changes import SHOWN, Outcome, newly_changed, row_outcomes
from tasks.domain.verdict.comparison import Pair
from tasks.domain.verdict.critical import Change, new_changes, severity
from tasks.domain.verdict.decide import deciding_positions
from tasks.report.audio import Clip, embed_clips
from tasks.report.words import Words, compare_words, mark_term
from tasks.workspace.comparison import ComparedRows, read_fold_hypotheses
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import sides
from tasks.workspace.lineage import seen_rows

ORDER: tuple[Outcome, ...] = (*SHOWN, "right")
SHOWN_ROWS = 5_000  # of 20,000 a page had 31 MB


@dataclass(frozen=True)
class ReportRow:
    """A row of a page: what was spoken, what each model transcribed, by name, and its clip if there is one.

    `rank` orders outcomes, the worst first. `changed` names the critical items that the candidate
    newly changed, and puts the row among the worst.
    """

    term: str
    outcome: str
    rank: int
    category: str
    voice: str
    noise: str
    texts: list[tuple[str, list[Words]]]
    clip: Clip | None
    changed: str


@dataclass(frozen=True)
class CriticalRow:
    """A text of which the candidate changed a dose, number, unit, negation or left/right word.

    `term` is None for general speech, `severity` orders the kinds of what changed, doses first. `new`
    is whether the comparison model has right what the candidate changed.
    """

    term: str | None
    changed: str
    severity: int
    spoken: str
    after: list[Words]
    new: bool


def deciding_rows(cycle: Cycle, compared: ComparedRows) -> ComparedRows:
    """Return the rows that the verdict was taken on, with folds as the fold's model transcribed them."""
    rows, side, folds = compared.rows, sides(Run(cycle)), read_fold_hypotheses(cycle)
    pair = compared.pair if folds is None else replace(compared.pair, candidate=folds)
    test = [n for n, row in enumerate(rows) if side[row.audio_filepath] == "test"]
    positions = deciding_positions(
        len(rows), test, seen_rows(cycle), cycle.policy, folds=folds is not None
    )
    return ComparedRows([rows[p] for p in positions], pair.at(positions))


def report_rows(cycle: Cycle, deciding: ComparedRows) -> list[ReportRow]:
    """Return the rows that decide: those with a newly changed critical item, then newly missed, still
    missed, fixed, right; the first SHOWN_ROWS of them.
    """
    pair, outcomes = deciding.pair, row_outcomes(deciding.pair)
    new = newly_changed(pair)
    worst_first = sorted(range(len(outcomes)), key=lambda p: (not new[p], ORDER.index(outcomes[p])))
    ordered = worst_first[:SHOWN_ROWS]
    names = [deciding.rows[p].audio_filepath for p in ordered]
    benchmark = cycle.require_benchmark
    clip_of = dict(
        zip((row.audio_filepath for row in benchmark.rows), benchmark.clips, strict=True)
    )
    paths = [clip_of[name] for name in names]
    limit = cycle.policy.report.embed_audio_mb
    clips = embed_clips(cycle.next_folder, zip(names, paths, strict=True), limit)
    return [
        ReportRow(
            term=row.term,
            outcome=outcomes[p],
            rank=0 if new[p] else ORDER.index(outcomes[p]),
            category=row.entity_category,
            voice=row.voice_id,
            noise=row.noise_level,
            texts=[
                ("spoken", mark_term(row.text, row.term, row.accepted)),
                ("before", compare_words(row.text, pair.comparison.texts[p])),
                ("after", compare_words(row.text, pair.candidate.texts[p])),
            ],
            clip=clip,
            changed=changes_text(new[p]),
        )
        for p, clip in zip(ordered, clips, strict=True)
        for row in [deciding.rows[p]]
    ]


def critical_rows(deciding: ComparedRows, general: Pair | None) -> list[CriticalRow]:
    """Name each text of which the candidate changed a critical item: new changes first, then doses."""
    terms = [row.term for row in deciding.rows]
    found = _critical(deciding.pair, terms)
    if general is not None:
        found += _critical(general, [None] * len(general.references))
    return sorted(found, key=lambda row: (not row.new, row.severity, row.term is None))


def critical_counts(rows: Sequence[CriticalRow]) -> str:
    """Count the texts with a changed critical item: where they are, and how many are new."""
    new, clips = sum(row.new for row in rows), sum(row.term is None for row in rows)
    doses = sum(row.severity == 0 for row in rows)
    return (
        f"Changed by the new model: {len(rows)} texts, {clips} of them clips of general speech. "
        f"Newly changed: {new}; changed by the present model too: {len(rows) - new}; with a dose: {doses}."
    )


def _critical(pair: Pair, terms: Sequence[str | None]) -> list[CriticalRow]:
    before, after = (
        model.critical_changes(pair.references) for model in (pair.comparison, pair.candidate)
    )
    return [
        CriticalRow(
            term=term,
            changed=changes_text(changes),
            severity=severity(changes),
            spoken=spoken,
            after=compare_words(spoken, transcribed),
            new=bool(new_changes(earlier, changes)),
        )
        for term, spoken, transcribed, earlier, changes in zip(
            terms, pair.references, pair.candidate.texts, before, after, strict=True
        )
        if changes
    ]


def changes_text(changes: Sequence[Change]) -> str:
    """Write changes with their factors."""
    return "; ".join(change.text_with_factor for change in changes)
