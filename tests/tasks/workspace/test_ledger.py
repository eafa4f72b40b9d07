"""The ledger grows once a cycle, the champion has a history and can be rolled back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.manifest import InvalidInput
from tasks.workspace.inputs import open_cycle
from tasks.workspace.ledger import (
    champion_before,
    crown,
    ledger,
    ledger_table,
    record_in_ledger,
    roll_back,
)
from tasks.workspace.paths import Cycle, file_sha256, in_fold

Workspace = Callable[..., Path]


def test_the_same_outcome_is_in_the_ledger_once(workspace: Callable[..., Path]) -> None:
    cycle = open_cycle(workspace([{}]), 1)
    line = {"cycle": 1, "outcome": "grow", "inputs_sha256": "x"}
    record_in_ledger(cycle, line)
    record_in_ledger(cycle, line)
    record_in_ledger(cycle, line | {"inputs_sha256": "y"})
    assert [old["inputs_sha256"] for old in ledger(cycle.root)] == ["x", "y"]


def test_a_cycle_is_compared_with_the_champion_before_it(tmp_path: Path) -> None:
    first = {"path": "1.nemo", "cycle": 1, "previous": None}
    second = {"path": "2.nemo", "cycle": 2, "previous": first}
    (tmp_path / "champion.json").write_text(json.dumps(second))
    assert champion_before(tmp_path, 1) is None
    assert champion_before(tmp_path, 2) == first
    assert champion_before(tmp_path, 3) == second


@pytest.fixture
def kept(workspace: Workspace, fake_model: Any) -> Path:
    """A workspace whose cycles 1 and 3 were kept and whose cycle 2 was rejected."""
    root = workspace([{}])
    fake_model(root / "base.nemo", 0.8)
    (root / "flywheel.yaml").write_text("base: base.nemo\n")
    for number, outcome in ((1, "keep"), (2, "reject"), (3, "keep")):
        cycle = cycle_of(root, number)
        model = fake_model(root / f"{number}.nemo", 0.8 / number)
        candidate = {"name": model.name, "path": str(model), "sha256": file_sha256(model)}
        if outcome == "keep":
            crown(cycle, candidate, "2026-01-01T00:00:00+00:00")
        record_in_ledger(
            cycle,
            {
                "cycle": number,
                "outcome": outcome,
                "inputs_sha256": str(number),
                "reasons": [f"because {number}"],
                "priority": {"ker_base": 0.8, "ker_candidate": 0.2},
                "base": {"name": "base", "path": "", "sha256": None},
                "candidate": candidate,
                "finished_at": "2026-01-01T00:00:00+00:00",
            },
        )
    return root


def cycle_of(root: Path, number: int) -> Cycle:
    folder = root / f"cycle{number}"
    if not folder.exists():
        folder.symlink_to(root / "cycle1")
    return open_cycle(root, number)


def champion(root: Path) -> dict[str, Any] | None:
    path = root / "champion.json"
    return json.loads(path.read_text()) if path.exists() else None


def test_the_champion_is_rolled_back_to_any_earlier_one_and_forward_again(kept: Path) -> None:
    roll_back(kept, 1)
    stands = champion(kept)
    assert stands is not None
    assert (stands["cycle"], stands["previous"]) == (1, None)
    assert cycle_of(kept, 4).comparison.path == kept / "1.nemo"
    roll_back(kept, 3)
    stands = champion(kept)
    assert stands is not None
    assert (stands["cycle"], stands["previous"]["cycle"]) == (3, 1)
    assert [line["outcome"] for line in ledger(kept)][-2:] == ["rollback", "rollback"]


def test_a_rollback_to_none_compares_with_the_base_again(kept: Path) -> None:
    roll_back(kept, 0)
    assert champion(kept) is None
    assert cycle_of(kept, 4).comparison.path == kept / "base.nemo"


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(2, r"expected a cycle that was kept, of \[1, 3\], or 0; got 2"), (1, "gone or changed")],
)
def test_a_rollback_that_cannot_be_changes_nothing(kept: Path, number: int, sentence: str) -> None:
    (kept / "1.nemo").write_bytes(b"another model")
    before = (kept / "ledger.jsonl").read_bytes(), champion(kept)
    with pytest.raises(InvalidInput, match=sentence):
        roll_back(kept, number)
    assert ((kept / "ledger.jsonl").read_bytes(), champion(kept)) == before


def test_the_ledger_says_what_was_tried_and_why_it_was_kept_or_not(kept: Path) -> None:
    roll_back(kept, 1)
    table = ledger_table(kept)
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]
    assert [row.split("|")[3].strip() for row in rows] == ["keep", "reject", "keep", "rollback"]
    assert "because 2" in rows[1]
    assert "0.800 → 0.200" in rows[0]
    assert "Champion: cycle 1, 1.nemo" in table


def test_an_empty_workspace_has_an_empty_ledger(tmp_path: Path) -> None:
    assert ledger_table(tmp_path) == "The ledger is empty. No champion.\n"


def test_the_champion_is_the_base_where_the_policy_says_so(kept: Path) -> None:
    (kept / "flywheel.yaml").write_text("base: champion\npretrained: base.nemo\n")
    assert cycle_of(kept, 1).base.path == kept / "base.nemo"
    assert cycle_of(kept, 2).base.path == kept / "1.nemo"
    assert cycle_of(kept, 4).base.path == kept / "3.nemo"
    assert cycle_of(kept, 4).comparison.path == kept / "3.nemo"


def test_the_pretrained_model_is_the_base_where_the_policy_says_so(kept: Path) -> None:
    (kept / "flywheel.yaml").write_text("base: pretrained\npretrained: base.nemo\n")
    assert cycle_of(kept, 4).base.path == kept / "base.nemo"


def test_a_fold_has_a_run_of_its_own(kept: Path) -> None:
    cycle = cycle_of(kept, 4)
    assert in_fold(cycle, 2).run_folder.parent == cycle.run_folder
    assert in_fold(cycle, 2).run != cycle.run
