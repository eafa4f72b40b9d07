"""Stage hand-off: only a kept, approved, unchanged model that can be served is handed on."""

from __future__ import annotations

import inspect
import shlex
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks import hand_off as module
from tasks.decide import _ledger_line, decide_cycle
from tasks.domain.errors import InvalidInput
from tasks.records.files import file_sha256, write_jsonl, write_record
from tasks.records.record import ModelRecord, read_record
from tasks.records.stages import DecisionRecord, HandOffRecord
from tasks.rollback import roll_back
from tasks.workspace.cycle import Cycle, decision_of
from tasks.workspace.destination import handing_off
from tasks.workspace.open import open_cycle

hand_off = inspect.unwrap(module.hand_off)
decide = inspect.unwrap(decide_cycle)
ROWS = [
    {"term": f"term{n}", "text": f"start term{n} now", "voice_id": f"v{n % 6}"} for n in range(40)
]
REFERENCES = [str(row["text"]) for row in ROWS]
KEPT = "decide: {open_guard: keep}\nboost: off\n"


@pytest.fixture
def kept(decoded: Callable[..., Cycle]) -> Callable[..., Cycle]:
    """Make a cycle that kept its candidate, unless another policy is given."""

    def make(policy: str = KEPT) -> Cycle:
        cycle = decoded(ROWS, ["nothing"] * 40, REFERENCES, held_out=30, policy=policy)
        decide(cycle)
        return cycle

    return make


def test_a_kept_model_goes_with_its_card_and_digest(
    kept: Callable[..., Cycle], tmp_path: Path
) -> None:
    cycle, out = kept(), tmp_path / "out"
    hand_off(cycle, out)
    assert {path.name for path in out.iterdir()} == {
        "adapted_model.nemo", "MODEL_CARD.md", "hand_off.json",
    }  # fmt: skip
    card = (out / "MODEL_CARD.md").read_text()
    assert (
        "\nUse the new model: of 30 test phrases with drug names it misses 0, the present " in card
    )
    assert "**synthetic speech only**" in card
    assert "0 newly missed, 0 still missed, 30 fixed" in card


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        ("boost: off\n", "cycle 1 was decided: grow"),
        (f"{KEPT}approval: required\n", "its candidate waits for approval"),
    ],
)
def test_what_was_not_kept_or_not_approved_is_not_handed_on(
    kept: Callable[..., Cycle], tmp_path: Path, policy: str, sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        hand_off(kept(policy), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_model_that_changed_since_is_not_handed_on(
    kept: Callable[..., Cycle], tmp_path: Path
) -> None:
    cycle = kept()
    next(cycle.root.glob("cycle1/models/*/adapted_model.nemo")).write_bytes(b"other")
    with pytest.raises(InvalidInput, match="as it was kept; it is gone or changed"):
        hand_off(cycle, tmp_path / "out")


def test_a_boosted_base_without_a_file_cannot_be_handed_on_and_the_way_out_is_named(
    kept: Callable[..., Cycle], tmp_path: Path
) -> None:
    cycle = kept()
    decision = decision_of(cycle)
    assert decision is not None
    named = ModelRecord(name="nvidia/parakeet-tdt-0.6b-v2", path="", sha256=None)
    write_record(cycle.decision, decision.model_copy(update={"candidate": named}))
    with pytest.raises(InvalidInput, match=r"0\.6b-v2 is fetched by its name: give its .nemo file"):
        hand_off(cycle, tmp_path / "out")


def test_a_cycle_that_is_not_decided_has_nothing_to_hand_on(
    kept: Callable[..., Cycle], tmp_path: Path
) -> None:
    cycle = kept()
    (cycle.root / "flywheel.yaml").write_text(f"base: base.nemo\n{KEPT}gate: {{min_rows: 5}}\n")
    with pytest.raises(InvalidInput, match="cycle 1 is not decided for its present inputs"):
        hand_off(open_cycle(cycle.root, 1), tmp_path / "out")


def test_a_streaming_model_is_not_handed_on(
    kept: Callable[..., Cycle], fake_model: Callable[..., Path], tmp_path: Path
) -> None:
    """No cycle trains one; a decision and a ledger line that name one are of another hand."""
    cycle = kept()
    (path,) = cycle.root.glob("cycle1/models/*/adapted_model.nemo")
    fake_model(path, 0.2, "encoder: {att_context_style: chunked_limited}\n")
    decision = decision_of(cycle)
    assert decision is not None
    model = decision.candidate.model_copy(update={"sha256": file_sha256(path)})
    forged = decision.model_copy(update={"candidate": model})
    write_record(cycle.decision, forged)
    write_jsonl(cycle.root / "ledger.jsonl", [_ledger_line(forged).model_dump(mode="json")])
    with pytest.raises(
        InvalidInput, match=r"that decodes whole clips; .* is cache-aware streaming"
    ):
        hand_off(cycle, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_hand_off_never_goes_into_a_workspace_or_among_other_files(
    kept: Callable[..., Cycle], tmp_path: Path
) -> None:
    cycle = kept()
    (cycle.root / "vocabulary.txt").write_text("metoprolol\n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/vocabulary.txt").write_text("mine\n")
    for out, found in {
        cycle.root: "is a workspace",
        cycle.root / "cycle3": "is in the folder of cycle3",
        tmp_path / "mine": "has other files: vocabulary.txt",
    }.items():
        with pytest.raises(InvalidInput, match=f"an empty folder or .*{out} {found}"):
            hand_off(cycle, out)
    assert (cycle.root / "vocabulary.txt").read_text() == "metoprolol\n"
    assert (tmp_path / "mine/vocabulary.txt").read_text() == "mine\n"
    assert not (cycle.root / "cycle3").exists()


def test_a_hand_off_that_was_killed_over_an_older_one_is_no_hand_off_until_it_is_run_again(
    kept: Callable[..., Cycle], tmp_path: Path
) -> None:
    cycle, out = kept(), tmp_path / "out"
    hand_off(cycle, out)
    undisturbed = contents(out)
    with pytest.raises(KeyboardInterrupt):
        write_half(out)
    assert not (out / "hand_off.json").exists()
    hand_off(cycle, out)
    assert contents(out) == undisturbed


def write_half(out: Path) -> None:
    """Begin a hand-off of another model, and end before it is complete."""
    with handing_off(out):
        (out / "vocabulary.txt").write_text("of the other model\n")
        (out / f".MODEL_CARD.md.{2**22 + 1}@{socket.gethostname()}.partial").write_text("# half")
        raise KeyboardInterrupt


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_decision_that_was_edited_to_keep_is_not_handed_off(
    kept: Callable[..., Cycle], tmp_path: Path
) -> None:
    cycle = kept("boost: off\n")
    text = cycle.decision.read_text()
    assert '"verdict": "grow"' in text
    cycle.decision.write_text(text.replace('"verdict": "grow"', '"verdict": "keep"'))
    with pytest.raises(InvalidInput, match="the ledger has the verdict grow; it has keep"):
        hand_off(cycle, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_shell_reads_every_line_that_is_handed_off_as_it_was_meant(
    kept: Callable[..., Cycle], tmp_path: Path
) -> None:
    root = kept().root.rename(tmp_path / "Cardio (2026) `id`; x")
    cycle, out = open_cycle(root, 1), tmp_path / "out"
    model = next(root.glob("cycle1/models/*/adapted_model.nemo"))
    decision = read_record(cycle.decision, DecisionRecord)
    assert decision is not None
    moved = decision.candidate.model_copy(update={"path": str(model)})
    news = {"candidate": moved, "inputs_sha256": cycle.inputs_sha256}
    write_record(cycle.decision, decision.model_copy(update=news))
    hand_off(cycle, out)
    card = (out / "MODEL_CARD.md").read_text()
    lines = [line.strip() for line in card.splitlines() if line.startswith("    ")]
    assert shlex.split(lines[0])[2] == "Cardio-2026-id-x-cycle-1.riva"
    assert shlex.split(lines[-1])[:4] == ["flywheel", "hand-off", str(root), "1"]
    for line in lines:
        assert not {"(", "`", ";"} & set("".join(unquoted(line)))


def unquoted(line: str) -> list[str]:
    """The parts of a line that a shell would read itself: those outside single quotes."""
    return line.split("'")[::2]


def test_a_model_that_was_rolled_back_is_handed_off_with_a_sentence_on_its_card(
    kept: Callable[..., Cycle], tmp_path: Path
) -> None:
    cycle, out = kept(), tmp_path / "out"
    assert hand_off(cycle, out).note == ""
    roll_back(cycle.root, 0)
    note = hand_off(cycle, out).note
    assert note.startswith("This model is not the champion now: it was rolled back on 20")
    assert f"**{note}**" in (out / "MODEL_CARD.md").read_text()
    record = read_record(out / "hand_off.json", HandOffRecord)
    assert record is not None
    assert record.not_champion == note
