"""The status of a workspace: which cycles are due, why the others are not, and the next command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tasks.domain.errors import Fault, FlywheelError, InvalidInput
from tasks.domain.gate import transcripts_of
from tasks.domain.verdict.rule import Verdict
from tasks.records.ledger_line import ServedLine
from tasks.records.stages import Champion, DecisionRecord, GateRecord
from tasks.workspace.commands import (
    approve_command,
    build_command,
    check_command,
    cycle_command,
)
from tasks.workspace.cycle import Cycle, decision_of, gate_of, is_finished
from tasks.workspace.ledger import CHECKS_DUE, read_champion, served_worse
from tasks.workspace.open import TERMS_FILE, open_cycle
from tasks.workspace.times import stage_times


@dataclass(frozen=True)
class NextStep:
    """The command that follows, and what has to be there for it; empty where nothing is missing."""

    command: str
    needs: str = ""


@dataclass(frozen=True)
class CycleStatus:
    """One cycle of a workspace: whether it is due, what is, or became, of it, and what follows."""

    workspace: Path
    cycle: int
    due: bool
    outcome: str
    failed: bool = False
    verdict: Verdict | None = field(default=None, compare=False)
    following: NextStep | None = field(default=None, compare=False)


@dataclass(frozen=True)
class WorkspaceStatus:
    """The cycles of a workspace in order of number, its champion, and the next step."""

    cycles: tuple[CycleStatus, ...]
    champion: Champion | None
    following: NextStep


def workspace_status(root: Path) -> WorkspaceStatus:
    """Look at a workspace without changing it; raise InvalidInput where it is no folder."""
    if not root.is_dir():
        raise InvalidInput([Fault(f"expected a folder; {root} does not exist", "--workspace")])
    cycles = tuple(cycle_status(root, number) for number in cycle_numbers(root))
    return WorkspaceStatus(cycles, read_champion(root), _following(root, cycles))


def cycle_numbers(root: Path) -> list[int]:
    """Return the numbers of the cycle folders that hold a manifest, in order."""
    names = [path.parent.name.removeprefix("cycle") for path in root.glob("cycle*/manifest.jsonl")]
    return sorted(int(name) for name in names if name.isdecimal())


def cycle_statuses(root: Path) -> list[CycleStatus]:
    """Look at every cycle folder that holds a manifest, in order of number."""
    if not root.is_dir():
        return [CycleStatus(root, 0, False, "there is no such folder", failed=True)]
    return [cycle_status(root, number) for number in cycle_numbers(root)]


def cycle_to_run(root: Path) -> int:
    """Return the first undecided cycle that is due, else the last with a manifest; 1 where none has."""
    numbers = cycle_numbers(root)
    statuses = (cycle_status(root, number) for number in numbers)
    due = (one.cycle for one in statuses if one.due and one.verdict is None)
    return next(due, max(numbers, default=1))


def cycle_status(root: Path, number: int) -> CycleStatus:
    """Return whether a cycle is due; one that cannot be opened has failed."""
    again = NextStep(cycle_command(root, number))
    try:
        cycle = open_cycle(root, number)
        decision, gate = decision_of(cycle), gate_of(cycle)
    except InvalidInput as error:
        count = len(error.faults)
        plural = "s" if count > 1 else ""
        outcome = f"invalid input, {count} fault{plural}: {error.faults[0]}"
        return CycleStatus(root, number, False, outcome, failed=True, following=again)
    except FlywheelError as error:
        return CycleStatus(root, number, False, str(error), failed=True, following=again)
    if decision and is_finished(cycle):
        verdict, step = decision.verdict, _after_verdict(root, decision)
        if worse := _served_worse(root, number):
            step = NextStep(check_command(root, number, worse.source, worse.name))
            outcome = (
                f"due, its model is served worse than it was offline in {CHECKS_DUE} checks in a row "
                f"({worse.source} {worse.name}): {', '.join(worse.broke)}"
            )
            return CycleStatus(root, number, True, outcome, verdict=verdict, following=step)
        outcome = f"decided for these inputs: {verdict}"
        return CycleStatus(root, number, False, outcome, verdict=verdict, following=step)
    if gate and not gate.passed:
        outcome = f"stopped at the gate for these inputs: {gate.route}{_by_given(gate)}"
        step = NextStep(gate.command or again.command, gate.needs)
        return CycleStatus(root, number, False, outcome, following=step)
    return CycleStatus(root, number, True, f"due{_reached(cycle, gate)}", following=again)


def _served_worse(root: Path, number: int) -> ServedLine | None:
    """Return the latest check of the champion of this cycle where it makes the cycle due."""
    champion = read_champion(root)
    return served_worse(root, champion) if champion and champion.cycle == number else None


def _reached(cycle: Cycle, gate: GateRecord | None) -> str:
    """Name the last stage that ended, where the gate has passed for these inputs."""
    times = stage_times(cycle) if gate else []
    opened = f"{_by_given(gate)}" if gate else ""
    return f", stage {times[-1].stage} is done{opened}" if times else ""


def _by_given(gate: GateRecord) -> str:
    """Name the system whose given transcripts the gate was decided by; empty where none was."""
    ker = gate.priority_ker
    if not gate.system or ker is None or not (gate.passed or gate.stopped_by_given):
        return ""
    return f", by {transcripts_of(gate.system)} alone (priority KER {ker:.3f})"


def _after_verdict(root: Path, decision: DecisionRecord) -> NextStep:
    """Return the next step after a decided cycle: an answer that it waits for, or the next benchmark."""
    if decision.approval == "waiting":
        return NextStep(approve_command(root, decision.cycle))
    return _next_benchmark(root, decision.cycle + 1)


def _next_benchmark(root: Path, number: int) -> NextStep:
    """Return the command that makes a benchmark, or that runs the cycle once a person has made it."""
    manifest = root / f"cycle{number}" / "manifest.jsonl"
    if (root / TERMS_FILE).is_file() and not manifest.exists():
        return NextStep(build_command(root, number))
    return NextStep(cycle_command(root, number), "" if manifest.exists() else str(manifest))


def _following(root: Path, cycles: Sequence[CycleStatus]) -> NextStep:
    """Return the step of the first cycle that is not finished, else of the latest."""
    unfinished = [one for one in cycles if one.due or one.failed]
    for one in [*unfinished[:1], *cycles[-1:]]:
        if one.following:
            return one.following
    return _next_benchmark(root, 1)
