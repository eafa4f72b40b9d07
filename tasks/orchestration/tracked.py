"""The data of an ended cycle for an experiment tracker: parameters, figures, tags and files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.domain.verdict.decide import Scope
from tasks.records.files import digest, file_sha256
from tasks.records.record import ModelRecord, read_record
from tasks.records.stages import DecisionRecord, GateRecord, TrainingRecord
from tasks.workspace.cycle import Cycle, Run, decision_of

RATES = ("wer", "cer", "ker", "ser", "wer_canonical", "ker_canonical")
Point = tuple[str, float, int]  # name, value, epoch


@dataclass(frozen=True)
class Tracked:
    """A cycle as a tracker has it.

    `key` identifies its run, `state` changes when there is something new to log. `model` is
    a kept model, None for one that was not kept.
    """

    name: str
    key: str
    state: str
    params: Mapping[str, str]
    points: tuple[Point, ...]
    tags: Mapping[str, str]
    files: tuple[Path, ...]
    model: ModelRecord | None


def tracked(cycle: Cycle) -> Tracked | None:
    """Gather what a cycle left for its present inputs; None while neither gate nor verdict ended it."""
    decision = decision_of(cycle)
    if decision is not None:
        return _decided(cycle, decision)
    gate = read_record(cycle.gate, GateRecord)
    if gate is None or gate.passed or gate.inputs_sha256 != cycle.inputs_sha256:
        return None
    tags = {"outcome": f"gate:{gate.route}", "reasons": " ".join(gate.reasons)}
    ker = gate.priority_ker
    if gate.system:
        tags |= {"system": gate.system}
    name = "priority_ker_given" if gate.system else "priority_ker_base"
    points = () if ker is None else ((name, ker, 0),)
    return _tracked(cycle, cycle.gate, _params(cycle), points, tags, (cycle.gate,))


def _decided(cycle: Cycle, decision: DecisionRecord) -> Tracked:
    run, number = Run(cycle), cycle.number
    own = decision.candidate.path == str(run.candidate)
    training = read_record(run.training_info, TrainingRecord) if own else None
    params = _params(cycle) | {"candidate_decoding": decision.candidate.decoding.name}
    points = [*_final(decision)]
    if training is not None:
        fields = training.hyperparameters.__dict__
        params |= {f"recipe.{name}": str(value) for name, value in fields.items()}
        epochs = enumerate(training.metrics_per_epoch)
        points += [(name, value, n) for n, one in epochs for name, value in one.items()]
    tags = {
        "outcome": decision.verdict,
        "rule": decision.rule,
        "approval": decision.approval or "",
        "override": decision.override,
        "evidence": decision.evidence,
        "limits_changed": decision.limits_changed,
        "verdict": decision.reasons[0],
        "reasons": " ".join(decision.reasons[1:]),
        "candidate_sha256": str(decision.candidate.sha256),
        "first_base_sha256": str(decision.anchor.sha256) if decision.anchor else "",
        "against_boosting": decision.against_boosting.sentence if decision.against_boosting else "",
    }
    files = [
        cycle.next_folder / "report.html",
        cycle.decision,
        cycle.next_folder / f"leaderboard_cycle{number + 1}.md",
        *([run.training_info, *sorted(run.tensorboard.glob("*"))] if training else []),
    ]
    kept = decision.verdict == "keep" and decision.approval in (None, "yes")
    kept = (kept or bool(decision.override)) and bool(
        decision.candidate.path
    )  # else nothing to log
    model = decision.candidate if kept else None
    return _tracked(cycle, cycle.decision, params, tuple(points), tags, tuple(files), model)


def _tracked(
    cycle: Cycle,
    record: Path,
    params: Mapping[str, str],
    points: tuple[Point, ...],
    tags: Mapping[str, str],
    files: tuple[Path, ...],
    model: ModelRecord | None = None,
) -> Tracked:
    known = {"cycle": str(cycle.number), "inputs_sha256": cycle.inputs_sha256}
    candidate = tags.get("candidate_sha256", "")
    return Tracked(
        name=cycle.name,
        key=digest(str(cycle.number), cycle.inputs_sha256, candidate),
        state=file_sha256(record),
        params=params,
        points=points,
        tags=known | {name: text for name, text in tags.items() if text},
        files=tuple(path for path in files if path.is_file()),
        model=model,
    )


def _params(cycle: Cycle) -> dict[str, str]:
    """Name recipe, policy and base; what the recipe left open is set over it once it is known."""
    base, recipe = cycle.base, cycle.policy.sft.model_dump(mode="json")
    given: dict[str, Any] = {f"recipe.{name}": value for name, value in recipe.items()}
    given |= {
        "policy_sha256": cycle.policy.sha256,
        "base": base.architecture.name,
        "base_sha256": base.sha256,
        "manifest_sha256": cycle.manifest_sha256,
        "scoring": cycle.scoring,
    }
    return {name: str(value) for name, value in given.items()}


def _final(decision: DecisionRecord) -> Iterator[Point]:
    """Return the figures of the verdict; those that are not defined are left out."""
    priority, spent = decision.priority, decision.spent
    figures: dict[str, float | None] = {
        "priority_ker_base": priority.ker_comparison,
        "priority_ker_candidate": priority.ker_candidate,
        "priority_relative_drop": priority.relative_drop,
        "priority_p_value": priority.p_value,
        "gpu_seconds": spent.gpu_seconds if spent else None,
        "compute_seconds": spent.compute_seconds if spent else None,
        "cost": spent.cost if spent else None,
    }
    for guard in decision.against_anchor.guards if decision.against_anchor else ():
        figures[f"first_base.{guard.name}_base"] = guard.comparison
        figures[f"first_base.{guard.name}_candidate"] = guard.candidate
    if decision.against_boosting:
        figures["priority_ker_boosted"] = decision.against_boosting.ker_boosted
    for name, scope in decision.scopes.items():
        figures |= _rates(name, scope)
    yield from ((name, value, 0) for name, value in figures.items() if value is not None)


def _rates(name: str, scope: Scope) -> dict[str, float | None]:
    sides = {"base": scope.comparison, "candidate": scope.candidate}
    return {
        f"{name}.{rate}_{side}": getattr(summary, rate)
        for side, summary in sides.items()
        for rate in RATES
    }
