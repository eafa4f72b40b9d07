"""Build the reference workspace by the flywheel's own commands: benchmark, guard set and replay set.

    python reference/benchmark.py --out runs/demo

They are given terms.csv, sentences.csv, a policy and the general sentences of text.py. What is there is
kept, and every clip is the same bytes on every run.
"""

from __future__ import annotations

import argparse
import csv
import io
import shutil
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from text import sentences, terms  # noqa: E402

from flows.commands import build as build_command  # noqa: E402
from flows.commands import general as general_command  # noqa: E402
from tasks.orchestration.terminal import interruption  # noqa: E402
from tasks.processes import interruptible  # noqa: E402
from tasks.records.files import write_atomic  # noqa: E402

GUARD, REPLAY = 1_500, 1_000
SEEDS = {"guard": 2027, "replay": 4099}
SPARE = 100  # sentences drawn beyond the clips of a set, for those that two sets draw alike


def build(root: Path, policy: Path, guard: int = GUARD, replay: int = REPLAY) -> list[str]:
    """Write the inputs of a workspace, its general speech and its first benchmark, if absent.

    Gives what the commands say.
    """
    write_inputs(root, policy, {term["term"] for term in terms()})
    lines = speak_general(root, guard, replay)
    if not (root / "cycle1/manifest.jsonl").exists():
        flags = build_command.BuildFlags(workspace=root, cycle=1)
        lines.append(build_command.run(flags).text)
    return lines


def write_inputs(root: Path, policy: Path, chosen: Collection[str]) -> None:
    """Write what a person would give: a policy, and terms with their sentences, if absent."""
    root.mkdir(parents=True, exist_ok=True)
    for name in ("terms.csv", "sentences.csv"):
        if not (root / name).exists():
            write_atomic(root / name, _rows_of(HERE / name, chosen))
    if not (root / "flywheel.yaml").exists():
        shutil.copyfile(policy, root / "flywheel.yaml")


def speak_general(root: Path, guard: int = GUARD, replay: int = REPLAY) -> list[str]:
    """Speak general sentences; a fifth of the words of the guard set is in none that is replayed."""
    lines = []
    for name, size in {"guard": guard, "replay": replay}.items():
        with tempfile.TemporaryDirectory() as folder:
            text = Path(folder) / f"{name}.txt"
            text.write_text("\n\n".join(general_sentences(name, size + SPARE)), encoding="utf-8")
            sizes = {"guard": 0, "replay": 0} | {name: size}
            flags = general_command.GeneralFlags(workspace=root, text=(text,), **sizes)
            lines.append(general_command.run(flags).text)
    return lines


def general_sentences(name: str, count: int) -> list[str]:
    """Draw the sentences of the guard or the replay set."""
    return sentences(SEEDS[name], count, natural=True, replayed=name == "replay")


def _rows_of(table: Path, chosen: Collection[str]) -> str:
    """Return the head of a table, and its rows of the chosen terms."""
    with table.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [head, *(row for row in rows if row[0] in chosen)]
    )
    return text.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the workspace to fill")
    parser.add_argument("--policy", type=Path, default=HERE / "demo.yaml", help="its flywheel.yaml")
    parser.add_argument("--guard", type=int, default=GUARD, help="clips of general.jsonl")
    parser.add_argument("--replay", type=int, default=REPLAY, help="clips of replay.jsonl")
    given = parser.parse_args()
    with interruptible(interruption):
        lines = build(given.out, given.policy, given.guard, given.replay)
    print("".join(f"{line}\n" for line in lines), end="")


if __name__ == "__main__":
    main()
