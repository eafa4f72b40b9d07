"""Stage gate: score the baseline, choose the route, leave gate.json."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, fields

from tasks.benchmark.audition_file import audition_page_path
from tasks.benchmark.harden import MORE_TERMS, shortage, what_helps
from tasks.domain import gate as domain
from tasks.domain.alphabet.spelling import BenchmarkSpelling, benchmark_spelling
from tasks.domain.errors import DamagedFile, Fault, InvalidInput
from tasks.domain.progress import StageSummary, in_words
from tasks.domain.split import Split
from tasks.domain.unheard import unheard_speech
from tasks.domain.verdict.comparison import ScoredHypotheses, score_clinical, score_general
from tasks.domain.verdict.decide import deciding_positions
from tasks.domain.verdict.evidence import never_accepted
from tasks.domain.verdict.looks import Look
from tasks.logs import log
from tasks.orchestration.artifacts import publish_gate
from tasks.orchestration.stage import stage
from tasks.records.build import is_as_built
from tasks.records.files import write_record
from tasks.records.ledger_line import DecisionLine, GateLine
from tasks.records.record import ModelRecord
from tasks.records.stages import GateRecord
from tasks.workspace.commands import audition_command, build_command
from tasks.workspace.comparison import anchor_alpha
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import Decoding, own_baseline_is_stale
from tasks.workspace.hypotheses import Results, match_hypotheses, write_results
from tasks.workspace.ledger import now, read_ledger, record_in_ledger
from tasks.workspace.lineage import look_at, planned_split, seen_rows, trained_acceptance
from tasks.workspace.models import candidate_system
from tasks.workspace.open import POLICY_FILE, TERMS_FILE
from tasks.workspace.times import cycle_spent


@dataclass(frozen=True)
class GateSummary(StageSummary):
    """Where the gate sends the cycle."""

    passed: bool
    route: domain.Route
    priority_ker: float | None

    @property
    def words(self) -> str:
        if self.route == "evaluate":
            return "no baseline yet: the base has to be decoded first"
        outcome = "passed" if self.passed else f"stopped: {domain.NEXT[self.route]}"
        ker = self.priority_ker
        return in_words(outcome, "" if ker is None else f"priority KER {ker:.3f}")

    def decodes_first(self, cycle: Cycle) -> bool:
        """Whether the comparison model has to be decoded before the gate can choose."""
        return self.route == "evaluate" and cycle.policy.decode_baseline


@stage("gate")
def check_gate(cycle: Cycle) -> GateSummary:
    """Route the cycle; route `evaluate` asks for a decoding of the comparison model first.

    Raises InvalidInput where acceptance.jsonl has a sentence that is trained.
    """
    faults = trained_acceptance(cycle)
    if faults:
        raise InvalidInput(faults)
    hypotheses = _baseline(cycle)
    view = cycle.policy.view
    scored = None if hypotheses is None else score_clinical(cycle.rows, hypotheses, view)
    first = _is_first_evaluation(cycle)

    divided = scored is not None or (cycle.benchmark and shortage(cycle.rows, cycle.policy))
    split, seen = (planned_split(cycle), seen_rows(cycle)) if divided else (None, frozenset[int]())

    candidate = _candidate(cycle)
    look = _look(cycle, candidate, split, seen).number if split else 1
    gate = domain.check_gate(
        cycle.rows if cycle.benchmark else None,
        scored.scores if scored else None,
        cycle.base.architecture,
        cycle.policy,
        first_evaluation=first,
        split=split,
        seen=seen,
        look=look,
        anchor_alpha=anchor_alpha(cycle, candidate),
        general_clips=len(cycle.general.rows) if cycle.general else 0,
        unheard=_unheard(cycle, scored) if scored else "",
        published=scored.published if scored else None,
        spelling=_spelling(cycle, split),
        never_accepted=never_accepted(
            cycle.acceptance.rows if cycle.acceptance else None, cycle.policy, look
        ),
    )

    summary = GateSummary(gate.passed, gate.route, gate.priority_ker)
    if gate.power is not None:
        log().log(logging.INFO if gate.power.enough else logging.WARNING, gate.power.sentence)
    if scored is not None:
        results = Results(f"Cycle {cycle.number}, baseline", cycle.rows, scored)
        # the ordinary names are taken where the cycle before scored its candidate in this folder
        prefix = "baseline_" if (cycle.folder / "offline_hyps.jsonl").exists() else ""
        leaderboard = f"{prefix}leaderboard_cycle{cycle.number}.md"
        write_results(cycle.folder, leaderboard, results, name=f"{prefix}results.csv")
    record = _record(cycle, gate)
    write_record(cycle.gate, record)
    if not summary.decodes_first(cycle):
        publish_gate(cycle, record)
    if not gate.passed and not summary.decodes_first(cycle):
        record_in_ledger(cycle.root, _ledger_line(cycle, record))
    return summary


def _candidate(cycle: Cycle) -> ModelRecord | None:
    """Return this cycle's candidate where it is trained already."""
    with suppress(DamagedFile):
        return candidate_system(Run(cycle)).record()
    return None


def _look(cycle: Cycle, candidate: ModelRecord | None, split: Split, seen: frozenset[int]) -> Look:
    """The look that this cycle's candidate will be, or is.

    Raises InvalidInput where the limits changed after an earlier one and the policy allows none.
    """
    folds = cycle.policy.folds is not None
    test = deciding_positions(len(cycle.rows), split.test, seen, cycle.policy, folds=folds)
    look = look_at(cycle, candidate, test)
    if cycle.policy.preregister and look.limits_changed:
        expected = "expected the limits of the first look at the same terms, as preregister asks"
        raise InvalidInput([Fault(f"{expected}; {look.limits_changed}", POLICY_FILE)])
    return look


def _baseline(cycle: Cycle) -> list[str] | None:
    """Give the hypotheses of per_sample.json in row order, None when this model has none."""
    if cycle.benchmark is None or not cycle.per_sample.exists() or own_baseline_is_stale(cycle):
        return None
    return match_hypotheses(cycle.per_sample, cycle.benchmark)


def _spelling(cycle: Cycle, split: Split | None) -> BenchmarkSpelling | None:
    """Compare the benchmark with the alphabet of the base; None without a benchmark."""
    if cycle.benchmark is None:
        return None
    priority = set(cycle.policy.priority_positions(cycle.rows))
    trainable = priority & set(split.train) if split else priority
    return benchmark_spelling(
        [row.text for row in cycle.rows],
        [row.term for row in cycle.rows],
        [position in trainable for position in range(len(cycle.rows))],
        cycle.alphabet,
    )


def _unheard(cycle: Cycle, baseline: ScoredHypotheses) -> str:
    """Say that the comparison model does not hear this speech at all; empty where it does.

    Only what was decoded here counts: what another system heard says nothing of this model.
    """
    decoding = Decoding(Run(cycle), cycle.comparison)
    if cycle.benchmark is None or not decoding.done:
        return ""
    texts, view = decoding.read(), cycle.policy.view
    own = baseline if texts == baseline.texts else score_clinical(cycle.rows, texts, view)
    clips = [row.text for row in cycle.general.rows] if cycle.general else []
    general = score_general(clips, decoding.read("general"), view) if clips else None
    return unheard_speech(cycle.rows, own, general, cycle.policy.gate.unheard_above)


def _is_first_evaluation(cycle: Cycle) -> bool:
    """Tell whether no other state of the benchmark was evaluated before."""
    return not any(
        line.priority_ker is not None and line.manifest_sha256 != cycle.manifest_sha256
        for line in read_ledger(cycle.root)
        if isinstance(line, GateLine | DecisionLine)
    )


def _record(cycle: Cycle, gate: domain.Gate) -> GateRecord:
    return GateRecord(
        cycle=cycle.number,
        **{field.name: getattr(gate, field.name) for field in fields(gate)},
        **_next(cycle, gate),
        base=cycle.base.record(),
        comparison=cycle.comparison.record(),
        manifest_sha256=cycle.manifest_sha256,
        baseline_sha256=cycle.baseline_sha256,
        policy_sha256=cycle.policy.sha256,
        inputs_sha256=cycle.inputs_sha256,
        scoring=cycle.scoring,
    )


def _next(cycle: Cycle, gate: domain.Gate) -> dict[str, str]:
    """Say what comes next: with a list of terms by which command, and what that needs first."""
    root, number = cycle.root, cycle.number
    if not (root / TERMS_FILE).is_file() or gate.route not in ("build", "harden", "pronunciation"):
        return {"next": gate.next}
    if gate.route == "pronunciation":
        command = f"{audition_command(root, number)} --serve"
        page = audition_page_path(root, number)
        again = build_command(root, number if _can_be_built_again(cycle) else number + 1)
        hear = (
            f"`{command}` lets you hear each, without --serve it leaves {page}; then `{again}` says "
            "again what was given another pronunciation"
        )
        return {"next": f"{gate.next}: {hear}", "command": command}
    if cycle.benchmark is None:
        command = build_command(root, number)
        return {"next": f"`{command}` builds it from {TERMS_FILE}", "command": command}
    needs = ""
    if gate.route == "build":
        small = shortage(cycle.rows, cycle.policy)
        needs = what_helps(cycle.rows, cycle.policy) if small else MORE_TERMS
        if small and _can_be_built_again(cycle):
            command = build_command(root, number)
            said = f"with {needs}, build this cycle again: `{command}`"
            return {"next": said, "needs": needs, "command": command}
    command = build_command(root, number + 1)
    first = f"{gate.next}: " if gate.route == "harden" else f"with {needs}, "
    said = f"{first}`{command}` makes cycle {number + 1} from {TERMS_FILE}"
    return {"next": said, "needs": needs, "command": command}


def _can_be_built_again(cycle: Cycle) -> bool:
    """Whether nothing rests on the manifest yet, and a build may write over it."""
    rests = cycle.decision.exists() or cycle.per_sample.exists()
    return not rests and is_as_built(cycle.folder)


def _ledger_line(cycle: Cycle, record: GateRecord) -> GateLine:
    return GateLine.model_validate(
        {
            "outcome": f"gate:{record.route}",
            "cycle": record.cycle,
            "reasons": record.reasons,
            "priority_ker": record.priority_ker,
            "manifest_sha256": record.manifest_sha256,
            "policy_sha256": record.policy_sha256,
            "inputs_sha256": record.inputs_sha256,
            "scoring": record.scoring,
            "spent": cycle_spent(cycle),
            "finished_at": now(),
        }
    )
