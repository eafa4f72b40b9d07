"""Stage decide: compare on held-out rows, leave the verdict, the champion and the ledger line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from tasks.comparison import Compared, candidate_model, compared, general_speech, heard_by_folds
from tasks.domain.audits import Audits, audit, stop_advice
from tasks.domain.decide import Decision, decide
from tasks.domain.growth import growth_plan
from tasks.domain.power import power
from tasks.domain.split import Split
from tasks.domain.summary import decision_markdown
from tasks.inputs import audio_path
from tasks.ledger import crown, ledger, record_in_ledger
from tasks.report import write_report
from tasks.stage import stage
from tasks.workspace import Cycle, file_sha256, read_json, sides, write_csv, write_json


@stage("decide")
def decide_cycle(cycle: Cycle) -> dict[str, Any]:
    """Write report, champion and ledger line, and decision.json last: it says that all stands."""
    both, general, folds = compared(cycle), general_speech(cycle), heard_by_folds(cycle)
    split = _split(cycle, both)
    audio = [file_sha256(audio_path(cycle.manifest, row)) for row in both.rows]
    training = read_json(cycle.run_folder / "training_run_info.json") or {}

    decision = decide(both.rows, split, both.pair, general, cycle.policy, folds)
    audits = audit(both.rows, split, audio, both.pair, general)
    drops = [*_earlier_drops(cycle), decision.priority.relative_drop]
    advice = stop_advice(drops, training.get("metrics_per_epoch", []))

    record = _record(cycle, decision, audits, advice, training)
    write_report(cycle, decision, audits, both)
    _write_growth_plan(cycle, decision, split, both)
    if decision.verdict == "keep":
        crown(cycle, record["candidate"], record["decided_at"])
    record_in_ledger(cycle, _ledger_line(record))
    write_json(cycle.decision, record)
    return {"verdict": decision.verdict, "relative_drop": decision.priority.relative_drop}


def _split(cycle: Cycle, both: Compared) -> Split:
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


def _write_growth_plan(cycle: Cycle, decision: Decision, split: Split, both: Compared) -> None:
    """Write growth_plan.csv for a verdict that asks for rows; remove one of an earlier decision."""
    path = cycle.next_folder / "growth_plan.csv"
    path.unlink(missing_ok=True)
    if decision.verdict == "keep":
        return
    chosen = [
        n for n, row in enumerate(both.rows)
        if row.entity_category in cycle.policy.priority_categories
    ]  # fmt: skip
    terms = [both.rows[n].term for n in chosen]
    missed = both.pair.base.at(chosen).missed
    seen = power(terms, missed, decision.priority.rows, cycle.policy.decide.keep_drop)
    plan = growth_plan(
        both.rows,
        split.validation,
        both.pair.candidate,
        seen.rows_needed if seen else 0,
        cycle.policy.priority_categories,
    )
    lines = [
        asdict(one)
        | {key: ";".join(getattr(one, key)) for key in ("context_types", "noise_levels")}
        for one in plan
    ]
    if lines:
        write_csv(path, lines)


def _record(
    cycle: Cycle,
    decision: Decision,
    audits: Audits,
    advice: Sequence[str],
    training: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "cycle": cycle.number,
        **asdict(decision),
        "summary": decision_markdown(cycle.number, decision, audits, advice),
        "audits": asdict(audits),
        "advice": list(advice),
        "base": cycle.comparison.record(),
        "candidate": candidate_model(cycle).record(),
        "trained_from": cycle.base.record(),
        "hand_off": cycle.base.base.hand_off,
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
