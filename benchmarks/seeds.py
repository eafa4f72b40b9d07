"""Compare candidates of one seed with averages of several, judged by the flywheel's own verdict.

    python reference/benchmark.py --out runs/demo --policy reference/demo.yaml
    python benchmarks/seeds.py --workspace runs/demo --base reference/base-tdt.nemo --parallel 6

Each seed is a whole cycle on the same rows with the same split: seeds differ in the order of the rows. The
fine-tunes of some seeds, averaged with each other and then with the base, take the place of the first
seed's candidate in a copy of its workspace, which transcribes and decides again. With `--split` a seed
draws the split and the replayed clips too, and nothing is averaged. A TDT base trains on a GPU only.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tasks.domain.recipe import render  # noqa: E402
from tasks.domain.scoring.leaderboard import table  # noqa: E402
from tasks.records.ledger_line import DecisionLine  # noqa: E402
from tasks.workspace.ledger import read_ledger  # noqa: E402

AVERAGE = ROOT / "tasks/nemo_jobs/average.py"
OF_A_VERDICT = (
    "cycle2", "champion.json", "ledger.jsonl", ".locks", "cycle1/gate.json", "cycle1/stages.jsonl",
)  # fmt: skip
HEAD = (
    "Seeds", "Base", "Drug KER", "Boosting alone", "General WER", "at most", "limit",
    "Open or broken", "Verdict",
)  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """The verdict on one candidate."""

    kind: str
    seeds: str
    share: float
    before: float
    ker: float
    boosted: float | None
    general: float
    upper: float
    limit: float
    harms: str
    verdict: str

    def line(self) -> list[object]:
        moved = f"{self.before:.3f} → {self.ker:.3f}"
        boosted = "" if self.boosted is None else f"{self.boosted:.3f}"
        shown = [f"{figure:.4f}" for figure in (self.general, self.upper, self.limit)]
        share = f"{self.share:.0%}"
        return [self.seeds, share, moved, boosted, *shown, self.harms, self.verdict]


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/seeds"))
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3, 4, 5, 6])
    parser.add_argument("--averages", type=int, nargs="*", default=[3, 6], help="seeds in each")
    parser.add_argument("--shares", type=float, nargs="*", default=[0.55], help="of the base")
    parser.add_argument("--split", action="store_true", help="seeds draw the split too")
    parser.add_argument("--parallel", type=int, default=1, help="cycles at a time")
    given = parser.parse_args()
    base, out = given.base.resolve(), given.out.resolve()
    study = Study(given.workspace, base, out, given.shares[0], given.split)
    groups = [
        tuple(given.seeds[first : first + size])
        for size in ([] if given.split else given.averages)
        for first in range(0, len(given.seeds) - size + 1, size)
    ]
    with ThreadPoolExecutor(given.parallel) as pool:
        alone = study.train(given.seeds[0])
        beside = list(pool.map(study.train, given.seeds[1:]))
        print(f"The first seed's cycle took {alone:.0f} s, the others each", end=" ")
        print(", ".join(f"{seconds:.0f}" for seconds in beside), f"s, {given.parallel} at a time")
        judged = [study.judged(study.of(seed), "one seed", str(seed)) for seed in given.seeds]
        asked = [
            (seeds, share)
            for seeds in (*((seed,) for seed in given.seeds), *groups)
            for share in given.shares
            if len(seeds) > 1 or share != given.shares[0]
        ]
        judged += pool.map(lambda one: study.average(*one), asked)
    print(table(list(HEAD), [one.line() for one in judged]))
    print(
        table(["Candidates", "Base", "Drug KER", "General WER", "at most", "Kept"], spread(judged))
    )


class Study:
    """Copies of one workspace: one of each seed, and one of each average."""

    def __init__(self, workspace: Path, base: Path, out: Path, share: float, splits: bool) -> None:
        self.workspace, self.base, self.out = workspace, base, out
        self.share, self.splits = share, splits

    def of(self, seed: int) -> Path:
        return self.out / f"seed-{seed}"

    def train(self, seed: int) -> float:
        """Run the cycle of a seed, unless it is decided; return the seconds it took."""
        began, root = time.monotonic(), self.of(seed)
        if not root.exists():
            self._copy(self.workspace, root)
            policy = yaml.safe_load((root / "flywheel.yaml").read_text(encoding="utf-8"))
            policy["base"], policy["pretrained"] = str(self.base), str(self.base)
            policy["sft"] |= {"seed": seed, "base_share": self.share}
            if self.splits:
                policy["split"] = policy.get("split", {}) | {"seed": seed}
            _replace(root / "flywheel.yaml", yaml.safe_dump(policy))
        self._decide(root)
        return time.monotonic() - began

    def average(self, seeds: Sequence[int], share: float) -> Judged:
        """Judge the average of these seeds with this share of the base, in the first one's workspace."""
        root = self.out / f"{share:g}-of-{'-'.join(map(str, seeds))}"
        if not root.exists():
            self._copy(self.of(seeds[0]), root)
            self._put_average(root, [self._fine_tune(self.of(seed)) for seed in seeds], share)
        self._decide(root)
        kind = "one seed" if len(seeds) == 1 else f"average of {len(seeds)}"
        return self.judged(root, kind, ", ".join(map(str, seeds)), share)

    def judged(self, root: Path, kind: str, seeds: str, share: float | None = None) -> Judged:
        """Read the first verdict of a workspace: that on the fine-tune, whatever is judged after it."""
        lines = [one for one in read_ledger(root) if isinstance(one, DecisionLine)]
        line, boosting = lines[0], lines[0].against_boosting
        assert line.against_anchor is not None, "a first cycle has its base for an anchor"
        guards = {guard.name: guard for guard in line.against_anchor.guards}
        general = guards["general_wer"]
        return Judged(
            kind,
            seeds,
            self.share if share is None else share,
            line.priority.ker_comparison or 0.0,
            line.priority.ker_candidate or 0.0,
            boosting.ker_boosted if boosting else None,
            general.candidate or 0.0,
            general.upper or 0.0,
            general.limit or 0.0,
            ", ".join(f"{name} {one.state}" for name, one in guards.items() if not one.passed)
            or "none",
            f"boosting's: {lines[-1].outcome}" if boosting and boosting.is_judged else line.outcome,
        )

    def _copy(self, source: Path, root: Path) -> None:
        shutil.copytree(source, root, copy_function=os.link)
        for name in OF_A_VERDICT:
            path = root / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def _fine_tune(self, root: Path) -> Path:
        return next(root.glob("cycle1/models/*/arms/share-0.nemo"))

    def _put_average(self, root: Path, models: Sequence[Path], share: float) -> None:
        """Average, and put the result in the place of every model of the workspace's fine-tune."""
        run = self._fine_tune(root).parents[1]
        (run / "arms.json").unlink(missing_ok=True)
        numbered = {f"model{number}": model for number, model in enumerate(models)}
        mean = _average(numbered, root / "mean.nemo")
        with_base = {"model": mean, "base": self.base, "share": str(share)}
        averaged = _average(with_base, root / "averaged.nemo")
        for place in (run / "arms").iterdir():
            _put(mean if place.name == "share-0.nemo" else averaged, place)
        _put(averaged, run / "adapted_model.nemo")
        info = json.loads((run / "training_run_info.json").read_text())
        digest = subprocess.check_output(["sha256sum", averaged], text=True).split()[0]
        _replace(run / "training_run_info.json", json.dumps(info | {"candidate_sha256": digest}))

    def _decide(self, root: Path) -> None:
        command = [sys.executable, "-m", "flows.cycle", "--workspace", str(root), "--cycle", "1"]
        _run(command, root / "cycle.log")


def spread(judged: Iterable[Judged]) -> list[list[object]]:
    """Return mean and standard deviation of each kind of candidate, and how many were kept."""
    kinds: dict[tuple[str, float], list[Judged]] = {}
    for one in judged:
        kinds.setdefault((one.kind, one.share), []).append(one)
    return [
        [
            kind,
            f"{share:.0%}",
            _mean(ones, lambda one: one.ker),
            _mean(ones, lambda one: one.general),
            _mean(ones, lambda one: one.upper),
            f"{sum(one.verdict == 'keep' for one in ones)} of {len(ones)}",
        ]
        for (kind, share), ones in kinds.items()
    ]


def _mean(judged: Sequence[Judged], figure: Callable[[Judged], float]) -> str:
    figures = [figure(one) for one in judged]
    spread = f" ± {statistics.stdev(figures):.4f}" if len(figures) > 1 else ""
    return f"{statistics.mean(figures):.4f}{spread}"


def _average(given: Mapping[str, object], output: Path) -> Path:
    arguments = render({**given, "output": output})
    _run([sys.executable, str(AVERAGE), *arguments], output.with_suffix(".log"))
    return output


def _run(command: Sequence[str], log: Path) -> None:
    with log.open("w") as output:
        ended = subprocess.run(
            command,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"},
            check=False,
        )
    if ended.returncode:
        raise SystemExit(log.read_text()[-3000:])


def _put(model: Path, place: Path) -> None:
    place.unlink(missing_ok=True)
    os.link(model, place)


def _replace(path: Path, text: str) -> None:
    path.unlink()  # a link to the file of another workspace otherwise
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
