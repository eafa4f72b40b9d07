"""Stage decide: compare on held-out rows, leave the verdict, the champion and the ledger line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tasks.domain.policy import Policy
from tasks.domain.split import Split
from tasks.domain.verdict.audits import Audits, audit, stop_advice
from tasks.domain.verdict.comparison import ScoredHypotheses
from tasks.domain.verdict.decide import Decision, decide
from tasks.domain.verdict.growth import growth_plan
from tasks.domain.verdict.power import priority_power
from tasks.domain.verdict.summary import decision_markdown
from tasks.orchestration.stage import stage
from tasks.report.page import write_report
from tasks.workspace.decoded import (
    ComparedRows,
    compare_models,
    general_speech,
    read_fold_hypotheses,
)
from tasks.workspace.inputs import audio_path
from tasks.workspace.ledger import crown, ledger, record_in_ledger
from tasks.workspace.models import candidate_model
from tasks.workspace.paths import Cycle, Model, file_sha256, read_json, sides, write_csv, write_json


@stage("decide")
def decide_cycle(cycle: Cycle) -> dict[str, Any]:
    """Write report, champion and ledger line, and decision.json last: it says that all stands."""
    candidate = candidate_model(cycle)
    both, general = compare_models(cycle, candidate), general_speech(cycle, candidate)
    folds = read_fold_hypotheses(cycle)
    split = _split(cycle, both)
    audio = [file_sha256(audio_path(cycle.manifest, row)) for row in both.rows]
    training = read_json(cycle.training_info) or {}

    decision = decide(both.rows, split, both.pair, general, cycle.policy, folds)
    drops = [*_earlier_drops(cycle), decision.priority.relative_drop]
    advice = stop_advice(drops, training.get("metrics_per_epoch", [])) + _tries(cycle)
    audits = audit(both.rows, split, audio, both.pair, general, advice)
    plan: list[dict[str, Any]] = []
    if decision.verdict != "keep":
        judged = split.validation if folds is None else range(len(both.rows))
        plan = _growth_plan(both, judged, folds or both.pair.candidate, cycle.policy)

    record = _record(cycle, candidate, decision, audits, training)
    write_report(cycle, decision, audits, both)
    _write_plan(cycle.next_folder / "growth_plan.csv", plan)
    if decision.verdict == "keep":
        crown(cycle, record["candidate"], record["decided_at"])
    record_in_ledger(cycle, _ledger_line(record))
    write_json(cycle.decision, record)
    return {"verdict": decision.verdict, "relative_drop": decision.priority.relative_drop}


def _split(cycle: Cycle, both: ComparedRows) -> Split:
    """The positions of the rows on each side, in manifest order."""
    side = sides(cycle)
    names = [side[row.audio_filepath] for row in both.rows]
    train, validation = (
        tuple(n for n, name in enumerate(names) if name == wanted)
        for wanted in ("train", "validation")
    )
    return Split(train, validation, ())


def _earlier_drops(cycle: Cycle) -> list[float | None]:
    """The relative drop of each earlier decided cycle, in the order of cycles."""
    latest = {
        line["cycle"]: line["priority"]["relative_drop"]
        for line in ledger(cycle.root)
        if line.get("priority") and line["cycle"] < cycle.number
    }
    return [latest[number] for number in sorted(latest)]


def _tries(cycle: Cycle) -> list[str]:
    """Say how many fine-tunes these rows have judged: the more, the likelier one looks good."""
    judged = {
        line["run"]
        for line in ledger(cycle.root)
        if line.get("run") and line["manifest_sha256"] == cycle.manifest_sha256
    } | {cycle.run}
    if len(judged) == 1:
        return []
    return [f"{len(judged)} fine-tunes were judged on this benchmark; the p-value is that of one."]


def _growth_plan(
    both: ComparedRows, judged: Sequence[int], heard: ScoredHypotheses, policy: Policy
) -> list[dict[str, Any]]:
    """The lines of growth_plan.csv: `judged` rows were held out, `heard` is what decided on them."""
    deciding = len(set(policy.priority_positions(both.rows)) & set(judged))
    seen = priority_power(both.rows, both.pair.comparison.missed, deciding, policy)
    needed = seen.rows_needed if seen else 0
    plan = growth_plan(both.rows, judged, heard, needed, policy.priority_categories)
    lists = ("context_types", "noise_levels")
    return [asdict(one) | {key: ";".join(getattr(one, key)) for key in lists} for one in plan]


def _write_plan(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Write the plan, or take away that of an earlier decision."""
    if lines:
        write_csv(path, lines)
    else:
        path.unlink(missing_ok=True)


def _record(
    cycle: Cycle,
    candidate: Model,
    decision: Decision,
    audits: Audits,
    training: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "cycle": cycle.number,
        **asdict(decision),
        "summary": decision_markdown(cycle.number, decision, audits),
        "audits": asdict(audits),
        "base": cycle.comparison.record(),
        "candidate": candidate.record(),
        "trained_from": cycle.base.record(),
        "hand_off": cycle.base.architecture.hand_off,
        "manifest_sha256": cycle.manifest_sha256,
        "audio_sha256": cycle.audio_sha256,
        "general_sha256": cycle.general_sha256,
        "replay_sha256": cycle.replay_sha256,
        "recipe": cycle.policy.sft.model_dump(mode="json"),
        "run": cycle.run,
        "folds": cycle.policy.folds,
        "policy_sha256": cycle.policy.sha256,
        "inputs_sha256": cycle.inputs_sha256,
        "versions": training.get("versions", {}),
        "image": training.get("image"),
        "decided_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _ledger_line(record: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("cycle", "reasons", "run", "manifest_sha256", "policy_sha256", "inputs_sha256")
    return {
        **{key: record[key] for key in keys},
        "outcome": record["verdict"],
        "priority_ker": record["priority"]["ker_base"],
        "priority": record["priority"],
        "base": record["base"],
        "candidate": record["candidate"],
        "finished_at": record["decided_at"],
    }
