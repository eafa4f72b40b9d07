"""Stage decide: compare on held-out rows, leave the verdict, the champion and the ledger line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tasks.domain.alphabet.spelling import unwritable_sentence, unwritable_terms
from tasks.domain.errors import DamagedFile
from tasks.domain.policy import Policy
from tasks.domain.progress import StageSummary, in_words
from tasks.domain.split import Side, Split, judged_positions
from tasks.domain.verdict.arms import Arms
from tasks.domain.verdict.audits import Audits, audit, stop_advice
from tasks.domain.verdict.comparison import GuardSet, ScoredHypotheses
from tasks.domain.verdict.decide import Accepted, Decision, decide, deciding_positions
from tasks.domain.verdict.evidence import with_evidence
from tasks.domain.verdict.growth import growth_plan, lacking_terms
from tasks.domain.verdict.rule import Verdict
from tasks.domain.verdict.sentence import BOOSTED, TRAINED, with_sentence
from tasks.domain.verdict.summary import VERDICTS, decision_markdown
from tasks.orchestration.stage import stage
from tasks.records.files import write_csv, write_record
from tasks.records.ledger_line import DecisionLine, JudgedOn, LedgerLine
from tasks.records.record import read_record
from tasks.records.stages import Approval, DecisionRecord, TrainingRecord
from tasks.report.page import write_report
from tasks.workspace.approval import approval_of, with_approval
from tasks.workspace.archives import alphabet_of_model
from tasks.workspace.comparison import (
    ComparedRows,
    acceptance_rows,
    anchor_record,
    compare_models,
    general_speech,
    read_alternative,
    read_anchored,
    read_fold_hypotheses,
)
from tasks.workspace.cycle import Cycle, Run, System
from tasks.workspace.decoded import sides
from tasks.workspace.ledger import now, read_ledger, record_decision
from tasks.workspace.lineage import judged_on, look_at, seen_rows
from tasks.workspace.models import (
    boosted_phrases,
    candidate_system,
    current_arms,
    current_boost,
    spelled_vocabulary,
)
from tasks.workspace.open import check_unchanged
from tasks.workspace.splits import sides_sha256, split_faults, split_of
from tasks.workspace.times import cycle_spent
from tasks.workspace.verified import fields_of, judged_sha256

PlanLine = Mapping[str, str | int]


@dataclass(frozen=True)
class DecideSummary(StageSummary):
    """The verdict, and the relative drop of the priority KER it rests on.

    `judges_boosted`: the gain is boosting's, and the boosted comparison model is judged next.
    """

    verdict: Verdict
    relative_drop: float | None
    judges_boosted: bool = False

    @property
    def words(self) -> str:
        drop = self.relative_drop
        return in_words(
            VERDICTS[self.verdict],
            "" if drop is None else f"priority KER {'down' if drop >= 0 else 'up'} {abs(drop):.1%}",
            "the gain is boosting's" if self.judges_boosted else "",
        )


@dataclass(frozen=True)
class Judgment:
    """A verdict with the rows that it was taken on; `test` are the positions that were judged.

    `deciding` are the same, but all of them by the published rule.
    """

    decision: Decision
    compared: ComparedRows
    general: GuardSet | None
    folds: ScoredHypotheses | None
    split: Split
    test: Sequence[int]
    deciding: Sequence[int]

    def with_evidence(self, accepted: Accepted | None, policy: Policy) -> Judgment:
        """Name what speech was judged; `accepted` are rows of another source, where decoded."""
        rows, pair = self.compared.rows, self.compared.pair
        pair = replace(pair, candidate=self.folds) if self.folds else pair
        judged, both = [rows[p] for p in self.deciding], pair.at(self.deciding)
        return replace(self, decision=with_evidence(self.decision, judged, both, accepted, policy))


def asks_for_acceptance(cycle: Cycle, *, override: bool = False) -> bool:
    """Whether acceptance.jsonl has to be decoded: for a candidate that would else be kept, and for one
    that a person wants to keep against the verdict."""
    if cycle.acceptance is None or cycle.policy.decide.rule == "published":
        return False
    return (
        override
        or _judge(cycle, candidate_system(Run(cycle)), accepted=None).decision.verdict == "keep"
    )


@stage("decide")
def decide_cycle(cycle: Cycle) -> DecideSummary:
    """Write report, champion and ledger line, and decision.json last, when all others are complete."""
    check_unchanged(cycle)
    candidate = candidate_system(Run(cycle))
    trained = candidate.path == Run(cycle).candidate  # else it is the comparison model, boosted
    training = read_record(Run(cycle).training_info, TrainingRecord) if trained else None
    for fault in split_faults(Run(cycle).folder):
        raise DamagedFile(fault)
    earlier = read_ledger(cycle.root)
    judgment = _judge(cycle, candidate, accepted=None)
    recorded = acceptance_rows(cycle, candidate)
    accepted = Accepted(recorded.rows, recorded.pair) if recorded else None
    if accepted is not None:  # decoded for a candidate that would be kept, or before an override
        judgment = _judge(cycle, candidate, accepted)
    judgment = judgment.with_evidence(accepted, cycle.policy)
    compared = judgment.compared
    approval, answer = approval_of(cycle, candidate.record(), judgment.decision)
    decision = with_approval(judgment.decision, approval, answer)
    names = TRAINED if trained else BOOSTED
    decision = with_sentence(decision, cycle.policy, names, approval)

    advice = _advice(cycle, judgment, earlier, training)
    audio = [facts.sha256 for facts in cycle.require_benchmark.audio]
    general = judgment.general.pair if judgment.general else None
    audits = audit(compared.rows, judgment.split, audio, compared.pair, general, advice)
    plan = _growth_plan(cycle, judgment)

    arms = _arms(cycle)
    record = _record(cycle, candidate, decision, audits, training, arms, approval)
    write_report(cycle, decision, audits, compared, arms, approval)
    _write_plan(cycle.next_folder / "growth_plan.csv", plan)
    record_decision(cycle, _ledger_line(record, judged_on(cycle, judgment.deciding)), answer)
    write_record(cycle.decision, record)
    return DecideSummary(decision.verdict, decision.priority.relative_drop, record.judges_boosted)


def _judge(cycle: Cycle, candidate: System, accepted: Accepted | None) -> Judgment:
    """Gather the transcripts of both models, and decide."""
    compared, general = compare_models(cycle, candidate), general_speech(cycle, candidate)
    folds = read_fold_hypotheses(cycle)
    split, seen = _split(cycle), seen_rows(cycle)
    test = judged_positions(len(cycle.rows), split.test, seen, folds=folds is not None)
    deciding = deciding_positions(
        len(cycle.rows), split.test, seen, cycle.policy, folds=folds is not None
    )
    look = look_at(cycle, candidate.record(), deciding)
    decision = decide(
        compared.rows,
        split,
        compared.pair,
        general,
        cycle.policy,
        folds,
        seen=seen,
        look=look.number,
        again=look.again,
        accepted=accepted,
        anchor=read_anchored(cycle, candidate, test, general),
        alternative=read_alternative(cycle, test),
        boosted=boosted_phrases(cycle.comparison, candidate),
    )
    decision = look.stamped(decision)
    cannot = unwritable_terms(
        [row.term for row in cycle.rows], alphabet_of_model(candidate.model.path)
    )
    if cannot:
        decision = replace(decision, reasons=(*decision.reasons, unwritable_sentence(cannot)))
    return Judgment(decision, compared, general, folds, split, test, deciding)


def _split(cycle: Cycle) -> Split:
    """Return the positions of the rows on each side, in manifest order."""
    side = sides(Run(cycle))
    names = [side[row.audio_filepath] for row in cycle.rows]

    def on(wanted: Side) -> tuple[int, ...]:
        return tuple(position for position, name in enumerate(names) if name == wanted)

    return Split(train=on("train"), test=on("test"), validation=on("validation"))


def _advice(
    cycle: Cycle,
    judgment: Judgment,
    earlier: Sequence[LedgerLine],
    training: TrainingRecord | None,
) -> list[str]:
    """Return when to stop tuning."""
    scores = judgment.compared.pair.candidate.scores
    words = int(scores.at(judgment.split.validation).words.sum())
    before = {
        line.cycle: line
        for line in earlier
        if isinstance(line, DecisionLine)
        and line.cycle < cycle.number
        and line.scoring == cycle.scoring
    }
    drops = [before[number].priority.relative_drop for number in sorted(before)]
    epochs = training.metrics_per_epoch if training else ()
    limit = cycle.policy.gate.unheard_above
    latest = judgment.decision.priority.relative_drop
    return stop_advice([*drops, latest], epochs, limit, words)


def _growth_plan(cycle: Cycle, judgment: Judgment) -> list[PlanLine]:
    """Return the lines of growth_plan.csv; none for a candidate that is kept."""
    decision, rows, pair = judgment.decision, judgment.compared.rows, judgment.compared.pair
    if decision.verdict == "keep":
        return []
    hypotheses = judgment.folds or pair.candidate
    first_base = decision.against_anchor.apart if decision.against_anchor else ()
    lacking = lacking_terms(
        rows,
        replace(pair, candidate=hypotheses),
        judgment.test,
        cycle.policy,
        look=decision.priority.look,
        guards=(*decision.guards, *first_base),
    )
    priority = cycle.policy.priority_categories
    plan = growth_plan(rows, judgment.test, hypotheses, lacking, priority)
    lists = ("context_types", "noise_levels")
    return [asdict(one) | {key: ";".join(getattr(one, key)) for key in lists} for one in plan]


def _write_plan(path: Path, lines: Sequence[PlanLine]) -> None:
    """Write the plan, or take away that of an earlier decision."""
    if lines:
        write_csv(path, lines)
    else:
        path.unlink(missing_ok=True)


def _record(
    cycle: Cycle,
    candidate: System,
    decision: Decision,
    audits: Audits,
    training: TrainingRecord | None,
    arms: Arms | None,
    approval: Approval | None,
) -> DecisionRecord:
    spent = cycle_spent(cycle)
    return DecisionRecord(
        cycle=cycle.number,
        verdict=decision.verdict,
        rule=decision.rule,
        reasons=decision.reasons,
        next=decision.next,
        scopes=decision.scopes,
        categories=decision.categories,
        priority=decision.priority,
        changes=decision.changes,
        guards=decision.guards,
        arms=arms.arms if arms else (),
        left_out=decision.left_out,
        invented=decision.invented,
        approval=approval,
        override=decision.override,
        anchor=anchor_record(cycle) if decision.against_anchor else None,
        against_anchor=decision.against_anchor,
        against_boosting=decision.against_boosting,
        limits_changed=decision.limits_changed,
        evidence=decision.evidence,
        spent=spent,
        summary=decision_markdown(cycle.number, decision, audits, arms, spent),
        audits=audits,
        base=cycle.comparison.record(),
        candidate=candidate.record(),
        trained_from=cycle.base.record(),
        hand_off=candidate.model.architecture.hand_off | candidate.decoding.hand_off,
        manifest_sha256=cycle.manifest_sha256,
        audio_sha256=cycle.audio_sha256,
        general_sha256=cycle.general_sha256,
        replay_sha256=cycle.replay_sha256,
        acceptance_sha256=cycle.acceptance_sha256,
        recipe=cycle.policy.sft,
        run=Run(cycle).name,
        folds=cycle.policy.folds,
        split_sha256=sides_sha256(split_of(Run(cycle))),
        policy_sha256=cycle.policy.sha256,
        inputs_sha256=cycle.inputs_sha256,
        scoring=cycle.scoring,
        versions=training.versions if training else {},
        image=training.image if training else None,
        decided_at=now(),
    )


def _arms(cycle: Cycle) -> Arms | None:
    """Return the systems that were compared on rows that do not decide."""
    boost = current_boost(cycle)
    tuned = current_arms(Run(cycle)) if cycle.policy.arms else None
    if tuned and not (boost and boost.is_candidate):
        listed, _ = spelled_vocabulary(cycle)
        marked = (listed.warning,) if listed and boost and boost.arms else ()
        reasons = (*tuned.reasons, *(one for one in marked if one))
        return Arms(tuned.arms, tuned.measured_on, reasons)
    return Arms(boost.arms, boost.measured_on, boost.reasons) if boost else None


def _ledger_line(record: DecisionRecord, on: JudgedOn | None = None) -> DecisionLine:
    return DecisionLine(
        cycle=record.cycle,
        outcome=record.verdict,
        rule=record.rule,
        approval=record.approval,
        override=bool(record.override),
        open_guards=tuple(guard.name for guard in record.every_guard if guard.state == "open"),
        anchor=record.anchor,
        against_anchor=record.against_anchor,
        against_boosting=record.against_boosting,
        reasons=record.reasons,
        run=record.run,
        manifest_sha256=record.manifest_sha256,
        policy_sha256=record.policy_sha256,
        inputs_sha256=record.inputs_sha256,
        scoring=record.scoring,
        priority_ker=record.priority.ker_comparison,
        priority=record.priority,
        newly_missed=record.changes.rows("newly missed"),
        still_missed=record.changes.rows("still missed"),
        fixed=record.changes.rows("fixed"),
        rows=record.scopes["all"].rows,
        general_sha256=record.general_sha256,
        recipe_sha256=record.recipe.sha256,
        spent=record.spent,
        base=record.base,
        candidate=record.candidate,
        judged_sha256=judged_sha256(fields_of(record)),
        judged_on=on,
        limits_changed=record.limits_changed,
        evidence=record.evidence,
        finished_at=record.decided_at,
    )
