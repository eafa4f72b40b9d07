"""Stage boost: what phrase boosting gives without training; leave boost.json."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.domain.decoding import DecodingConfig
from tasks.domain.errors import DamagedFile, JobFailed, JobFault
from tasks.domain.progress import ALREADY_DONE, REUSED, StageSummary, in_words
from tasks.domain.scoring.metrics import rate
from tasks.domain.verdict.arms import Arm, arm, cannot_stop, choose_boosting, judge_arm
from tasks.jobs.decodings import run_decodings
from tasks.logs import log
from tasks.orchestration.artifacts import publish_gate
from tasks.orchestration.stage import stage
from tasks.orchestration.work_pool import submitter
from tasks.records.files import write_record
from tasks.records.record import read_record
from tasks.records.stages import BoostRecord, GateRecord
from tasks.workspace.comparison import arm_rows, boost_systems, decodings_of, read_transcribed
from tasks.workspace.cycle import Cycle
from tasks.workspace.models import current_boost, spelled_vocabulary

GAIN_IS_BOOSTINGS = (
    "The fine-tune of this cycle was judged first, on a line of its own in the ledger: its gain is "
    "boosting's, so the boosted comparison model, which needs no training, is judged as the system to keep."
)


@dataclass(frozen=True)
class BoostSummary(StageSummary):
    """The boosting that was chosen, and whether the boosted model is judged without training."""

    chosen: str | None
    is_candidate: bool
    reused: bool = False

    @property
    def words(self) -> str:
        return in_words(
            self.chosen or "no boosting was chosen",
            "judged without training" if self.is_candidate else "",
            ALREADY_DONE if self.reused else "",
        )

    @property
    def reuse(self) -> str:
        return REUSED if self.reused else ""


@stage("boost", runs_a_job=True)
def boost_comparison(cycle: Cycle, pool: str | None = None, shards: int = 1) -> BoostSummary:
    """Decode the comparison model boosted, on rows that train; write boost.json, or reuse it."""
    if cycle.policy.boost == "off":
        return BoostSummary(None, is_candidate=False)
    record: BoostRecord | None = None
    try:
        record = current_boost(cycle)
    except DamagedFile as error:
        log().warning("boost: %s; it is made again now", error)
    is_current = record is not None and bool(record.arms)  # what failed before may succeed now
    if record is None or not is_current:
        record = _measure(cycle, pool, shards)
        write_record(cycle.boost, record)
        gate = read_record(cycle.gate, GateRecord)
        if gate is not None:
            publish_gate(cycle, gate)
    for reason in record.reasons:
        log().info("boost: %s", reason)
    chosen = record.chosen.name if record.chosen else None
    return BoostSummary(chosen, record.is_candidate, reused=is_current)


@stage("boost")
def judge_boosted(cycle: Cycle) -> BoostSummary:
    """Make the boosted comparison model the candidate, after a fine-tune whose gain is boosting's."""
    record = current_boost(cycle)
    if record is None or record.chosen is None:
        raise DamagedFile(f"{cycle.boost} is not there: run the cycle again")
    reasons = record.reasons if record.is_candidate else (*record.reasons, GAIN_IS_BOOSTINGS)
    write_record(cycle.boost, record.model_copy(update={"is_candidate": True, "reasons": reasons}))
    return BoostSummary(record.chosen.name, is_candidate=True)


def _measure(cycle: Cycle, pool: str | None, shards: int) -> BoostRecord:
    named = boost_systems(cycle)
    given = arm_rows(cycle, "boost", named)
    cannot = cannot_stop(given, cycle.policy) if cycle.policy.boost == "stop" else ""
    if cannot:
        log().warning("%s", cannot)
    try:
        decodings = decodings_of(cycle, named, "boost")
        run_decodings(decodings, shards, submitter("transcribe", pool, cycle))
    except JobFailed as error:
        needed = cycle.policy.boost == "stop" or (cycle.policy.arms and cycle.policy.arms.boosted)
        if needed or error.retryable or error.fault is not JobFault.OTHER:
            raise
        log().warning("boost: %s", error)
        return _record(cycle, [], None, [f"What boosting gives could not be measured: {error}"])
    before, *tried = read_transcribed(cycle, given, named, "boost", "boost")
    boosted = [one for one in tried if one.decoding.boost_alpha is not None]
    best = choose_boosting(given, before, boosted, cycle.policy)
    arms = [arm(given, one, cycle.policy, chosen=one is best) for one in (before, *tried)]
    chosen = next((one for one in arms if one.chosen), None)
    reasons = [*_sentences(arms[0], chosen), *_about_the_list(cycle)]
    if best is None or cycle.policy.boost != "stop":
        return _record(cycle, arms, chosen.decoding if chosen else None, reasons)
    decision = judge_arm(given, before, best, cycle.policy)
    if decision.verdict == "keep":
        reasons.append("Nothing is trained: the boosted model is judged, as boost: stop asks.")
        return _record(cycle, arms, best.decoding, reasons, is_candidate=True)
    reasons.append(f"That does not suffice to stop at: {' '.join(decision.reasons)}")
    return _record(cycle, arms, best.decoding, reasons)


def _sentences(before: Arm, chosen: Arm | None) -> list[str]:
    """Return the sentences on the gain of boosting alone."""
    if chosen is None:
        return [
            "Phrase boosting alone does not help: no weight that was tried misses fewer priority terms "
            "within the limits of the guards."
        ]
    return [
        f"Phrase boosting alone ({chosen.decoding.name}), before any training: priority KER "
        f"{rate(before.priority_ker)} → {rate(chosen.priority_ker)} on {chosen.rows} rows of train and "
        f"validation, false keywords {before.false_keywords} → {chosen.false_keywords}, general WER "
        f"{rate(before.general_wer)} → {rate(chosen.general_wer)} on {chosen.general_clips} clips."
    ]


def _about_the_list(cycle: Cycle) -> list[str]:
    """Return the sentences on the phrases that are boosted."""
    boosted, cannot = spelled_vocabulary(cycle)
    if boosted is None:
        return []
    left_out = f" {len(cannot):,} others cannot be written by this base." if cannot else ""
    lines = [f"Boosted are {boosted.sentence}.{left_out}"]
    return [*lines, boosted.warning] if boosted.warning else lines


def _record(
    cycle: Cycle,
    arms: list[Arm],
    chosen: DecodingConfig | None,
    reasons: list[str],
    *,
    is_candidate: bool = False,
) -> BoostRecord:
    return BoostRecord(
        cycle=cycle.number,
        arms=tuple(arms),
        measured_on="train and validation rows",
        chosen=chosen,
        is_candidate=is_candidate,
        reasons=tuple(reasons),
        comparison=cycle.comparison.record(),
        inputs_sha256=cycle.inputs_sha256,
        scoring=cycle.scoring,
    )
