"""The ledger grows once a cycle, the champion has a history and can be rolled back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import DamagedFile
from tasks.domain.verdict.priority import Priority
from tasks.domain.verdict.rule import Verdict
from tasks.records.files import file_sha256
from tasks.records.ledger_line import DecisionLine, GateLine, ServedLine
from tasks.records.record import ModelRecord
from tasks.records.stages import Champion
from tasks.workspace.cycle import Cycle
from tasks.workspace.ledger import (
    chain_again,
    chain_faults,
    champion_up_to,
    line_sha256,
    raw_lines,
    read_champion,
    read_ledger,
    record_decision,
    record_in_ledger,
    record_served,
    served_worse,
)
from tasks.workspace.open import open_cycle

Workspace = Callable[..., Path]
WHEN = "2026-01-01T00:00:00+00:00"
Change = Callable[[list[bytes]], list[bytes]]


def gate_line(inputs: str) -> GateLine:
    return GateLine(
        cycle=1, outcome="gate:build", reasons=("small",), priority_ker=None, manifest_sha256=None,
        policy_sha256="p", inputs_sha256=inputs, finished_at=WHEN,
    )  # fmt: skip


def decision_line(number: int, outcome: Verdict, candidate: Path) -> DecisionLine:
    priority = Priority(
        judged="test", rows=10, terms=5, voices=1, ker_comparison=0.8, ker_candidate=0.2,
        relative_drop=0.75, ci95=None, p_value=0.01, p_value_voices=None, look=1, alpha=0.025,
        worse_p_values={},
    )  # fmt: skip
    return DecisionLine(
        cycle=number, outcome=outcome, reasons=(f"because {number}",), run="smoke-1",
        rule="held_out", open_guards=(),
        manifest_sha256="m", policy_sha256="p", inputs_sha256=str(number), priority_ker=0.8,
        priority=priority, base=ModelRecord(name="base", path="", sha256=None),
        candidate=ModelRecord(
            name=candidate.name, path=str(candidate), sha256=file_sha256(candidate)
        ),
        finished_at=WHEN,
    )  # fmt: skip


def test_the_same_outcome_is_in_the_ledger_once(tmp_path: Path) -> None:
    for inputs in ("x", "x", "y"):
        record_in_ledger(tmp_path, gate_line(inputs))
    assert [line.inputs_sha256 for line in read_ledger(tmp_path)] == ["x", "y"]


def test_stops_by_two_systems_for_the_same_inputs_are_two_lines(tmp_path: Path) -> None:
    for system in ("", "whisper-1", "whisper-1"):
        record_in_ledger(tmp_path, gate_line("x").model_copy(update={"system": system}))
    lines = [line for line in read_ledger(tmp_path) if isinstance(line, GateLine)]
    assert [line.system for line in lines] == ["", "whisper-1"]


def test_every_ledger_line_names_its_schema_version(tmp_path: Path) -> None:
    record_in_ledger(tmp_path, gate_line("x"))
    (line,) = (tmp_path / "ledger.jsonl").read_text().splitlines()
    assert json.loads(line)["schema_version"] == 1


def test_the_champion_up_to_a_cycle_is_the_latest_that_it_or_an_earlier_one_made(
    tmp_path: Path,
) -> None:
    first = Champion(path="1.nemo", sha256="1", cycle=1, decided_at=WHEN, previous=None)
    second = Champion(path="2.nemo", sha256="2", cycle=2, decided_at=WHEN, previous=first)
    (tmp_path / "champion.json").write_text(second.model_dump_json())
    assert champion_up_to(tmp_path, 0) is None
    assert champion_up_to(tmp_path, 1) == first
    assert champion_up_to(tmp_path, 3) == second


@pytest.fixture
def kept(workspace: Workspace, fake_model: Any) -> Path:
    """A workspace whose cycles 1 and 3 were kept and whose cycle 2 was rejected."""
    root = workspace([{}])
    fake_model(root / "base.nemo", 0.8)
    (root / "flywheel.yaml").write_text("base: base.nemo\n")
    outcomes: list[tuple[int, Verdict]] = [(1, "keep"), (2, "reject"), (3, "keep")]
    for number, outcome in outcomes:
        model = fake_model(root / f"{number}.nemo", 0.8 / number)
        record_decision(cycle_of(root, number), decision_line(number, outcome, model), None)
    return root


def cycle_of(root: Path, number: int) -> Cycle:
    folder = root / f"cycle{number}"
    if not folder.exists():
        folder.symlink_to(root / "cycle1")
    return open_cycle(root, number)


def test_the_champion_is_the_base_where_the_policy_requires_it(kept: Path) -> None:
    (kept / "flywheel.yaml").write_text("base: champion\npretrained: base.nemo\n")
    assert cycle_of(kept, 1).base.path == kept / "1.nemo"  # run again, with other inputs
    assert cycle_of(kept, 2).base.path == kept / "1.nemo"
    assert cycle_of(kept, 4).base.path == kept / "3.nemo"
    assert cycle_of(kept, 4).comparison.path == kept / "3.nemo"


def test_the_pretrained_model_is_the_base_where_the_policy_requires_it(kept: Path) -> None:
    (kept / "flywheel.yaml").write_text("base: pretrained\npretrained: base.nemo\n")
    assert cycle_of(kept, 4).base.path == kept / "base.nemo"


def test_an_earlier_cycle_that_is_decided_late_does_not_replace_a_later_champion(
    kept: Path,
) -> None:
    record_decision(cycle_of(kept, 2), decision_line(2, "keep", kept / "2.nemo"), None)
    champion = read_champion(kept)
    assert champion is not None
    assert champion.cycle == 3


def test_a_damaged_ledger_is_named_by_its_line_and_nothing_is_appended(kept: Path) -> None:
    path = kept / "ledger.jsonl"
    path.write_bytes(path.read_bytes()[:-40])
    before = path.read_bytes()
    with pytest.raises(DamagedFile, match=r"ledger.jsonl is damaged \(line 3: .*put back a copy"):
        record_in_ledger(kept, gate_line("z"))
    assert path.read_bytes() == before


def served_line(root: Path, worse: bool = True, **changes: Any) -> ServedLine:
    model = root / "3.nemo"
    candidate = ModelRecord(name="3", path=str(model), sha256=file_sha256(model))
    fields = {
        "cycle": 3, "outcome": "served", "worse": worse, "source": "endpoint", "name": "asr:1",
        "rows": 100, "differing": 1, "broke": ("terms",) if worse else (), "guards": (),
        "reasons": ("What is served is worse.",), "candidate": candidate, "answers_sha256": "a",
        "finished_at": WHEN,
    }  # fmt: skip
    return ServedLine.model_validate(fields | changes)


@pytest.mark.parametrize(
    ("checks", "due"),
    [
        ([{}], False),
        ([{}, {}], True),
        ([{}, {}, {"worse": False}], False),
        ([{}, {"worse": False}, {}], False),
        ([{}, {"source": "model"}], False),
        ([{}, {"source": "hypotheses", "worse": False}, {}], True),
        ([{}, {"cycle": 1}], False),
        ([{}, {"candidate": ModelRecord(name="x", path="", sha256="x")}], False),
    ],
)
def test_two_worse_checks_of_the_champion_in_a_row_and_of_one_kind_are_due(
    kept: Path, checks: list[dict[str, Any]], due: bool
) -> None:
    for changes in checks:
        record_served(kept, served_line(kept, **changes), again=False)
    champion = read_champion(kept)
    assert champion is not None
    found = served_worse(kept, champion)
    assert (found is not None) == due


def test_a_check_counts_each_time_it_is_made_and_once_where_it_was_interrupted(kept: Path) -> None:
    for again in (False, False, True):
        record_served(kept, served_line(kept), again=again)
    assert [line.outcome for line in read_ledger(kept)][3:] == ["served", "served"]
    record_served(kept, served_line(kept, answers_sha256="b"), again=True)
    assert len(read_ledger(kept)) == 6


def test_a_verdict_that_is_unchanged_is_not_written_again_after_a_check(kept: Path) -> None:
    record_served(kept, served_line(kept), again=False)
    record_decision(cycle_of(kept, 3), decision_line(3, "keep", kept / "3.nemo"), None)
    assert [line.outcome for line in read_ledger(kept)] == ["keep", "reject", "keep", "served"]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    for inputs in ("a", "b", "c", "d"):
        record_in_ledger(tmp_path, gate_line(inputs))
    return tmp_path / "ledger.jsonl"


def test_a_line_holds_the_digest_of_the_line_before_it(ledger: Path) -> None:
    lines = read_ledger(ledger.parent)
    digests = [line_sha256(line) for line in raw_lines(ledger)]
    assert [line.previous_sha256 for line in lines] == [None, *digests[:-1]]
    assert chain_faults(raw_lines(ledger)) == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: [lines[0].replace(b"small", b"large"), *lines[1:]], 2),
        (lambda lines: [lines[0], *lines[2:]], 2),
        (lambda lines: lines[1:], 1),
        (lambda lines: [lines[0], lines[2], lines[1], lines[3]], 2),
        (lambda lines: [*lines[:2], unchained(lines[0]), *lines[2:]], 3),
    ],
    ids=["a reason is edited", "a line is gone", "the first is gone", "swapped", "put between"],
)
def test_a_change_of_earlier_lines_is_named_by_the_first_line_that_does_not_follow(
    ledger: Path, change: Change, line: int
) -> None:
    faults = chain_faults(change(raw_lines(ledger)))
    assert faults[0].startswith(f"ledger.jsonl:{line}: it does not follow from ")


def unchained(line: bytes) -> bytes:
    fields = json.loads(line)
    del fields["previous_sha256"]
    return json.dumps(fields).encode()


def test_lines_from_before_they_were_chained_stay_valid_and_as_they_are(ledger: Path) -> None:
    earlier = b"".join(unchained(line) + b"\n" for line in raw_lines(ledger))
    ledger.write_bytes(earlier)
    record_in_ledger(ledger.parent, gate_line("e"))
    assert ledger.read_bytes().startswith(earlier)
    assert chain_faults(raw_lines(ledger)) == []
    changed = [line.replace(b'"d"', b'"x"') for line in raw_lines(ledger)]
    assert len(chain_faults(changed)) == 1


def test_line_ends_of_another_system_break_nothing(ledger: Path) -> None:
    ledger.write_bytes(b"\xef\xbb\xbf" + ledger.read_bytes().replace(b"\n", b"\r\n"))
    record_in_ledger(ledger.parent, gate_line("e"))
    assert len(read_ledger(ledger.parent)) == 5
    assert chain_faults(raw_lines(ledger)) == []


def test_lines_are_chained_again_from_the_first_that_was(ledger: Path) -> None:
    lines = raw_lines(ledger)
    chain_again(ledger, [unchained(lines[0]), *lines[2:], unchained(lines[1])])
    assert chain_faults(raw_lines(ledger)) == []
    assert [line.inputs_sha256 for line in read_ledger(ledger.parent)] == ["a", "c", "d", "b"]
