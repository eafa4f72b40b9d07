"""Compare ledger, champion, decisions and splits with what each of them follows from.

A decision and its ledger line know each other by the digest of what was judged. This finds accidents
and careless edits. Whoever may write the workspace can still forge all of it: SECURITY.md names what
that takes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.domain.errors import DamagedFile
from tasks.records.files import read_json, text_sha256
from tasks.records.ledger_line import ApprovalLine, DecisionLine, LedgerLine, RollbackLine
from tasks.records.record import read_record
from tasks.records.stages import DecisionRecord
from tasks.workspace.ledger import (
    LEDGER_FILE,
    chain_faults,
    raw_lines,
    read_champion,
    read_ledger,
    system_id,
)
from tasks.workspace.splits import read_split, sides_sha256, split_faults

CHAMPION = "champion.json"
Systems = tuple[int, tuple[str, ...]]  # a cycle, and the system that it kept
JUDGED = (
    *("verdict", "rule", "scopes", "categories", "priority", "changes", "guards", "left_out"),
    *("manifest_sha256", "audio_sha256", "general_sha256", "replay_sha256", "acceptance_sha256"),
    *("recipe", "run", "folds", "split_sha256", "policy_sha256", "inputs_sha256", "scoring"),
)
LATER = (  # of records that have them: earlier digests stay valid
    *("limits_changed", "evidence"),
    *("against_anchor", "against_boosting"),
)
MODELS = ("base", "candidate", "trained_from")


def ledger_faults(root: Path) -> list[str]:
    """Return a sentence for each thing in a workspace that does not follow from its ledger."""
    faults = _read_faults(lambda: chain_of(root))
    if any(LEDGER_FILE in fault and "is damaged" in fault for fault in faults):
        return faults  # nothing can be compared with it
    faults += _read_faults(lambda: champion_faults(root))
    for path in sorted(root.glob("cycle*/decision.json")):
        number = path.parent.name.removeprefix("cycle")
        if number.isdecimal():
            faults += cycle_faults(root, int(number) - 1)
    return faults


def cycle_faults(root: Path, number: int) -> list[str]:
    """Return a sentence for each part of a decided cycle that does not follow from the ledger."""
    return [
        *_read_faults(lambda: decision_faults(root, number)),
        *split_faults(root / f"cycle{number}" / "models"),
    ]


def chain_of(root: Path) -> list[str]:
    """Return a sentence for each line of the ledger that does not follow from the line before it."""
    read_ledger(root)
    return chain_faults(raw_lines(root / LEDGER_FILE))


def _read_faults(find: Callable[[], Iterable[str]]) -> list[str]:
    """Find faults; a file that cannot be read is one."""
    try:
        return list(find())
    except DamagedFile as error:
        return [str(error)]


def champion_faults(root: Path) -> list[str]:
    """Return the differences between champion.json and the champion by the ledger."""
    champion, expected = read_champion(root), champion_of(read_ledger(root))
    found = (champion.cycle, (champion.sha256, champion.decoding.sha256)) if champion else None
    if found == expected:
        return []
    way_out = f"`flywheel rollback {root} {expected[0] if expected else 0}` writes it again"
    if found and expected and found[0] == expected[0]:
        return [
            f"{CHAMPION}: it names another model than the ledger kept in {_of(found)}: {way_out}"
        ]
    return [f"{CHAMPION}: by the ledger it is {_of(expected)}; it names {_of(found)}: {way_out}"]


def _of(found: Systems | None) -> str:
    return f"cycle {found[0]}" if found else "none"


def champion_of(lines: Sequence[LedgerLine]) -> Systems | None:
    """Derive the champion from the ledger alone: what was kept or approved, less what was rolled back."""
    kept: dict[int, Systems] = {}
    current: Systems | None = None
    for line in lines:
        if isinstance(line, RollbackLine):
            current = kept.get(line.cycle)
        elif isinstance(line, DecisionLine | ApprovalLine) and _keeps(line):
            kept[line.cycle] = (line.cycle, system_id(line.candidate))
            if current is None or current[0] <= line.cycle:
                current = kept[line.cycle]
    return current


def _keeps(line: DecisionLine | ApprovalLine) -> bool:
    if isinstance(line, ApprovalLine):
        return line.outcome == "approved"
    return line.override or (line.outcome == "keep" and line.approval in (None, "yes"))


def decision_faults(root: Path, number: int) -> Iterator[str]:
    """Return the differences between a cycle's decision and its ledger line, its answer or its split."""
    name = f"cycle{number + 1}/decision.json"
    record, fields = read_record(root / name, DecisionRecord), read_json(root / name)
    if record is None or fields is None:
        return
    lines = [line for line in read_ledger(root) if line.cycle == number]
    verdicts = [line for line in lines if isinstance(line, DecisionLine)]
    alike = [line for line in verdicts if line.inputs_sha256 == record.inputs_sha256]
    if not alike:
        yield f"{name}: the ledger has no verdict of cycle {number} for these inputs"
        return
    line = alike[-1]
    if record.verdict != line.outcome:
        yield f"{name}: the ledger has the verdict {line.outcome}; it has {record.verdict}"
    elif system_id(record.candidate) != system_id(line.candidate):
        yield f"{name}: it names another candidate than its ledger line"
    elif line.judged_sha256 not in (None, judged_sha256(fields)):
        yield f"{name}: its figures are not those that its ledger line was written with"
    elif line.judged_sha256 is None and _figures(record) != _figures(line):
        yield f"{name}: its figures are not those of its ledger line"
    yield from _answer_faults(name, record, line, lines)
    split = read_split(root / f"cycle{number}" / "models" / record.run / "split.json")
    if split and record.split_sha256 not in (None, sides_sha256(split)):
        yield f"{name}: it was decided on another split than split.json of {record.run} has now"


def _figures(one: DecisionRecord | DecisionLine) -> tuple[object, ...]:
    return one.rule, one.run, one.priority, one.manifest_sha256, one.policy_sha256


def _answer_faults(
    name: str, record: DecisionRecord, line: DecisionLine, lines: Sequence[LedgerLine]
) -> Iterator[str]:
    """Return the faults of a decision that names an answer that the ledger does not have."""
    answers = [
        one
        for one in lines
        if isinstance(one, ApprovalLine)
        and one.inputs_sha256 == record.inputs_sha256
        and system_id(one.candidate) == system_id(record.candidate)
    ]
    answer = answers[-1] if answers else None
    states = {"approved": "yes", "declined": "no"}
    expected = states[answer.outcome] if answer else line.approval
    if expected in ("yes", "no") and answer is None:
        yield f"{name}: the ledger has no line of the person who answered"
    elif record.approval != expected:
        yield f"{name}: by the ledger its approval is {expected}; it has {record.approval}"
    if bool(record.override) != bool(answer and answer.override):
        yield f"{name}: its override is not that of the ledger"


def judged_sha256(fields: Mapping[str, Any]) -> str:
    """Return the digest of verdict, figures, inputs and models; `fields` are those of decision.json.

    What a person's answer changes is not in it, nor is a path.
    """
    models = {name: _content(fields[name]) for name in MODELS}
    if fields.get("anchor") is not None:
        models["anchor"] = _content(fields["anchor"])
    judged = {name: fields.get(name) for name in JUDGED}
    later = {name: fields[name] for name in LATER if fields.get(name)}
    return text_sha256(json.dumps(judged | models | later, sort_keys=True))


def fields_of(record: DecisionRecord) -> dict[str, Any]:
    """Return the fields of a decision as its file has them."""
    fields: dict[str, Any] = json.loads(json.dumps(record.model_dump(mode="json", by_alias=True)))
    return fields


def _content(model: Mapping[str, Any]) -> dict[str, Any]:
    decoding = {key: value for key, value in model["decoding"].items() if key != "vocabulary"}
    return {"sha256": model["sha256"], "decoding": decoding}
