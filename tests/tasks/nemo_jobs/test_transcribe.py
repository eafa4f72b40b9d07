"""The local transcribe job, whole: what it writes for a manifest, for its shards, and for many ways."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reference.corpus import speak
from tasks.domain.recipe import assign_shards, render, transcribe_overrides
from tasks.workspace.audio import wav_bytes
from tests.with_nemo import needs_nemo, run_with_nemo

ROOT = Path(__file__).parents[3]
SIZE = 2
TEXTS = [
    "the scan was clear",
    "no",
    "take the tablet with water",
    "yes",
    "please call the ward",
    "stop now",
]
pytestmark = [pytest.mark.real, needs_nemo]


def job(folder: Path, name: str, rows: list[dict[str, object]], *more: str) -> list[str]:
    """The arguments of one decoding of rows."""
    manifest, output = folder / f"{name}.jsonl", folder / f"{name}.out"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    base = ROOT / "reference/base-ctc.nemo"
    given = transcribe_overrides(model=base, manifest=manifest, output=output, batch_size=SIZE)
    return [*render(given), *more]


@pytest.fixture(scope="module")
def decoded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with the outputs of many decodings by one process, and what that printed."""
    folder = tmp_path_factory.mktemp("job")
    rows: list[dict[str, object]] = []
    for number, speech in enumerate(speak(TEXTS, 1)):
        (folder / f"{number}.wav").write_bytes(wav_bytes(speech / 32768))
        rows.append(
            {"audio_filepath": f"{number}.wav", "duration": speech.size / 16_000, "row": number}
        )
    jobs = [job(folder, "whole", rows)]
    for of in (2, 3):
        shards = assign_shards([float(str(row["duration"])) for row in rows], of, SIZE)
        for number, shard in enumerate(shards):
            jobs.append(job(folder, f"{of}-{number}", [rows[row] for row in shard]))
    jobs.append(job(folder, "timed", rows, "ctc_decoding.compute_timestamps=true"))
    arguments = [argument for one in jobs for argument in ("--", *one)][1:]
    return folder, "\n".join(run_with_nemo(ROOT / "tasks/nemo_jobs/transcribe.py", *arguments))


def lines(folder: Path, name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / f"{name}.out").read_text().splitlines()]


def test_each_row_comes_back_in_order_with_what_was_transcribed(decoded: tuple[Path, str]) -> None:
    folder, printed = decoded
    rows = lines(folder, "whole")
    assert [row["row"] for row in rows] == list(range(len(TEXTS)))
    assert "water" in str(rows[2]["pred_text"])
    clips = 4 * len(TEXTS)  # whole, in two shards, in three, and with timestamps
    assert f"Decoded {clips} of {clips} clips, 0 s left" in printed


@pytest.mark.parametrize("of", [2, 3])
def test_shards_together_give_what_one_job_gives(decoded: tuple[Path, str], of: int) -> None:
    folder, _ = decoded
    parts = [line for number in range(of) for line in lines(folder, f"{of}-{number}")]
    assert sorted(parts, key=lambda line: int(str(line["row"]))) == lines(folder, "whole")


def test_nemo_decodes_what_is_not_known_here_and_the_log_names_it(
    decoded: tuple[Path, str],
) -> None:
    folder, printed = decoded
    message = "Decoded by NeMo's transcribe(), which is slower: EncDecCTCModelBPE with GreedyBatchedCTCInfer"
    assert printed.count(message) == 1
    assert lines(folder, "timed") == lines(folder, "whole")
