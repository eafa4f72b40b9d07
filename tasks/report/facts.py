"""The facts of a report: what was decided on, by which models, and its guards."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.benchmark.audition import audition_facts
from tasks.domain.bases import REFERENCE_BASES
from tasks.domain.gate import transcripts_of
from tasks.domain.scoring.metrics import rate
from tasks.domain.verdict.decide import Decision
from tasks.domain.verdict.noninferiority import Guard
from tasks.domain.verdict.sentence import harm
from tasks.records.build import engines_of
from tasks.records.ledger_line import DecisionLine, LedgerLine
from tasks.records.record import ModelRecord
from tasks.records.stages import TrainingRecord
from tasks.workspace.comparison import anchor_record
from tasks.workspace.cycle import Cycle, Run, gate_of
from tasks.workspace.ledger import now
from tasks.workspace.models import candidate_system
from tasks.workspace.times import cycle_spent

DIGITS = 12
GUARD_HEAD = (
    "Guard", "Harm to rule out", "Rows", "Comparison", "Candidate", "At most", "Limit",
    "p above its margin", "State",
)  # fmt: skip


def guard_lines(guards: Sequence[Guard]) -> list[list[str]]:
    """Return the cells of each guard, in the order of GUARD_HEAD."""
    return [
        [
            guard.name,
            harm(guard.name),
            str(guard.rows),
            *map(
                rate, (guard.comparison, guard.candidate, guard.upper, guard.limit, guard.p_value)
            ),
            guard.state,
        ]
        for guard in guards
    ]


def report_facts(
    cycle: Cycle, decision: Decision, training: TrainingRecord | None, rows: int
) -> dict[str, str]:
    """Name workspace, cycle, models, recipe and inputs; `rows` are those that decide."""
    left_out = f"; {decision.left_out} more were trained on before" if decision.left_out else ""
    digests = {
        "manifest": cycle.manifest_sha256,
        "audio": cycle.audio_sha256,
        "guard set": cycle.general_sha256,
        "policy": cycle.policy.sha256,
    }
    unheard = audition_facts(cycle.rows, engines_of(cycle.folder))
    spent = cycle_spent(cycle)
    return {
        "Workspace": cycle.name,
        "Cycle": str(cycle.number),
        "Decided": now()[:16].replace("T", " ") + " UTC",
        "Base": model_name(cycle.base.record()),
        "Compared with": system_name(cycle.comparison.record()),
        **({"First base": system_name(anchor_record(cycle))} if decision.against_anchor else {}),
        "Candidate": system_name(candidate_system(Run(cycle)).record()),
        "Recipe": _recipe(training),
        "Jobs took": spent.sentence if spent else "not known",
        "Scored in": "the {} view, version {}".format(*cycle.scoring.split()),
        "Rows that decide": f"{rows} of {len(cycle.rows)}{left_out}",
        **({"Evidence": decision.evidence} if decision.evidence else {}),
        **_gate_fact(cycle),
        **({"Limits": decision.limits_changed} if decision.limits_changed else {}),
        "Digests": ", ".join(f"{name} {_short(sha256)}" for name, sha256 in digests.items()),
        **({"Audition": unheard} if unheard else {}),
    }


def about_reference_base(cycle: Cycle) -> str:
    """Return what the reference base was trained on, where a workspace began with it; empty for another."""
    millions = REFERENCE_BASES.get(anchor_record(cycle).sha256 or "")
    if millions is None:
        return ""
    return (
        "Both are practice models, trained only on computer-generated voices; neither is for a hospital. "
        f"They are this project's reference base ({millions} million parameters, espeak-ng voices) or "
        "fine-tunes of it. Ordinary speech is random words here, not sentences."
    )


def _gate_fact(cycle: Cycle) -> dict[str, str]:
    """Name the system whose given transcripts opened the gate, and both figures; none without one."""
    gate = gate_of(cycle)
    if gate is None or gate.opened_by is None:
        return {}
    opened = gate.opened_by
    return {
        "Gate": f"opened by {transcripts_of(opened.system)}, priority KER {rate(opened.priority_ker)}; "
        f"confirmed by the comparison model's own, {rate(gate.priority_ker)}"
    }


def anchor_table(
    decision: Decision, number: int, ledger: Sequence[LedgerLine]
) -> tuple[list[str], list[list[str]]]:
    """Return every guard's figure against the first base over the cycles up to this one.

    The names of the guards, and a row a cycle: its number and verdict, then first base → candidate.
    """
    latest = {
        line.cycle: (line.outcome, line.against_anchor)
        for line in ledger
        if isinstance(line, DecisionLine) and line.cycle < number and line.against_anchor
    }
    if decision.against_anchor:
        latest[number] = (decision.verdict, decision.against_anchor)
    guards = {
        cycle: {guard.name: guard for guard in found.guards} for cycle, (_, found) in latest.items()
    }
    names = list(dict.fromkeys(name for found in guards.values() for name in found))
    return names, [
        [
            f"{cycle}, {latest[cycle][0]}",
            *(
                f"{rate(found[name].comparison)} → {rate(found[name].candidate)} {found[name].state}"
                if name in found
                else "–"
                for name in names
            ),
        ]
        for cycle, found in sorted(guards.items())
    ]


def model_name(model: ModelRecord) -> str:
    """Name a model by its file or pretrained name, and the start of its digest."""
    name = (model.path or model.name).rsplit("/", 1)[-1] if model.path else model.name
    return f"{name} {model.sha256[:8]}" if model.sha256 else name


def system_name(system: ModelRecord) -> str:
    """Name a system by its model and how it decodes."""
    return f"{model_name(system)}, {system.decoding.name}"


def _short(sha256: str | None) -> str:
    return sha256[:DIGITS] if sha256 else "none"


def _recipe(training: TrainingRecord | None) -> str:
    """Return how the candidate was trained."""
    if training is None:
        return "nothing was trained"
    used = training.hyperparameters
    share = f", averaged with {used.base_share:.0%} of its base" if used.base_share else ""
    last = used.seed + used.seeds - 1
    seed = f"seeds {used.seed} to {last}, averaged" if used.seeds > 1 else f"seed {used.seed}"
    return (
        f"{training.preset}: {used.epochs} epochs on {training.rows.train} rows, learning rate "
        f"{used.lr:g}, warm-up {used.warmup_steps} steps, batch {used.batch_size}, "
        f"precision {used.precision}, {seed}{share}"
    )
