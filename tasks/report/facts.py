"""The facts of a report: the first screen in counts, then what was decided on, by which models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tasks.benchmark.audition import audition_facts
from tasks.domain.bases import REFERENCE_BASES
from tasks.domain.gate import transcripts_of
from tasks.domain.manifest import Category
from tasks.domain.scoring.metrics import rate
from tasks.domain.verdict.decide import Decision
from tasks.domain.verdict.noninferiority import Guard, State
from tasks.domain.verdict.sentence import PER, figures, harm, misses_of, terms_of
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
NO_WORSE: dict[State, str] = {
    "broke": "Worse",
    "open": "Not shown",
    "held": "No worse than allowed",
}
NO_CRITICAL = "No test phrase has one, so none was tested there."


@dataclass(frozen=True)
class Tile:
    """One figure of the first screen, with what it means; `state` is that of a guard, or empty."""

    title: str
    figure: str
    notes: tuple[str, ...]
    state: State | Literal[""] = ""


def first_screen(
    decision: Decision, rows: int, categories: Sequence[Category], *, spoken: bool
) -> list[Tile]:
    """Return what changed in counts of phrases, and the speech that it was shown on.

    `rows` are the test phrases, `spoken`: any has a dose or another critical item.
    """
    return [
        _priority_tile(decision, categories),
        _terms_tile(decision, rows),
        _critical_tile(decision, spoken),
        _speech_tile(decision),
        _evidence_tile(decision, rows),
    ]


def _priority_tile(decision: Decision, categories: Sequence[Category]) -> Tile:
    priority, named = decision.priority, terms_of(categories)
    title = f"{named[0].upper()}{named[1:]} missed"
    if not priority.rows:
        return Tile(title, "none tested", ("Add phrases with them to the benchmark.",))
    before, after = misses_of(priority)
    sure = priority.ci95[0] if priority.ci95 else 0.0
    least = (f"At least {sure:.0%} fewer, with 95% confidence.",) if sure > 0 else ()
    state: State = "broke" if after > before else "held" if priority.significant else "open"
    return Tile(
        title,
        f"{before} → {after} of {priority.rows}",
        (f"test phrases, present model → new one; {priority.terms} different terms.", *least),
        state,
    )


def _terms_tile(decision: Decision, rows: int) -> Tile:
    changed = decision.changes
    fixed, newly, still = (
        changed.rows(outcome) for outcome in ("fixed", "newly missed", "still missed")
    )
    return Tile(
        "All clinical terms",
        f"{fixed} of {fixed + still} missed terms are now recognized",
        (f"{newly} newly missed, of {rows} test phrases.",),
        "open" if newly else "held",
    )


def _critical_tile(decision: Decision, spoken: bool) -> Tile:
    """Show the test phrases with a newly changed item, else how often items of general speech are wrong."""
    title = "Doses, numbers, negations, sides"
    guards = [guard for guard in decision.guards if guard.name.startswith("critical_tokens")]
    general = [f"{figures(guard)} are wrong" for guard in guards if guard.on_general_speech]
    if not spoken and not general:
        return Tile(title, "not tested", (NO_CRITICAL,))
    state = _worst(guards)
    if not spoken:
        shown = f"In ordinary speech: {NO_WORSE[state or 'open'].lower()}."
        return Tile(title, general[0], (shown, NO_CRITICAL), state)
    changed = decision.changes.critical
    figure = f"{len(changed) or 'none'} newly changed"
    notes = [*decision.changes.critical_sentences, *(f"In ordinary speech {g}." for g in general)]
    return Tile(title, figure, tuple(notes), "broke" if changed else state or "held")


def _worst(guards: Sequence[Guard]) -> State | Literal[""]:
    """Return the gravest state of some guards; empty without one."""
    return next((s for s in NO_WORSE if s in {guard.state for guard in guards}), "")


def _speech_tile(decision: Decision) -> Tile:
    """Show the words that are wrong in general speech, and the state of the worst of its guards."""
    title, guards = "Ordinary speech", [g for g in decision.guards if g.on_general_speech]
    if not guards:
        return Tile(title, "not tested", ("By the published rule no harm is tested for.",))
    measured = next((g for g in guards if g.name == "general_wer"), guards[0])
    state = _worst(guards) or "open"
    if measured.comparison is None or measured.limit is None:
        return Tile(title, "not measured", (measured.note,), "open")
    allowed = f"{NO_WORSE[state]}; the limit is {round(measured.limit * PER)}."
    worst = next(guard for guard in guards if guard.state == state)
    notes = () if worst is measured else (f"{harm(worst.name)}: {figures(worst)}.",)
    return Tile(title, figures(measured), (allowed, *notes), state)


def _evidence_tile(decision: Decision, rows: int) -> Tile:
    people = "recorded" in decision.evidence
    figure = "people's speech" if people else "synthetic speech alone"
    unknown = "patients" if people else "people, patients among them"
    return Tile(
        "Shown on",
        figure,
        (
            f"{decision.evidence or 'voices that nobody named'}; {rows} test phrases.",
            f"Not known: how it transcribes {unknown}.",
        ),
    )


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
        f"The model is the reference base of this project or a fine-tune of it: {millions} million "
        "parameters, trained on the voices of espeak-ng alone; Parakeet's own weights were not run. What "
        "transcripts of real consultations show is in docs/real-speech.md of the project."
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
    return (
        f"{training.preset}: {used.epochs} epochs on {training.rows.train} rows, learning rate "
        f"{used.lr:g}, warm-up {used.warmup_steps} steps, batch {used.batch_size}, "
        f"precision {used.precision}, seed {used.seed}{share}"
    )
