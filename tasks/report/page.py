"""The report of a decided cycle: one HTML page, first for a clinical lead, then for an engineer."""

from __future__ import annotations

from tasks.benchmark.audition import unchecked
from tasks.domain.scoring.normalize import normalize
from tasks.domain.verdict.arms import Arms
from tasks.domain.verdict.audits import Audits
from tasks.domain.verdict.changes import row_outcomes
from tasks.domain.verdict.critical import critical_items
from tasks.domain.verdict.decide import Decision
from tasks.domain.verdict.summary import (
    SCOPE_HEAD,
    VERDICTS,
    arm_head,
    arm_lines,
    audit_sentences,
    scope_cells,
)
from tasks.records.build import engines_of
from tasks.records.files import write_atomic
from tasks.records.record import read_record
from tasks.records.stages import Approval, TrainingRecord
from tasks.report.drawn import (
    BOTH,
    arm_chart,
    breakdown_charts,
    category_chart,
    guard_chart,
    scope_chart,
    training_chart,
    trend_chart,
)
from tasks.report.facts import (
    GUARD_HEAD,
    about_reference_base,
    anchor_table,
    guard_lines,
    report_facts,
)
from tasks.report.first_screen import Speech, first_screen, not_spoken
from tasks.report.next_steps import next_steps
from tasks.report.parts import TEMPLATES, part, source_digest
from tasks.report.rows import critical_counts, critical_rows, deciding_rows, report_rows
from tasks.workspace.comparison import ComparedRows, general_speech
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import sides
from tasks.workspace.ledger import read_ledger
from tasks.workspace.models import candidate_system

SHOWN_CRITICAL = 200


def write_report(
    cycle: Cycle,
    decision: Decision,
    audits: Audits,
    compared: ComparedRows,
    arms: Arms | None = None,
    approval: Approval | None = None,
) -> None:
    """Write report.html: a first screen, then facts, charts, guards, audits, and the rows that decide."""
    candidate, side = candidate_system(Run(cycle)), sides(Run(cycle))
    own = candidate.path == Run(cycle).candidate
    training = read_record(Run(cycle).training_info, TrainingRecord) if own else None
    deciding = deciding_rows(cycle, compared)
    general = general_speech(cycle, candidate)
    critical = critical_rows(deciding, general.pair if general else None)
    rows = report_rows(cycle, deciding)
    outcomes = row_outcomes(deciding.pair)
    ledger = read_ledger(cycle.root)
    anchored, anchor_rows = anchor_table(decision, cycle.number, ledger)
    priority = frozenset(cycle.policy.priority_positions(cycle.rows))

    about = about_reference_base(cycle)
    tests_alone = own and decision.rule != "published" and cycle.policy.folds is None
    deciding_categories = cycle.policy.priority_categories
    spoken = any(items.total() for items in critical_items([row.text for row in deciding.rows]))
    priority_rows = {
        part: [cycle.rows[n] for n in priority if side[cycle.rows[n].audio_filepath] == part]
        for part in ("train", "validation")
    }
    trained = {normalize(row.term) for row in priority_rows["train"]}
    judged = {
        normalize(deciding.rows[n].term) for n in cycle.policy.priority_positions(deciding.rows)
    }
    tested = Speech(
        len(outcomes),
        audits.critical_tokens,
        spoken=spoken,
        random_words=bool(about),
        listed=candidate.decoding.boost_alpha is not None,
        listed_before=cycle.comparison.decoding.boost_alpha is not None,
        arms=arms.arms if arms else (),
        validation=len(priority_rows["validation"]),
        unchecked=unchecked(cycle.rows, engines_of(cycle.folder)),
        phrases=len(cycle.rows),
        trained=len(trained & judged) if tests_alone else None,
    )
    page = TEMPLATES.get_template("report.html.j2").render(
        cycle=cycle,
        decision=decision,
        verdict=VERDICTS[decision.verdict],
        sentence=decision.reasons[0].partition(": "),
        tiles=first_screen(decision, deciding_categories, tested),
        steps=next_steps(cycle, decision, candidate, approval, practice=bool(about)),
        not_spoken=not_spoken(audits.critical_tokens),
        regressions=decision.changes.regressions(deciding_categories),
        audits=audits,
        audit_sentences=audit_sentences(audits),
        arms=arms,
        about_model=about,
        facts=report_facts(cycle, decision, training, len(deciding.rows)),
        category_chart=category_chart(deciding),
        scope_chart=scope_chart(compared, side),
        breakdown_charts=breakdown_charts(deciding),
        arm_chart=arm_chart(arms, compared, side, priority) if arms else None,
        guard_chart=guard_chart(decision.guards),
        training_chart=training_chart(training.metrics_per_epoch if training else ()),
        trend_chart=trend_chart(decision, cycle.number, ledger, cycle.scoring),
        anchor_head=["Guard", *(line[0] for line in anchor_rows)],
        anchor_lines=[
            [name, *(line[n] for line in anchor_rows)] for n, name in enumerate(anchored, 1)
        ],
        critical=critical[:SHOWN_CRITICAL],
        critical_counts=critical_counts(critical),
        critical_left_out=max(0, len(critical) - SHOWN_CRITICAL),
        rows=rows,
        left_out=len(outcomes) - len(rows),
        right=outcomes.count("right"),
        how_to_read=BOTH,
        guard_head=[*GUARD_HEAD],
        guard_lines=guard_lines(decision.guards),
        scope_head=[*SCOPE_HEAD],
        scopes=[[name, *scope_cells(scope)] for name, scope in decision.scopes.items()],
        categories=[[name, *scope_cells(scope)] for name, scope in decision.categories.items()],
        arm_head=arm_head(arms.arms if arms else ()),
        arm_lines=arm_lines(arms.arms if arms else ()),
        style=part("base.css") + part("report.css"),
        script=part("report.js"),
        digest=source_digest,
    )
    write_atomic(cycle.next_folder / "report.html", page)
