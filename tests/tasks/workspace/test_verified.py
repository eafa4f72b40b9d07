"""Decision, split and champion are compared with what they follow from; each mismatch is a sentence."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.records.files import read_json, write_record
from tasks.records.ledger_line import ApprovalLine, DecisionLine
from tasks.rollback import roll_back
from tasks.workspace.cycle import Cycle, decision_of
from tasks.workspace.ledger import read_ledger, record_decision
from tasks.workspace.open import open_cycle
from tasks.workspace.verified import (
    JUDGED,
    champion_faults,
    champion_of,
    fields_of,
    judged_sha256,
    ledger_faults,
)

ROWS = [
    {"term": f"term{n}", "text": f"start term{n} now", "voice_id": f"v{n % 6}"} for n in range(40)
]
KEPT = "decide: {open_guard: keep}\nboost: off\n"
MODEL = {"name": "m", "path": "/a/m.nemo", "sha256": "1", "decoding": {"vocabulary": "/a/v.txt"}}
FIELDS: dict[str, Any] = {
    **dict.fromkeys(JUDGED), "verdict": "grow", "base": MODEL, "candidate": MODEL,
    "trained_from": MODEL, "approval": None,
}  # fmt: skip


@pytest.fixture
def root(decoded: Callable[..., Cycle]) -> Path:
    """A workspace whose first cycle kept its candidate."""
    return decide(decoded, KEPT)


def decide(decoded: Callable[..., Cycle], policy: str) -> Path:
    from tasks.decide import decide_cycle  # it loads Prefect, which `make quick` does without

    texts = [str(row["text"]) for row in ROWS]
    cycle = decoded(ROWS, ["nothing"] * 40, texts, held_out=30, policy=policy)
    inspect.unwrap(decide_cycle)(cycle)
    return cycle.root


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    fields = json.loads(path.read_text())
    change(fields)
    path.write_text(json.dumps(fields))


def test_a_workspace_as_its_commands_left_it_has_no_fault(root: Path) -> None:
    assert ledger_faults(root) == []
    roll_back(root, 0)
    assert ledger_faults(root) == []
    roll_back(root, 1)
    assert ledger_faults(root) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda fields: fields.update(verdict="reject"),
            "the ledger has the verdict keep; it has reject",
        ),
        (
            lambda fields: fields["scopes"]["test"].update(rows=99),
            "its figures are not those that its ledger line was written with",
        ),
        (
            lambda fields: fields["candidate"].update(sha256="0" * 64),
            "it names another candidate than its ledger line",
        ),
        (
            lambda fields: fields.update(approval="yes"),
            "by the ledger its approval is None; it has yes",
        ),
        (
            lambda fields: fields.update(override="Approved by override"),
            "its override is not that of the ledger",
        ),
        (
            lambda fields: fields.update(inputs_sha256="0" * 64),
            "the ledger has no verdict of cycle 1 for these inputs",
        ),
    ],
    ids=["verdict", "figure", "candidate", "approval", "override", "inputs"],
)
def test_an_edited_decision_is_named(
    root: Path, change: Callable[[dict[str, Any]], object], sentence: str
) -> None:
    edit(root / "cycle2/decision.json", change)
    assert f"cycle2/decision.json: {sentence}" in ledger_faults(root)


def test_a_split_that_was_changed_after_the_verdict_is_named(root: Path) -> None:
    (path,) = root.glob("cycle1/models/*/split.json")
    edit(path, lambda fields: fields["test"].pop())
    assert [fault for fault in ledger_faults(root) if "was decided on another split" in fault]


def test_an_edited_champion_is_named_with_the_command_that_writes_it_again(root: Path) -> None:
    edit(root / "champion.json", lambda fields: fields.update(sha256="0" * 64))
    (fault,) = champion_faults(root)
    assert fault.startswith("champion.json: it names another model than the ledger kept in cycle 1")
    assert f"`flywheel rollback {root} 1` writes it again" in fault
    roll_back(root, 1)
    assert champion_faults(root) == []
    (root / "champion.json").unlink()
    assert "by the ledger it is cycle 1; it names none" in champion_faults(root)[0]


def test_a_damaged_file_is_a_sentence_among_the_others(root: Path) -> None:
    (root / "champion.json").write_text("{")
    (root / "cycle2/decision.json").write_text("{")
    faults = ledger_faults(root)
    assert len(faults) == 2
    assert all("is damaged" in fault for fault in faults)
    (root / "ledger.jsonl").write_text("{")
    assert len(ledger_faults(root)) == 1, "nothing can be compared with it"


def test_a_ledger_from_before_there_were_digests_is_valid_and_its_figures_are_compared(
    root: Path,
) -> None:
    path = root / "ledger.jsonl"
    fields = json.loads(path.read_text())
    del fields["previous_sha256"], fields["judged_sha256"]
    path.write_text(json.dumps(fields) + "\n")
    assert ledger_faults(root) == []
    edit(root / "cycle2/decision.json", lambda fields: fields["priority"].update(look=9))
    assert ledger_faults(root) == [
        "cycle2/decision.json: its figures are not those of its ledger line"
    ]


def test_an_answer_has_to_be_in_the_ledger(decoded: Callable[..., Cycle]) -> None:
    root = decide(decoded, f"{KEPT}approval: required\n")
    assert ledger_faults(root) == []
    edit(root / "cycle2/decision.json", lambda fields: fields.update(approval="yes"))
    assert "by the ledger its approval is waiting; it has yes" in ledger_faults(root)[0]


def test_the_champion_follows_from_what_was_kept_approved_and_rolled_back(root: Path) -> None:
    (line,) = read_ledger(root)
    assert isinstance(line, DecisionLine)
    second = line.model_copy(update={"cycle": 2, "approval": "waiting"})
    answer = ApprovalLine(
        cycle=2, outcome="approved", reviewer="r", reasons=(), candidate=line.candidate,
        inputs_sha256=line.inputs_sha256, finished_at=line.finished_at,
    )  # fmt: skip
    assert [one and one[0] for one in map(champion_of, ([], [line], [line, second]))] == [
        None,
        1,
        1,
    ]
    assert (champion_of([line, second, answer]) or (0,))[0] == 2
    assert (champion_of([second, answer, line]) or (0,))[0] == 2, "a later cycle has made one"


def test_other_figures_for_the_same_inputs_are_another_line(root: Path) -> None:
    (line,) = read_ledger(root)
    assert isinstance(line, DecisionLine)
    cycle = open_cycle(root, 1)
    record_decision(cycle, line, None)
    assert len(read_ledger(root)) == 1
    decision = decision_of(cycle)
    assert decision is not None
    other = decision.model_copy(update={"left_out": 7})
    write_record(cycle.decision, other)
    digest = judged_sha256(fields_of(other))
    record_decision(cycle, line.model_copy(update={"judged_sha256": digest}), None)
    assert len(read_ledger(root)) == 2
    assert ledger_faults(root) == []
    assert digest == judged_sha256(read_json(cycle.decision) or {})


def test_a_verdict_a_figure_and_a_model_are_in_the_digest() -> None:
    before = judged_sha256(FIELDS)
    for change in (
        {"verdict": "keep"},
        {"scopes": {"test": 1}},
        {"candidate": MODEL | {"sha256": "2"}},
    ):
        assert judged_sha256(FIELDS | change) != before


def test_an_answer_and_a_path_are_not() -> None:
    moved = MODEL | {"path": "/b/m.nemo", "decoding": {"vocabulary": "/b/v.txt"}}
    changed = FIELDS | {"approval": "yes", "reasons": ["Approved"], "base": moved}
    assert judged_sha256(changed) == judged_sha256(FIELDS)
