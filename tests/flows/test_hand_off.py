"""A kept model is handed on for each architecture, and what a server makes of it is compared."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.commands.hand_off import HandOffFlags, run
from flows.cycle import flywheel_cycle
from tasks.domain.errors import InvalidInput, ServiceFailed
from tasks.records.files import read_json, read_jsonl
from tasks.workspace.audio import read_samples
from tasks.workspace.open import read_policy

pytestmark = pytest.mark.usefixtures("prefect_server")
Flywheel = Callable[..., Path]
turn = partial(flywheel_cycle, return_state=True)
CONFIGS = {
    "ctc": "decoder: {}\ntarget: nemo.EncDecCTCModelBPE\n",
    "rnnt": "decoder: {}\njoint: {}\nloss: {loss_name: default}\n",
    "tdt": "decoder: {}\njoint: {}\nloss: {loss_name: tdt}\n",
}


def mark(path: Path, number: int) -> None:
    """Make a clip like no other, by its first sample."""
    content = bytearray(path.read_bytes())
    content[44:46] = struct.pack("<h", number)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("architecture", "decoder", "family"),
    [
        ("ctc", "greedy_ctc", "parakeet-*-ctc-*"),
        ("rnnt", "nemo", "parakeet-rnnt-*"),
        ("tdt", "nemo", "parakeet-tdt-*"),
    ],
)
def test_the_architecture_is_read_from_the_model_and_passed_on(
    flywheel: Flywheel, fake_model: Callable[..., Path], tmp_path: Path,
    architecture: str, decoder: str, family: str,
) -> None:  # fmt: skip
    """The base boosted is kept without training, which a TDT needs a GPU for."""
    root = flywheel(policy="boost: stop\n")
    fake_model(root / "base.nemo", 0.8, CONFIGS[architecture])
    assert turn(root).name == "Kept"
    run(HandOffFlags(workspace=root, cycle=1, out=tmp_path / "out"))
    record = read_json(tmp_path / "out/hand_off.json")
    assert record is not None
    settings = (record["source_architecture"], record["decoder"], record["container_family"])
    assert settings == (architecture, decoder, family)
    phrases = (tmp_path / "out/vocabulary.txt").read_text().splitlines()
    assert len(phrases) > 1000
    assert "Riva has another scale" in (tmp_path / "out/MODEL_CARD.md").read_text().replace(
        "\n", " "
    )


def test_a_served_model_is_compared_row_by_row_and_one_row_that_differs_is_found(
    flywheel: Flywheel, riva: tuple[Any, str], capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    root = flywheel()
    for number in range(100):
        mark(root / f"cycle1/audio/{number}.wav", number)
    turn(root)
    server, endpoint = riva
    offline = read_jsonl(root / "cycle2/offline_hyps.jsonl")
    manifest = read_jsonl(root / "cycle1/manifest.jsonl")
    for row, transcribed in zip(manifest, offline, strict=True):
        server.answers[read_samples(root / "cycle1" / row["audio_filepath"])] = transcribed["hyp"]
    checked = partial(HandOffFlags, workspace=root, cycle=1, check=endpoint)
    assert run(checked()).text.startswith(
        "Served equals offline on all 100 rows; KER 0.200 offline"
    )
    odd = manifest[7]["audio_filepath"]
    server.answers[read_samples(root / "cycle1" / odd)] = "something else"
    with pytest.raises(ServiceFailed, match=f"1 of 100 rows are served differently .*: {odd}"):
        run(checked())
    printed = capsys.readouterr().out
    assert f"- {odd} (3 →; 7 →): offline “{offline[7]['hyp']}”, served “something else”" in printed
    assert "something else" not in caplog.text
    policy = (root / "flywheel.yaml").read_text()
    (root / "flywheel.yaml").write_text(f"{policy}served_difference: 0.01\n")
    assert "1 of 100 rows are served differently" in run(checked()).text
    assert not list(root.glob("cycle2/.served-*"))


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({}, "--out, --check: expected one of the two"),
        ({"check": "localhost"}, "--check: expected host:port"),
        ({"out": Path(__file__) / "out"}, "--out: expected a folder to write in; .* is no folder"),
        ({"out": Path("out")}, "cycle 1 is not decided for its present inputs"),
    ],
)
def test_a_wrong_request_is_invalid_input(
    flywheel: Flywheel, flags: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        run(HandOffFlags(workspace=flywheel(), cycle=1, **flags))


def test_a_model_kept_under_settings_of_one_run_is_handed_on_under_the_same(
    flywheel: Flywheel, tmp_path: Path
) -> None:
    root = flywheel()
    path = tmp_path / "once.yaml"
    path.write_text("sft: {epochs: 2}\n")
    assert turn(root, policy=read_policy(path)).name == "Kept"
    with pytest.raises(InvalidInput, match=r"present inputs.*give the same here"):
        run(HandOffFlags(workspace=root, cycle=1, out=tmp_path / "out"))
    run(HandOffFlags(workspace=root, cycle=1, out=tmp_path / "out", policy=path))
    assert (tmp_path / "out/MODEL_CARD.md").exists()


def test_the_record_has_the_decision_that_it_rests_on(flywheel: Flywheel, tmp_path: Path) -> None:
    root = flywheel()
    turn(root)
    run(HandOffFlags(workspace=root, cycle=1, out=tmp_path / "out"))
    record = json.loads((tmp_path / "out/hand_off.json").read_text())
    decision = read_json(root / "cycle2/decision.json")
    assert decision is not None
    assert record["model_sha256"] == decision["candidate"]["sha256"]
    assert record["vocabulary_sha256"] is None
