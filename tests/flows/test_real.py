"""The real thing: NeMo fine-tunes and decodes the reference base, is killed, and goes on."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
import pytest

from flows.commands import baseline
from tasks.domain.decoding import DecodingConfig
from tasks.jobs.decode import Request, decode_all
from tasks.jobs.runner import fetch_pretrained
from tasks.settings import Settings
from tasks.workspace.cycle import System
from tasks.workspace.models import find_base
from tasks.workspace.open import open_cycle
from tests.faults import trials

ROOT = Path(__file__).parents[2]
POLICY = """
base: {base}
gate: {{min_rows: 30}}
sft: {{preset: production, epochs: 2, lr: 1.0e-4, batch_size: 8, base_share: 0.25}}
replay: {{manifest: replay.jsonl, ratio: 0.5}}
arms: {{boosted: true, base_shares: []}}
build: {{first_terms: 18, rows_per_term: 2, audition: "off"}}
"""
NAME = "it's {a} \\ one=two"  # a folder, as Hydra must not read it
pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of 36 reference rows, 12 guard and 20 replay clips, synthesized for it."""
    root = tmp_path_factory.mktemp("real") / NAME
    policy = POLICY.format(base=ROOT / "reference/base-ctc.nemo")
    trials.make_reference(root, policy, guard=12, replay=20)
    return root


def start(root: Path, *flags: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "flows.cycle",
        "--workspace",
        str(root),
        "--cycle",
        "1",
        *flags,
    ]
    environment = os.environ | {"FLYWHEEL_ACCELERATOR": "cpu"}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_while_it_runs(process: subprocess.Popen[str], condition: Callable[[], object]) -> None:
    """Wait for a condition, as long as the command runs."""
    deadline = time.monotonic() + 1200
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.usefixtures("on_session_server")
def test_a_real_cycle_survives_kills_in_training_and_ends_decided(small: Path) -> None:
    """The command is killed before the first checkpoint, the fine-tune of the next one after it."""
    first = start(small)
    logs = partial(small.rglob, "finetune.log")
    wait_while_it_runs(first, lambda: any("Epoch 0:" in log.read_text() for log in logs()))
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    decoded = {path: path.stat().st_mtime_ns for path in small.glob("cycle1/decoded/*.jsonl")}
    assert decoded

    second = start(small)
    wait_while_it_runs(second, lambda: [*small.glob("cycle1/models/*/work/run/**/*.ckpt")])
    for child in psutil.Process(second.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if child.name() == "finetune":
                child.kill()
    output, _ = second.communicate(timeout=1200)
    assert second.returncode == 0, output
    assert "killed by signal 9" in output
    assert "# Cycle 1: " in output
    for path, written in decoded.items():
        assert path.stat().st_mtime_ns == written, "a finished decoding was done again"
    decision = json.loads((small / "cycle2/decision.json").read_text())
    assert decision["scopes"]["all"]["rows"] == 36
    assert decision["guards"][0]["name"] == "general_wer"
    assert not list(small.rglob("work")) + list(small.rglob("*.partial"))

    run = next((small / "cycle1/models").iterdir())
    info = json.loads((run / "training_run_info.json").read_text())
    assert (
        info["rows"]["loaded"]
        == info["rows"]["written"]
        == len((run / "train.jsonl").read_text().splitlines())
    )
    assert info["warnings"] == []  # it was resumed, and not begun again
    assert info["rows"]["filtered"] == 0
    assert 0.0 <= info["metrics_per_epoch"][0]["val_wer"] <= 2.0
    assert info["tensorboard"]
    assert all((run / name).stat().st_size for name in info["tensorboard"])
    assert info["versions"]["nemo_toolkit"] == "3.0.0"
    assert info["hyperparameters"]["base_share"] == 0.25  # the candidate is an average
    lines = map(json.loads, (small / "ledger.jsonl").read_text().splitlines())
    judged = [line["candidate"]["sha256"] for line in lines if "candidate" in line]
    assert judged[0] == info["candidate_sha256"]  # the boosted base may be judged after it
    assert judged[-1] == decision["candidate"]["sha256"]
    names = [arm["name"] for arm in decision["arms"]]
    assert names[:4] == [
        "base, greedy",
        "base, beam",
        "base, beam boosted 0.5",
        "base, beam boosted 1",
    ]
    kers = {
        arm["name"]: arm["ker"]
        for arm in json.loads((small / "cycle1/boost.json").read_text())["arms"]
    }
    assert kers["base, beam"] == kers["base, greedy"]  # with the token bonus of the beam turned off
    assert kers["base, beam boosted 1"] < kers["base, greedy"]
    transcripts = [
        json.loads(line) for line in (small / "cycle2/offline_hyps.jsonl").read_text().splitlines()
    ]
    assert len(transcripts) == 36
    assert {row["split"] for row in transcripts} == {"train", "validation", "test"}
    assert sum(bool(row["hyp"]) for row in transcripts) > 30


def test_a_decided_cycle_is_left_alone_without_nemo(small: Path) -> None:
    code = (
        "import sys; from flows.commands.cycle import CycleFlags, run; "
        f"print(run(CycleFlags(workspace={str(small)!r}, cycle=1)).text); "
        "print(sorted({'nemo', 'torch', 'lightning', 'prefect'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Nothing to do: this cycle is decided for these inputs.")
    assert done.stdout.splitlines()[-1] == "[]"


def test_several_decodings_in_one_process_give_what_each_gives_alone(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLYWHEEL_ACCELERATOR", "cpu")
    cycle = open_cycle(small, 1)
    boosted = cycle.boosted(DecodingConfig(strategy="beam", boost_alpha=1.0))
    greedy = cycle.boosted(DecodingConfig(boost_alpha=0.5))
    rows = cycle.require_benchmark.audio_rows[:12]
    for name in ("ctc", "tdt"):
        model = find_base(ROOT / "reference", f"base-{name}.nemo")
        requests = [
            Request(rows, System(model, way), 8) for way in (DecodingConfig(), boosted, greedy)
        ]
        together = decode_all(requests, tmp_path / "together")
        assert decode_all(requests[1:2], tmp_path / "alone") == together[1:2]
        assert together[0] != together[1], "the boost changes transcripts"
    assert together[0] != together[2]


def test_a_base_and_its_fine_tune_in_one_process_give_what_each_gives_alone(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLYWHEEL_ACCELERATOR", "cpu")
    base = find_base(ROOT / "reference", "base-ctc.nemo")
    tuned = find_base(ROOT, str(next(small.rglob("adapted_model.nemo"))))
    rows = open_cycle(small, 1).require_benchmark.audio_rows
    greedy = DecodingConfig()
    requests = [
        Request(rows[:12], System(base, greedy), 8),
        Request(rows[12:24], System(base, greedy), 8),
        Request(rows[:12], System(tuned, greedy), 8),
        Request(rows[:12], System(base, greedy), 8),
    ]
    together = decode_all(requests, tmp_path / "together")
    alone = [decode_all([request], tmp_path / "alone")[0] for request in requests[:3]]
    assert together == [*alone, alone[0]]
    assert together[0] != together[2], "it is another model"


@pytest.mark.usefixtures("prefect_server")
def test_score_baseline_decodes_a_real_model(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLYWHEEL_ACCELERATOR", "cpu")
    manifest, model = small / "cycle1/manifest.jsonl", ROOT / "reference/base-ctc.nemo"
    flags = baseline.BaselineFlags(manifest=manifest, model=model, out=tmp_path / "scored")
    assert "## Headline" in baseline.run(flags).text
    assert len((tmp_path / "scored/per_sample.json").read_text().splitlines()) == 36


def test_a_base_by_name_is_the_file_of_the_hub_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "nvidia/parakeet-ctc-0.6b"
    cache = tmp_path / "hub" / "models--nvidia--parakeet-ctc-0.6b"
    snapshot = cache / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text("abc")
    cached = snapshot / "parakeet-ctc-0.6b.nemo"
    cached.symlink_to(ROOT / "reference/base-ctc.nemo")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert fetch_pretrained(name, tmp_path / "work", Settings(accelerator="cpu")) == cached
