"""Stage arms: choose among the systems of one fine-tune on validation rows; leave arms.json."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.domain.errors import DamagedFile
from tasks.domain.progress import ALREADY_DONE, REUSED, StageSummary, counted, in_words
from tasks.domain.verdict.arms import Arm, Transcribed, arm, choose_arm, described
from tasks.jobs.decodings import run_decodings
from tasks.logs import log
from tasks.orchestration.stage import stage
from tasks.orchestration.work_pool import submitter
from tasks.records.files import file_sha256, link_atomic, write_record
from tasks.records.record import read_record
from tasks.records.stages import ArmsRecord, TrainingRecord
from tasks.workspace.comparison import (
    Named,
    arm_rows,
    boost_systems,
    decodings_of,
    read_transcribed,
    tuned_systems,
)
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.models import current_arms, current_boost


@dataclass(frozen=True)
class ArmsSummary(StageSummary):
    """The system that is judged, and how many were compared."""

    judged: str
    compared: int
    reused: bool

    @property
    def words(self) -> str:
        return in_words(
            f"{self.judged} is judged",
            counted(self.compared, "systems compared"),
            ALREADY_DONE if self.reused else "",
        )

    @property
    def reuse(self) -> str:
        return REUSED if self.reused else ""


@dataclass(frozen=True)
class DescribeSummary(StageSummary):
    """Systems whose test rows were decoded after the verdict."""

    arms: int

    @property
    def words(self) -> str:
        return counted(self.arms, "systems described") or "none to describe"


@stage("arms", runs_a_job=True)
def compare_arms(cycle: Cycle, pool: str | None = None, shards: int = 1) -> ArmsSummary:
    """Make one system of the fine-tune the candidate; write arms.json, or reuse it."""
    run = Run(cycle)
    record: ArmsRecord | None = None
    try:
        record = current_arms(run)
    except DamagedFile as error:
        log().warning("arms: %s; it is made again now", error)
    is_current = record is not None
    record = record or _choose(run, pool, shards)
    for reason in record.reasons:
        log().info("arms: %s", reason)
    judged = next(one.name for one in record.arms if one.chosen)
    return ArmsSummary(judged, len(record.arms), reused=is_current)


def _choose(run: Run, pool: str | None, shards: int) -> ArmsRecord:
    """Compare on validation rows; only these are decoded and read here."""
    cycle = run.cycle
    boost = current_boost(cycle)
    untrained = boost_systems(cycle) if boost and boost.arms else []
    tuned = tuned_systems(cycle, boost.chosen if boost else None)
    run_decodings(decodings_of(cycle, tuned, "arms"), shards, submitter("transcribe", pool, cycle))
    given = arm_rows(cycle, "arms", [*untrained, *tuned])
    expected, *others = read_transcribed(cycle, given, tuned, "arms", "arms")
    before = read_transcribed(cycle, given, untrained, "boost", "arms")
    if given.rows:
        chosen, reasons = choose_arm(given, expected, others, cycle.policy)
    else:
        chosen, reasons = expected, [f"{expected.name} is judged: there are no validation rows."]
    if cycle.policy.arms and cycle.policy.arms.boosted and not (boost and boost.chosen):
        reasons.append("No boosting was chosen, so the system that was expected is not boosted.")
    arms = [
        arm(given, one, cycle.policy, chosen=one is chosen) for one in (*before, expected, *others)
    ]
    return _promote(run, chosen, arms, reasons)


def _promote(run: Run, chosen: Transcribed, arms: list[Arm], reasons: list[str]) -> ArmsRecord:
    """Make the chosen average the run's candidate; arms.json is written last."""
    training = read_record(run.training_info, TrainingRecord)
    if training is None or chosen.base_share is None:
        raise DamagedFile(f"{run.training_info} is not there: run the cycle again from sft")
    model = run.arm(chosen.base_share)
    link_atomic(model, run.candidate)
    sha256 = file_sha256(run.candidate)
    write_record(run.training_info, training.model_copy(update={"candidate_sha256": sha256}))
    record = ArmsRecord(
        arms=tuple(arms),
        measured_on="validation rows",
        base_share=chosen.base_share,
        decoding=chosen.decoding,
        candidate_sha256=sha256,
        reasons=tuple(reasons),
        inputs_sha256=run.cycle.inputs_sha256,
        scoring=run.cycle.scoring,
    )
    write_record(run.arms, record)
    return record


@stage("describe-arms", runs_a_job=True)
def describe_arms(cycle: Cycle, pool: str | None = None, shards: int = 1) -> DescribeSummary:
    """Decode the test rows with every arm, once the verdict is written; arms.json has the figures.

    They describe, and decide nothing.
    """
    run = Run(cycle)
    record = current_arms(run)
    if record is None:
        raise DamagedFile(f"{run.arms} is not there: run the cycle again from sft")
    boost = current_boost(cycle)
    named: list[Named] = boost_systems(cycle) if boost and boost.arms else []
    named += tuned_systems(cycle, boost.chosen if boost else None)
    decodings = decodings_of(cycle, named, "test")
    run_decodings(decodings, shards, submitter("transcribe", pool, cycle))
    rows = arm_rows(cycle, "test").rows
    texts = {
        (share, system.decoding): one.read()
        for (_, share, system), one in zip(named, decodings, strict=True)
    }
    arms = [
        described(one, rows, texts[one.base_share, one.decoding], cycle.policy)
        for one in record.arms
    ]
    write_record(run.arms, record.model_copy(update={"arms": tuple(arms)}))
    return DescribeSummary(len(arms))
