"""The page of a comparison: the answer, the rates, the pairs, and the rows on which systems differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tasks.domain.scoring.canonical import canonical_words
from tasks.domain.verdict.answer import (
    METHOD,
    PAIR_HEAD,
    SYSTEM_HEAD,
    category_cells,
    category_head,
    heading,
    ker_of,
    pair_cells,
    pair_notes,
    pair_sentence,
    system_cells,
    words,
)
from tasks.domain.verdict.critical import Change as CriticalChange
from tasks.domain.verdict.systems import SystemComparison
from tasks.records.files import write_atomic
from tasks.report.audio import Clip, embed_clips
from tasks.report.charts import dumbbells, forest
from tasks.report.drawn import Chart
from tasks.report.facts import GUARD_HEAD, guard_lines
from tasks.report.figures import Change, Point
from tasks.report.parts import TEMPLATES, part, source_digest
from tasks.report.rows import ReportRow, changes_text
from tasks.report.words import compare_words, mark_term
from tasks.workspace.systems import GivenSystems

MOST_ROWS = 1_000  # that a page lists
SYSTEM_NAMES = {"Comparison": "Other", "Candidate": "This system"}  # in the head of the guards
RIGHT, SPOKEN = "right in all", "spoken"


def write_comparison(
    path: Path, given: GivenSystems, found: SystemComparison, embed_mb: int
) -> None:
    """Write compare.html."""
    rows, differing = differing_rows(path.parent, given, found, embed_mb)
    page = TEMPLATES.get_template("compare.html.j2").render(
        source=given.source,
        found=found,
        heading=heading(found),
        sentences=[
            *(pair_sentence(found, pair) for pair in found.pairs if len(found.pairs) > 1),
            *(note for pair in found.pairs for note in pair_notes(pair)),
            *given.notes,
        ],
        words_named=words(found),
        system_chart=system_chart(found),
        pair_chart=pair_chart(found),
        tables={
            f"Systems, on {found.systems[0].judged.rows} {words(found)}": (
                SYSTEM_HEAD,
                [system_cells(one) for one in found.systems],
            ),
            f"{found.view.capitalize()} KER by category, with the rows of each": _by_category(
                found
            ),
        },
        pair_head=PAIR_HEAD,
        pairs=[pair_cells(pair) for pair in found.pairs],
        guard_head=["Pair", *map(SYSTEM_NAMES.get, GUARD_HEAD, GUARD_HEAD)],
        guard_lines=[
            [f"{pair.names[0]} in place of {pair.names[1]}", *line]
            for pair in found.pairs
            for line in guard_lines(pair.guards)
        ],
        method=METHOD,
        rows=rows,
        left_out=differing - len(rows),
        style=part("base.css") + part("report.css"),
        script=part("report.js"),
        digest=source_digest,
    )
    write_atomic(path, page)


def _by_category(found: SystemComparison) -> tuple[list[str], list[list[str]]]:
    """Return a head of systems, and a line for each category."""
    systems = [category_cells(found, one) for one in found.systems]
    (_, *names), cells = category_head(found), zip(*systems, strict=True)
    head, *lines = map(list, cells)
    return ["Category", *head], [[name, *line] for name, line in zip(names, lines, strict=True)]


def system_chart(found: SystemComparison) -> Chart:
    """Draw the KER of each system on the rows that decide, and on all rows where those are more."""
    lines = []
    for one in found.systems:
        groups = {one.name: one.judged}
        groups |= {f"{one.name}, all terms": one.all} if one.all.rows > one.judged.rows else {}
        for label, group in groups.items():
            ker, interval = ker_of(found, group)
            if ker is not None and interval is not None:
                lines.append(Change(f"{label} ({group.rows})", None, Point(ker, interval)))
    title = f"{found.view.capitalize()} KER of each system"
    if not lines:
        return Chart(title, "A single term has no interval, so nothing is drawn.")
    caption = "Lines are 95 % intervals over terms; in brackets: rows."
    return Chart(title, caption, dumbbells("systems", title, lines))


def pair_chart(found: SystemComparison) -> Chart:
    """Draw the drop of missed terms from one system of each pair to the other."""
    title = f"Drop of missed {words(found)}, pair by pair"
    moves = [
        (
            f"{pair.a} → {pair.b}",
            f"{pair.names[0]} better" if pair.better else "not shown",
            pair.move,
        )
        for pair in found.pairs
    ]
    caption = "Right of no change the second system misses fewer. Lines are 95 % intervals."
    return Chart(title, caption, forest("pairs", title, moves))


def differing_rows(
    folder: Path, given: GivenSystems, found: SystemComparison, embed_mb: int
) -> tuple[list[ReportRow], int]:
    """Return the rows on which systems differ in canonical words, and how many those are.

    First the rows of which some systems have the term and others do not, of terms that decide before others,
    then those of which critical items differ, then the rest, up to a limit.
    """
    names = list(given.texts)
    spoken = {name: canonical_words(texts) for name, texts in given.texts.items()}
    missed = {one.name: one.missed for one in found.systems}
    apart = [
        n
        for n in range(len(given.rows))
        if any(spoken[name][n] != spoken[names[0]][n] for name in names[1:])
    ]
    changed = {one.name: one.changes for one in found.systems}
    decides = found.judged or tuple({row.entity_category for row in given.rows})
    differing = {
        n: _rank(n, given.rows[n].entity_category in decides, missed, changed) for n in apart
    }
    shown = sorted(differing, key=lambda n: differing[n])[:MOST_ROWS]
    clips = _clips(folder, given, shown, embed_mb)
    rows = [
        ReportRow(
            term=row.term,
            outcome=_outcome(n, missed),
            rank=differing[n],
            category=row.entity_category,
            voice=row.voice_id,
            noise=row.noise_level,
            texts=[
                (SPOKEN, mark_term(row.text, row.term, row.accepted)),
                *((name, compare_words(row.text, given.texts[name][n])) for name in names),
            ],
            clip=clips.get(n),
            changed="; ".join(
                f"{name}: {changes_text(changed[name][n])}" for name in names if changed[name][n]
            ),
        )
        for n in shown
        for row in [given.rows[n]]
    ]
    return rows, len(differing)


def _rank(
    row: int,
    decides: bool,
    missed: Mapping[str, Sequence[int]],
    changed: Mapping[str, Sequence[Sequence[CriticalChange]]],
) -> int:
    """Order rows: the term in some systems alone, other critical items, other words."""
    if len({one[row] for one in missed.values()}) > 1:
        return 0 if decides else 1
    return 2 if len({tuple(one[row]) for one in changed.values()}) > 1 else 3


def _outcome(row: int, missed: Mapping[str, Sequence[int]]) -> str:
    """Name the systems that miss the term of a row."""
    by = [name for name, rows in missed.items() if rows[row] == 1]
    if len(by) == len(missed):
        return "missed by all"
    return f"missed by {', '.join(by)}" if by else RIGHT


def _clips(
    folder: Path, given: GivenSystems, shown: Sequence[int], limit_mb: int
) -> dict[int, Clip]:
    """Hold or link the clips that are there."""
    there = [n for n in shown if given.clips[n].is_file()]
    named = ((given.rows[n].audio_filepath, given.clips[n]) for n in there)
    return dict(zip(there, embed_clips(folder, named, limit_mb), strict=True))
