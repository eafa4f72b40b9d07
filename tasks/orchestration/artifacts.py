"""The artifacts of a cycle in the Prefect UI, under keys that no other workspace shares."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.context import FlowRunContext, TaskRunContext
from prefect.exceptions import PrefectException

from tasks.domain.hand_off import Served
from tasks.domain.scoring.leaderboard import table
from tasks.domain.scoring.metrics import rate
from tasks.domain.verdict.arms import Arm
from tasks.domain.verdict.served import ServedGuard
from tasks.logs import log
from tasks.orchestration.names import artifact_key
from tasks.orchestration.summaries import boost_summary, gate_summary
from tasks.records.record import ModelRecord
from tasks.records.stages import DecisionRecord, GateRecord
from tasks.workspace.cycle import Cycle

SHOWN_TERMS = 500
Cell = str | int | float | None


def publish_gate(cycle: Cycle, gate: GateRecord) -> None:
    """Show the gate's outcome, and what boosting alone gives once it is measured."""
    markdown = gate_summary(gate) + boost_summary(cycle)
    _publish(create_markdown_artifact, markdown, cycle, "gate")


def publish_decision(cycle: Cycle, decision: DecisionRecord) -> None:
    """Show the verdict, its figures as tables, where its files lie, and what it was made from."""
    texts = {
        "decision": f"{decision.summary}\n{_files(cycle, decision)}",
        "lineage": _lineage(decision),
    }
    tables = {
        "verdict": _verdict_lines(decision),
        "leaderboard": _leaderboard_lines(cycle.next_folder / "results.csv"),
        "arms": [_arm_line(one) for one in decision.arms],
    }
    for kind, text in texts.items():
        if not _publish(create_markdown_artifact, text, cycle, kind):
            return
    for kind, lines in tables.items():
        if lines and not _publish(create_table_artifact, [*map(dict, lines)], cycle, kind):
            return


def publish_served(cycle: Cycle, served: Served) -> None:
    """Show what a check of a served model found, guard by guard, without any transcript."""
    lines = [
        [one.name, str(one.rows), str(one.worse), str(one.better), str(one.most), _state(one)]
        for one in served.guards
    ]
    head = ["Guard", "Rows", "Worse", "Better", "May be worse", ""]
    markdown = f"# Served, cycle {cycle.number}\n\n{served.outcome}\n\n{table(head, lines)}\n"
    _publish(create_markdown_artifact, markdown, cycle, "served")


def _state(guard: ServedGuard) -> str:
    return "broke" if guard.broke else "held"


def _publish(create: Callable[..., object], content: object, cycle: Cycle, kind: str) -> bool:
    """Leave an artifact of the present run; one that the server does not take costs no work.

    Gives False where the server is away: the next would wait for it in vain again.
    """
    if FlowRunContext.get() is None and TaskRunContext.get() is None:
        return True
    named = f"cycle-{cycle.number}-{kind}"
    about = f"Cycle {cycle.number} of {cycle.name}, {cycle.root}"
    try:
        create(content, key=artifact_key(cycle.root, cycle.name, named), description=about)
    except (httpx.HTTPError, PrefectException) as error:
        log().warning("the %s could not be shown in Prefect: %s", kind, type(error).__name__)
        return not isinstance(error, httpx.TransportError)
    return True


def _verdict_lines(decision: DecisionRecord) -> list[Mapping[str, Cell]]:
    """KER and WER of both models by scope and category, then each guard."""
    groups = {f"rows of {name}": scope for name, scope in decision.scopes.items()}
    groups |= {f"rows that decide, {name}": scope for name, scope in decision.categories.items()}
    lines: list[Mapping[str, Cell]] = [
        {
            "what": name,
            "rows": scope.rows,
            "KER before": rate(scope.comparison.ker_canonical),
            "KER after": rate(scope.candidate.ker_canonical),
            "WER before": rate(scope.comparison.wer_canonical),
            "WER after": rate(scope.candidate.wer_canonical),
            "published KER after": rate(scope.candidate.ker),
            "state": "",
        }
        for name, scope in groups.items()
    ]
    for guard in decision.every_guard:
        before, after = rate(guard.comparison), rate(guard.candidate)
        bound = f"{guard.state}: at most {rate(guard.upper)} of {rate(guard.limit)}"
        of_words = "_wer" in guard.name
        lines.append(
            {
                "what": f"guard {guard.name}",
                "rows": guard.rows,
                "KER before": "" if of_words else before,
                "KER after": "" if of_words else after,
                "WER before": before if of_words else "",
                "WER after": after if of_words else "",
                "published KER after": "",
                "state": bound,
            }
        )
    return lines


MISSED = ("base_ker_canonical", "ker_canonical")  # columns of results.csv


def _leaderboard_lines(results: Path) -> list[Mapping[str, Cell]]:
    """Every term of results.csv with its rows and those missed, worst first; none without the file."""
    if not results.is_file():
        return []
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    with results.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found = counts[row["term"], row["entity_category"]]
            missed = [int(float(row[name] or 0)) for name in MISSED]
            found[:] = [found[0] + 1, found[1] + missed[0], found[2] + missed[1]]
    ordered = sorted(counts.items(), key=lambda one: (-one[1][2] / one[1][0], one[0]))
    return [
        {
            "term": term,
            "category": category,
            "rows": rows,
            "missed before": before,
            "missed after": after,
            "canonical KER": rate(after / rows),
        }
        for (term, category), (rows, before, after) in ordered[:SHOWN_TERMS]
    ]


def _arm_line(arm: Arm) -> Mapping[str, Cell]:
    return {
        "system": arm.name,
        "rows": arm.rows,
        "priority KER": rate(arm.priority_ker),
        "KER": rate(arm.ker),
        "false keywords": arm.false_keywords,
        "general WER": rate(arm.general_wer),
        "chosen": "chosen" if arm.chosen else "",
        "test KER, after the verdict": rate(arm.test_priority_ker),
    }


def _files(cycle: Cycle, decision: DecisionRecord) -> str:
    """The paths of report, model, ledger and scores."""
    folder = cycle.next_folder
    paths = {
        "Report": folder / "report.html",
        "Candidate": Path(decision.candidate.path) if decision.candidate.path else None,
        "Ledger": cycle.root / "ledger.jsonl",
        "Leaderboard": folder / f"leaderboard_cycle{cycle.number + 1}.md",
        "Scores": folder / "results.csv",
        "Plan": folder / "growth_plan.csv",
    }
    lines = [f"- {what}: `{path}`" for what, path in paths.items() if path and path.exists()]
    return "\n".join(["## Files", "", *lines, ""])


def _lineage(decision: DecisionRecord) -> str:
    """Write what the verdict was made from, by digest, and what each part went into."""
    both = "candidate, verdict"
    rows = decision.scopes["all"].rows
    parts = [
        (f"benchmark, {rows} rows", decision.manifest_sha256, both),
        ("replay", decision.replay_sha256, "candidate"),
        (_model("base", decision.trained_from), decision.trained_from.sha256, "candidate"),
        ("policy", decision.policy_sha256, both),
        ("guard set", decision.general_sha256, "verdict"),
        ("acceptance rows", decision.acceptance_sha256, "verdict"),
        (_model("comparison", decision.base), decision.base.sha256, "verdict"),
        (_model("candidate", decision.candidate), decision.candidate.sha256, "verdict"),
        (f"cycle {decision.cycle}: {_outcome(decision)}", decision.inputs_sha256, ""),
    ]
    lines = [[name, f"`{sha[:8]}`", into] for name, sha, into in parts if sha]
    title = f"# What the verdict of cycle {decision.cycle} was made from"
    return f"{title}\n\n{table(['Part', 'Digest', 'Went into'], lines)}\n"


def _outcome(decision: DecisionRecord) -> str:
    return f"{decision.verdict}, overridden" if decision.override else decision.verdict


def _model(role: str, model: ModelRecord) -> str:
    """Name a model by its role and decoding: nothing here is a person's text."""
    return f"{role}, {model.decoding.name}"
