"""Compare recipes, averages and decodings of one base on the reference data; print a table.

    python reference/benchmark.py --out runs/demo --policy reference/demo.yaml
    python benchmarks/arms.py --workspace runs/demo --base reference/base-tdt.nemo

Fine-tunes the base by each recipe, averages each fine-tune with the base, and decodes what was not
trained on (test and validation rows) and clips of the guard set in several ways. With `--stock DIR`,
NeMo's own `transcribe_speech.py` in that folder decodes too, and rows that differ are counted. Needs
NeMo; a TDT base trains on a GPU only. The figures describe: a cycle decides on test rows it has not
looked at.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tasks.domain.bases import architecture_from_config  # noqa: E402
from tasks.domain.decoding import DecodingConfig, decoding_overrides  # noqa: E402
from tasks.domain.manifest import ClinicalRow  # noqa: E402
from tasks.domain.policy import Recipe, SplitPolicy  # noqa: E402
from tasks.domain.recipe import (  # noqa: E402
    CPU,
    RUN_NAME,
    Hardware,
    finetune_overrides,
    render,
    resolve_hyperparameters,
    transcribe_overrides,
)
from tasks.domain.scoring.leaderboard import table  # noqa: E402
from tasks.domain.scoring.metrics import rate, score_rows, summarize  # noqa: E402
from tasks.domain.split import split_rows  # noqa: E402
from tasks.domain.vocabulary import built_vocabulary, spelled  # noqa: E402
from tasks.workspace.archives import alphabet_of_model, nemo_config  # noqa: E402

JOBS = ROOT / "tasks/nemo_jobs"
DECODINGS = (
    DecodingConfig(),
    DecodingConfig(boost_alpha=0.5),
    DecodingConfig(strategy="beam"),
    DecodingConfig(strategy="beam", boost_alpha=0.5),
    DecodingConfig(strategy="beam", boost_alpha=1.0),
)
TUNED = (DECODINGS[0], DECODINGS[3], DECODINGS[4])  # those of a fine-tune
SHARES = (0.0, 0.25, 0.5)
GENERAL_CLIPS = 400


@dataclass(frozen=True)
class Setting:
    """One fine-tune: peak learning rate, epochs, general clips for each clinical row, batch size."""

    lr: float
    epochs: int
    replay: float
    batch: int

    @property
    def name(self) -> str:
        return f"lr {self.lr:g}, {self.epochs} epochs, replay {self.replay:g}, batch {self.batch}"


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/arms"))
    parser.add_argument("--lr", type=float, nargs="*", default=[3e-5, 1e-4, 3e-4])
    parser.add_argument("--epochs", type=int, nargs="*", default=[3])
    parser.add_argument("--replay", type=float, nargs="*", default=[0.0, 2.0])
    parser.add_argument("--batch", type=int, nargs="*", default=[16])
    parser.add_argument("--stock", type=Path, help="examples/asr of a NeMo checkout")
    parser.add_argument("--parallel", type=int, default=1, help="jobs at a time")
    given = parser.parse_args()
    bench = Bench(given.workspace, given.base.resolve(), given.out.resolve(), hardware())
    print(f"{bench.hardware.name}; {len(bench.held_out)} held-out rows, {len(bench.general)} clips")
    head = ["System", "Decoding", "Drug KER", "KER", "General WER"]
    lines = bench.decode("base", [given.base.resolve()], DECODINGS)
    print(table(head, lines), flush=True)
    if given.stock:
        bench.compare_with_stock(given.stock.resolve(), given.parallel)
    settings = [Setting(*one) for one in product(given.lr, given.epochs, given.replay, given.batch)]
    with ThreadPoolExecutor(given.parallel) as pool:
        for done in as_completed([pool.submit(bench.try_setting, one) for one in settings]):
            lines += done.result()
            print(table(head, done.result()), flush=True)  # whatever stops this, these are known
    print(table(head, lines))


def hardware() -> Hardware:
    """Describe the first GPU, or the CPU."""
    import torch

    if not torch.cuda.is_available():
        return CPU
    facts = torch.cuda.get_device_properties(0)
    bf16 = torch.cuda.is_bf16_supported()
    return Hardware("gpu", facts.name, facts.total_memory / 2**30, bf16)


class Bench:
    """The reference rows, and the jobs that are run on them."""

    def __init__(self, workspace: Path, base: Path, out: Path, hardware: Hardware) -> None:
        self.base, self.out, self.hardware = base, out, hardware
        fields = read_lines(workspace / "cycle1/manifest.jsonl")
        self.rows = [ClinicalRow.model_validate(one) for one in fields]
        self.split = split_rows(self.rows, SplitPolicy())
        self.held_out = sorted((*self.split.validation, *self.split.test))
        self.clinical = [absolute(one, workspace / "cycle1") for one in fields]
        self.general = [absolute(one, workspace) for one in read_lines(workspace / "general.jsonl")]
        drawn = np.random.default_rng(42).permutation(len(self.general))[:GENERAL_CLIPS]
        self.general = [self.general[position] for position in drawn]
        self.replay = [absolute(one, workspace) for one in read_lines(workspace / "replay.jsonl")]
        out.mkdir(parents=True, exist_ok=True)
        spoken = [self.clinical[position] for position in self.held_out] + self.general
        write_lines(out / "rows.jsonl", spoken)
        pool = (ROOT / "tasks/workspace/distractors.txt").read_text().split()
        vocabulary = built_vocabulary([row.term for row in self.rows], pool)
        config = nemo_config(base)
        self.decoder = architecture_from_config(str(base), config).decoder
        written, _ = spelled(vocabulary.phrases, alphabet_of_model(base))
        (out / "phrases.txt").write_text("\n".join(written) + "\n")

    def fine_tune(self, setting: Setting) -> list[Path]:
        """Train, and give the averages with each share of the base."""
        folder = self.out / setting.name.replace(" ", "_").replace(",", "")
        drawn = np.random.default_rng(42).permutation(len(self.replay))
        replayed = drawn[: round(setting.replay * len(self.split.train))]
        train = [self.clinical[p] for p in self.split.train] + [self.replay[p] for p in replayed]
        write_lines(folder / "train.jsonl", train)
        write_lines(folder / "validation.jsonl", [self.clinical[p] for p in self.split.validation])
        recipe = Recipe(
            lr=setting.lr,
            epochs=setting.epochs,
            batch_size=setting.batch,
            freq_masks=0,
            time_masks=0,
        )
        settings, _ = resolve_hyperparameters(recipe, len(train), self.hardware)
        overrides = finetune_overrides(
            settings,
            self.hardware,
            base=self.base,
            train=folder / "train.jsonl",
            validation=folder / "validation.jsonl",
            log_dir=folder / "run",
            rows=len(train),
        )
        run(JOBS / "finetune.py", render(overrides), folder)
        tuned = folder / f"run/checkpoints/{RUN_NAME}.nemo"
        models = []
        for share in SHARES:
            model = folder / f"share-{share:g}.nemo"
            given = {"model": tuned, "base": self.base, "share": str(share), "output": model}
            run(JOBS / "average.py", render(given), folder)
            models.append(model)
        return models

    def overrides(self, model: Path, decoding: DecodingConfig, output: Path) -> list[str]:
        ordinary = transcribe_overrides(
            model=model, manifest=self.out / "rows.jsonl", output=output, batch_size=32
        )
        phrases, on_gpu = self.out / "phrases.txt", self.hardware.accelerator == "gpu"
        return render(ordinary | decoding_overrides(decoding, self.decoder, phrases, on_gpu=on_gpu))

    def try_setting(self, setting: Setting) -> list[list[object]]:
        """Fine-tune, average and decode; give the lines of the table."""
        return self.decode(setting.name, self.fine_tune(setting), TUNED)

    def decode(
        self, name: str, models: Sequence[Path], decodings: Sequence[DecodingConfig]
    ) -> list[list[object]]:
        """Decode with each model in every way, in one process; give the lines of the table."""
        folder = self.out / "decoded" / name.replace(" ", "_").replace(",", "")
        folder.mkdir(parents=True, exist_ok=True)
        arguments: list[str] = []
        outputs = []
        for model, decoding in product(models, decodings):
            output = folder / f"{model.stem}-{decoding.name.replace(' ', '_')}.jsonl"
            outputs.append((model, decoding, output))
            arguments += [*(["--"] if arguments else []), *self.overrides(model, decoding, output)]
        seconds = run(JOBS / "transcribe.py", arguments, folder)
        print(f"{name}: {len(outputs)} decodings in {seconds:.0f} s", flush=True)
        return [
            [
                name if model == self.base else f"{name}, {model.stem}",
                decoding.name,
                *self.figures(output),
            ]
            for model, decoding, output in outputs
        ]

    def figures(self, output: Path) -> list[str]:
        """KER of drugs, KER, corpus WER of general speech."""
        transcripts = [line["pred_text"] for line in read_lines(output)]
        rows = [self.rows[position] for position in self.held_out]
        scores = score_rows(
            [row.text for row in rows], transcripts[: len(rows)], [row.term for row in rows]
        )
        drugs = [
            score for score, row in zip(scores, rows, strict=True) if row.entity_category == "drug"
        ]
        texts = [str(line["text"]) for line in self.general]
        general = score_rows(texts, transcripts[len(rows) :], [None] * len(texts))
        return [
            rate(summarize(drugs).ker),
            rate(summarize(scores).ker),
            f"{summarize(general).wer_corpus:.4f}",
        ]

    def compare_with_stock(self, scripts: Path, parallel: int) -> None:
        """Decode the base with NeMo's own script too, and count the rows that differ."""

        def differing(decoding: DecodingConfig) -> list[object]:
            name = decoding.name.replace(" ", "_")
            folder = self.out / "stock" / name
            folder.mkdir(parents=True, exist_ok=True)
            overrides = self.overrides(self.base, decoding, folder / "transcripts.jsonl")
            run(scripts / "transcribe_speech.py", overrides, folder)
            stock = read_lines(folder / "transcripts.jsonl")
            ours = read_lines(self.out / f"decoded/base/{self.base.stem}-{name}.jsonl")
            pairs = zip(stock, ours, strict=True)
            return [
                decoding.name,
                sum(one["pred_text"] != other["pred_text"] for one, other in pairs),
                len(ours),
            ]

        with ThreadPoolExecutor(parallel) as pool:
            lines = list(pool.map(differing, DECODINGS))
        print(table(["Stock script against ours", "Rows that differ", "Rows"], lines), flush=True)


def run(script: Path, arguments: Sequence[str], folder: Path) -> float:
    """Run a script, its output in a log beside what it leaves; give the seconds it took."""
    began = time.monotonic()
    with (folder / f"{script.stem}.log").open("w") as log:
        ended = subprocess.run(
            [sys.executable, str(script), *arguments],
            stdout=log,
            stderr=log,
            cwd=folder,
            check=False,
        )
    if ended.returncode:
        raise SystemExit((folder / f"{script.stem}.log").read_text()[-3000:])
    return time.monotonic() - began


def read_lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def write_lines(path: Path, rows: Sequence[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def absolute(row: dict[str, object], folder: Path) -> dict[str, object]:
    path = (folder / str(row["audio_filepath"])).resolve()
    return {"audio_filepath": str(path), "duration": row["duration"], "text": row["text"]}


if __name__ == "__main__":
    main()
