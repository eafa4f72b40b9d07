"""Every file of a workspace cut short, emptied and filled with garbage, then the same command.

The table is what comes of it: `again` the same verdict, the file made again where it is needed;
`faults` invalid input, exit code 2; `sentence` one sentence with the way out, exit code 1.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.commands.cycle import CycleFlags, run
from flows.cycle import flywheel_cycle
from tasks.domain.errors import FlywheelError, InvalidInput

pytestmark = pytest.mark.usefixtures("prefect_server")
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda content: content[: len(content) // 2],
    "emptied": lambda _: b"",
    "garbage": lambda content: bytes(byte * 37 % 251 for byte in range(len(content) % 250 + 6)),
}
RUN = "cycle1/models/RUN"
DECODED = "cycle1/decoded"
TABLE = {  # file: what comes of it when it is cut, emptied, garbage
    "flywheel.yaml": ("faults", "sentence", "faults"),
    "general.jsonl": ("faults", "faults", "faults"),
    "base.nemo": ("faults", "faults", "faults"),
    "ledger.jsonl": ("sentence", "again", "sentence"),
    "champion.json": ("sentence", "sentence", "sentence"),
    "cycle1/manifest.jsonl": ("faults", "faults", "faults"),
    "cycle1/audio/7.wav": ("faults", "faults", "faults"),
    "cycle1/per_sample.json": ("faults", "faults", "faults"),
    "cycle1/gate.json": ("again", "again", "again"),
    "cycle1/results.csv": ("again", "again", "again"),
    "cycle1/leaderboard_cycle1.md": ("again", "again", "again"),
    "cycle1/stages.jsonl": ("again", "again", "again"),
    f"{DECODED}/own_baseline.json": ("sentence", "sentence", "sentence"),
    f"{DECODED}/COMPARISON.jsonl": ("again", "again", "again"),
    f"{DECODED}/CANDIDATE.jsonl": ("again", "again", "again"),
    f"{RUN}/train.jsonl": ("again", "again", "again"),
    f"{RUN}/validation.jsonl": ("again", "again", "again"),
    f"{RUN}/split.json": ("again", "again", "again"),
    f"{RUN}/adapted_model.nemo": ("sentence", "sentence", "sentence"),
    f"{RUN}/training_run_info.json": ("sentence", "sentence", "sentence"),
    "cycle2/offline_hyps.jsonl": ("again", "again", "again"),
    "cycle2/results.csv": ("again", "again", "again"),
    "cycle2/leaderboard_cycle2.md": ("again", "again", "again"),
    "cycle2/report.html": ("again", "again", "again"),
    "cycle2/decision.json": ("sentence", "sentence", "sentence"),
}
# Each of these is damaged in one way by itself, in the other ways together: a run of the flow each.
MADE_AGAIN = [name for name, ends in TABLE.items() if ends == ("again", "again", "again")]


def outcome(root: Path, whole: dict[str, Any]) -> str:
    """Run the cycle and name what comes of it; anything but the three is an error of the test."""
    failure: FlywheelError | None = None
    try:
        run(CycleFlags(workspace=root, cycle=1))
    except FlywheelError as error:
        failure = error
    if isinstance(failure, InvalidInput):
        assert failure.faults
        return "faults"
    if failure is not None:
        assert "\n" not in str(failure)
        assert ": " in str(failure), "it names what to do"
        return "sentence"
    decision = json.loads((root / "cycle2/decision.json").read_text())
    same = ("verdict", "scopes", "priority", "guards", "reasons")
    assert {key: decision[key] for key in same} == {key: whole[key] for key in same}
    return "again"


def test_a_damaged_file_never_ends_in_a_traceback_or_another_verdict(
    flywheel: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = flywheel(after=0.2)
    clips = [{"audio_filepath": f"audio/{n}.wav", "text": f"number {n}"} for n in range(20)]
    shutil.copytree(root / "cycle1/audio", root / "audio")
    (root / "general.jsonl").write_text("".join(json.dumps(clip) + "\n" for clip in clips))
    assert flywheel_cycle(root, return_state=True).name == "Kept"
    whole = json.loads((root / "cycle2/decision.json").read_text())
    (run_folder,) = (root / "cycle1/models").iterdir()
    comparison, candidate = decoded_files(root, whole)
    names = {"RUN": run_folder.name, "COMPARISON": comparison, "CANDIDATE": candidate}
    found: dict[str, tuple[str, ...]] = {}
    for name in TABLE:
        path = real_name(name, names)
        with monkeypatch.context() as patch:
            if name == "flywheel.yaml":  # what is left may name a base that has to be fetched
                patch.setenv("FLYWHEEL_NEMO_PYTHON", "/bin/false")
            kinds = list(DAMAGE)[: 1 if name in MADE_AGAIN else None]
            copies = [
                damaged_copy(root, tmp_path / f"{len(found)}-{kind}", [path], kind)
                for kind in kinds
            ]
            found[name] = tuple(outcome(copy, whole) for copy in copies)
    assert found == TABLE | dict.fromkeys(MADE_AGAIN, ("again",))
    paths = [real_name(name, names) for name in MADE_AGAIN]
    for kind in ("emptied", "garbage"):
        copy = damaged_copy(root, tmp_path / f"all-{kind}", paths, kind)
        assert outcome(copy, whole) == "again", kind


def decoded_files(root: Path, decision: dict[str, Any]) -> tuple[str, str]:
    """Name the files of comparison model and candidate: the candidate misses fewer rows."""
    paths = sorted(
        set((root / "cycle1/decoded").glob("*.jsonl"))
        - set((root / "cycle1/decoded").glob("anchor-*")),  # what a later cycle reads again
        key=lambda path: path.read_text().count("something"),
    )
    assert len(paths) == 2
    assert decision["scopes"]["all"]["candidate"]["ker"] < decision["scopes"]["all"]["base"]["ker"]
    return paths[1].stem, paths[0].stem


def real_name(name: str, names: dict[str, str]) -> str:
    """Return the path of a file that the table names."""
    for part, real in names.items():
        name = name.replace(part, real)
    return name


def damaged_copy(root: Path, copy: Path, names: list[str], kind: str) -> Path:
    """Copy a decided workspace, undecided unless the decision itself is damaged, and damage it."""
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("audio"))
    for audio in ("audio", "cycle1/audio"):
        if names[0].startswith(audio):
            shutil.copytree(root / audio, copy / audio)
        else:
            (copy / audio).symlink_to(root / audio)
    if names != ["cycle2/decision.json"]:
        (copy / "cycle2/decision.json").unlink()
    for path in (copy / name for name in names):
        path.write_bytes(DAMAGE[kind](path.read_bytes()))
    return copy


def test_repair_sets_aside_what_is_damaged_and_decides_again(
    flywheel: Callable[..., Path],
) -> None:
    root = flywheel(after=0.2)
    assert flywheel_cycle(root, return_state=True).name == "Kept"
    whole = json.loads((root / "cycle2/decision.json").read_text())
    names = ("ledger.jsonl", "champion.json", "cycle2/decision.json")
    for name in names:
        (root / name).write_bytes(DAMAGE["garbage"]((root / name).read_bytes()))
    with pytest.raises(FlywheelError, match="--repair"):
        run(CycleFlags(workspace=root, cycle=1))
    run(CycleFlags(workspace=root, cycle=1, repair=True))
    again = json.loads((root / "cycle2/decision.json").read_text())
    assert (again["verdict"], again["scopes"]) == (whole["verdict"], whole["scopes"])
    for name in names:
        assert len(list(root.glob(f"{name}.damaged-*"))) == 1
    assert json.loads((root / "champion.json").read_text())["cycle"] == 1
