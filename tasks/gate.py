"""Stage gate: score the baseline, choose the route, leave gate.json."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import partial

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
from tasks.domain.verdict.statistics import alpha_of_guards
from tasks.logs import log
from tasks.orchestration.artifacts import publish_gate
from tasks.orchestration.stage import stage
from tasks.records.build import is_as_built
from tasks.records.files import write_record
from tasks.records.ledger_line import DecisionLine, GateLine
from tasks.records.record import ModelRecord
from tasks.records.stages import GateRecord
from tasks.workspace.commands import audition_command, build_command, own_baseline_command
from tasks.workspace.comparison import anchor_alpha
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import Decoding, baseline_is_given, own_baseline_is_stale
from tasks.workspace.hypotheses import Results, read_hypotheses, write_results
from tasks.workspace.ledger import now, read_ledger, record_in_ledger
from tasks.workspace.lineage import look_at, planned_split, seen_rows, trained_acceptance
from tasks.workspace.models import candidate_system
from tasks.workspace.open import POLICY_FILE, TERMS_FILE
from tasks.workspace.times import cycle_spent


@dataclass(frozen=True)
class GateSummary(StageSummary):
    """The result of stage gate."""

    passed: bool
    route: domain.Route
    priority_ker: float | None
    system: str = ""

    @property
    def words(self) -> str:
        if self.route == "evaluate":
            return "no baseline yet: the base has to be decoded first"
        outcome = "passed" if self.passed else f"stopped: {domain.NEXT[self.route]}"
        ker, of = self.priority_ker, f" of {self.system}" if self.system else ""
        return in_words(outcome, "" if ker is None else f"priority KER {ker:.3f}{of}")

    @property
    def unconfirmed(self) -> bool:
        """Whether another system's transcripts opened the gate, and the comparison model has none yet."""
        return self.passed and bool(self.system)

    def decodes_first(self, cycle: Cycle) -> bool:
        """Whether the comparison model has to be decoded before the gate can choose."""
        return self.route == "evaluate" and cycle.policy.decode_baseline


@dataclass(frozen=True)
class Baseline:
    """Scored transcripts of the benchmark; `given` names their system where they came from outside."""

    scored: ScoredHypotheses
    given: domain.Given | None = None


@stage("gate")
def check_gate(cycle: Cycle) -> GateSummary:
    """Route the cycle; route `evaluate` asks for a decoding of the comparison model first.

    Given transcripts of another system may stop a cycle. Where they open the gate, those of the
    comparison model decide, once they are there.

    Raises InvalidInput where acceptance.jsonl has a sentence that is trained.
    """
    faults = trained_acceptance(cycle)
    if faults:
        raise InvalidInput(faults)
    baseline = _baseline(cycle)
    divided = baseline is not None or (cycle.benchmark and shortage(cycle.rows, cycle.policy))
    split, seen = (planned_split(cycle), seen_rows(cycle)) if divided else (None, frozenset[int]())

    candidate = _candidate(cycle)
    look = _look(cycle, candidate, split, seen) if split else Look()
    of_guards = alpha_of_guards(look.number, again=look.again)
    check = partial(
        domain.check_gate,
        cycle.rows if cycle.benchmark else None,
        architecture=cycle.base.architecture,
        policy=cycle.policy,
        split=split,
        seen=seen,
        look=look.number,
        guards_alpha=min(of_guards, anchor_alpha(cycle, candidate)),
        general_clips=len(cycle.general.rows) if cycle.general else 0,
        spelling=_spelling(cycle, split),
        never_accepted=never_accepted(
            cycle.acceptance.rows if cycle.acceptance else None, cycle.policy, look.number
        ),
    )
    gate = _checked(cycle, check, baseline)
    own = _own_transcripts(cycle) if gate.passed and gate.system else None
    if own is not None:
        gate = domain.confirm_gate(gate, _checked(cycle, check, own))

    summary = GateSummary(gate.passed, gate.route, gate.priority_ker, gate.system)
    if gate.power is not None:
        log().log(logging.INFO if gate.power.enough else logging.WARNING, gate.power.sentence)
    # the ordinary names are taken where the cycle before scored its candidate in this folder
    prefix = "baseline_" if (cycle.folder / "offline_hyps.jsonl").exists() else ""
    _write_scores(cycle, prefix, baseline)
    _write_scores(cycle, "own_", own)
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


def _baseline(cycle: Cycle) -> Baseline | None:
    """Return the scored transcripts of per_sample.json, None when this model has none."""
    if cycle.benchmark is None or not cycle.per_sample.exists() or own_baseline_is_stale(cycle):
        return None
    hypotheses = read_hypotheses(cycle.per_sample, cycle.benchmark)
    if hypotheses.note:
        log().info("%s", hypotheses.note)
    scored = score_clinical(cycle.rows, hypotheses.texts, cycle.policy.view)
    if not baseline_is_given(cycle):
        return Baseline(scored)
    model, system = cycle.comparison.model, hypotheses.system or domain.UNNAMED
    comparison = "the base" if model.identity == cycle.base.identity else "the champion"
    return Baseline(scored, domain.Given(system, comparison, system == model.label))


def _own_transcripts(cycle: Cycle) -> Baseline | None:
    """Return the scored transcripts of the comparison model as decoded here, None before that."""
    decoding = Decoding(Run(cycle), cycle.comparison)
    if not decoding.done:
        return None
    return Baseline(score_clinical(cycle.rows, decoding.read(), cycle.policy.view))


def _checked(
    cycle: Cycle, check: Callable[..., domain.Gate], baseline: Baseline | None
) -> domain.Gate:
    """Check the gate by one set of transcripts, None before there are any."""
    scored, given = (baseline.scored, baseline.given) if baseline else (None, None)
    return check(
        scores=scored.scores if scored else None,
        published=scored.published if scored else None,
        first_evaluation=_is_first_evaluation(cycle, given),
        unheard=_unheard(cycle, scored) if scored and not given else "",
        given=given,
    )


def _write_scores(cycle: Cycle, prefix: str, baseline: Baseline | None) -> None:
    """Write what transcripts scored, with whose they are, under names with this prefix."""
    if baseline is None:
        return
    of = f": {domain.transcripts_of(baseline.given.system)}" if baseline.given else ""
    results = Results(f"Cycle {cycle.number}, baseline{of}", cycle.rows, baseline.scored)
    leaderboard = f"{prefix}leaderboard_cycle{cycle.number}.md"
    write_results(cycle.folder, leaderboard, results, name=f"{prefix}results.csv")


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


def _unheard(cycle: Cycle, own: ScoredHypotheses) -> str:
    """Return a sentence where the comparison model cannot transcribe this speech at all, else nothing.

    Only what was decoded here counts: another system's transcripts are no evidence of this model.
    """
    decoding, view = Decoding(Run(cycle), cycle.comparison), cycle.policy.view
    if not decoding.done:
        return ""
    clips = [row.text for row in cycle.general.rows] if cycle.general else []
    general = score_general(clips, decoding.read("general"), view) if clips else None
    return unheard_speech(cycle.rows, own, general, cycle.policy.gate.unheard_above)


def _is_first_evaluation(cycle: Cycle, given: domain.Given | None) -> bool:
    """Return whether no other state of the benchmark was evaluated before.

    Evaluations of the comparison model count, and for a given system its own: those of another system
    are none of the comparison model.
    """
    systems = {"", given.system if given else ""}
    return not any(
        line.priority_ker is not None and line.manifest_sha256 != cycle.manifest_sha256
        for line in read_ledger(cycle.root)
        if isinstance(line, DecisionLine) or (isinstance(line, GateLine) and line.system in systems)
    )


def _record(cycle: Cycle, gate: domain.Gate) -> GateRecord:
    return GateRecord(
        cycle=cycle.number,
        **{field.name: getattr(gate, field.name) for field in fields(gate)},
        **_next_or_own(cycle, gate),
        base=cycle.base.record(),
        comparison=cycle.comparison.record(),
        manifest_sha256=cycle.manifest_sha256,
        baseline_sha256=cycle.baseline_sha256,
        policy_sha256=cycle.policy.sha256,
        inputs_sha256=cycle.inputs_sha256,
        scoring=cycle.scoring,
    )


def _next_or_own(cycle: Cycle, gate: domain.Gate) -> dict[str, str]:
    """Return the next step, and after a stop by given transcripts how to decode the comparison model."""
    found = _next(cycle, gate)
    if not gate.stopped_by_given or not cycle.policy.decode_baseline:
        return found
    ask = own_baseline_command(cycle.root, cycle.number, cycle.per_sample)
    by_itself = (
        f"{found['next']}. To decide by the comparison model's own transcripts instead: `{ask}`"
    )
    return {"command": ask} | found | {"next": by_itself}


def _next(cycle: Cycle, gate: domain.Gate) -> dict[str, str]:
    """Return the next step: with a list of terms its command, and what that needs first."""
    root, number = cycle.root, cycle.number
    if not (root / TERMS_FILE).is_file() or gate.route not in ("build", "harden", "pronunciation"):
        return {"next": gate.next}
    if gate.route == "pronunciation":
        command = f"{audition_command(root, number)} --serve"
        page = audition_page_path(root, number)
        again = build_command(root, number if _can_be_built_again(cycle) else number + 1)
        audition = (
            f"`{command}` plays each term, without --serve it writes {page}; then `{again}` speaks "
            "the terms again whose pronunciation was changed"
        )
        return {"next": f"{gate.next}: {audition}", "command": command}
    if cycle.benchmark is None:
        command = build_command(root, number)
        return {"next": f"`{command}` builds it from {TERMS_FILE}", "command": command}
    needs = ""
    if gate.route == "build":
        small = shortage(cycle.rows, cycle.policy)
        needs = what_helps(cycle.rows, cycle.policy) if small else MORE_TERMS
        if small and _can_be_built_again(cycle):
            command = build_command(root, number)
            sentence = f"with {needs}, build this cycle again: `{command}`"
            return {"next": sentence, "needs": needs, "command": command}
    command = build_command(root, number + 1)
    first = f"{gate.next}: " if gate.route == "harden" else f"with {needs}, "
    sentence = f"{first}`{command}` makes cycle {number + 1} from {TERMS_FILE}"
    return {"next": sentence, "needs": needs, "command": command}


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
            "system": record.system,
            "manifest_sha256": record.manifest_sha256,
            "policy_sha256": record.policy_sha256,
            "inputs_sha256": record.inputs_sha256,
            "scoring": record.scoring,
            "spent": cycle_spent(cycle),
            "finished_at": now(),
        }
    )
