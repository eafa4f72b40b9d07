"""An ASR endpoint, asked over real gRPC on a server of our own that speaks Riva's protocol."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.baseline import check_request, score_request
from tasks.domain.errors import InvalidInput, ServiceFailed

pytestmark = pytest.mark.usefixtures("prefect_server")
Workspace = Callable[..., Path]
Server = tuple[Any, str]


@pytest.fixture
def benchmark(workspace: Workspace, riva: Server) -> Path:
    """The manifest of six rows whose clips the server knows."""
    manifest = (
        workspace([{"text": f"start metoprolol at {n}"} for n in range(6)])
        / "cycle1/manifest.jsonl"
    )
    for line in manifest.read_text().splitlines():
        row = json.loads(line)
        with wave.open(str(manifest.parent / row["audio_filepath"])) as file:
            riva[0].answers[file.readframes(file.getnframes())] = row["text"]
    return manifest


def score(manifest: Path, out: Path, endpoint: str | None) -> list[dict[str, Any]]:
    score_request(check_request(manifest, out, endpoint=endpoint))
    return [json.loads(line) for line in (out / "per_sample.json").read_text().splitlines()]


def interrupted(manifest: Path, riva: Server, out: Path) -> None:
    """Ask for the rows of a manifest until the server fails, which then is well again."""
    server, endpoint = riva
    server.dies_at = 4
    with pytest.raises(ServiceFailed):
        score(manifest, out, endpoint)
    server.dies_at = 10_000


def test_a_server_is_a_baseline_like_any_other(
    benchmark: Path, riva: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = score(benchmark, tmp_path / "out", riva[1])
    assert [row["hyp"] for row in rows] == [row["ref"] for row in rows]
    config = riva[0].asked[0]
    assert (config.sample_rate_hertz, config.language_code) == (16_000, "en-US")
    assert config.verbatim_transcripts
    assert f"6 clips (6 s of audio) leave this machine for {riva[1]}" in caplog.text
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "leaderboard.md", "per_sample.json", "results.csv",
    ]  # fmt: skip


def test_a_busy_server_is_asked_again(benchmark: Path, riva: Server, tmp_path: Path) -> None:
    riva[0].busy = 3
    assert len(score(benchmark, tmp_path / "out", riva[1])) == 6
    assert len(riva[0].asked) == 9


def test_a_failure_is_one_sentence_and_the_same_command_asks_for_the_missing_rows_only(
    benchmark: Path, riva: Server, tmp_path: Path
) -> None:
    riva[0].dies_at = 4
    with pytest.raises(
        ServiceFailed, match="INTERNAL: the GPU fell off the bus; 4 of 6 rows are kept"
    ):
        score(benchmark, tmp_path / "out", riva[1])
    (journal,) = (tmp_path / "out").glob(".recognized-*")
    journal.write_bytes(journal.read_bytes()[:-5])  # killed while it wrote the fourth
    riva[0].asked.clear()
    rows = score(benchmark, tmp_path / "out", riva[1])
    assert len(riva[0].asked) == 3
    assert [row["hyp"] for row in rows] == [row["ref"] for row in rows]


def test_answers_of_two_calls_at_once_are_taken_by_their_rows(
    benchmark: Path, riva: Server, tmp_path: Path
) -> None:
    interrupted(benchmark, riva, tmp_path / "out")
    (journal,) = (tmp_path / "out").glob(".recognized-*")
    first, second, third = journal.read_text().splitlines(keepends=True)[:3]
    journal.write_text(first + first + second + second + third)
    rows = score(benchmark, tmp_path / "out", riva[1])
    assert [row["hyp"] for row in rows] == [row["ref"] for row in rows]


def test_another_benchmark_is_asked_for_whole(
    benchmark: Path, riva: Server, tmp_path: Path
) -> None:
    interrupted(benchmark, riva, tmp_path / "out")
    lines = benchmark.read_text().splitlines(keepends=True)
    benchmark.write_text("".join(lines[1:]))
    assert [row["ref"][-1] for row in score(benchmark, tmp_path / "out", riva[1])] == list("12345")


def test_function_and_key_go_along_and_the_key_into_no_message(
    benchmark: Path, riva: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLYWHEEL_NVCF_FUNCTION_ID", "function-1")
    score(benchmark, tmp_path / "out", riva[1])
    assert riva[0].metadata["function-id"] == "function-1"
    monkeypatch.setenv("FLYWHEEL_NVCF_API_KEY", "nvapi-secret")
    with pytest.raises(
        ServiceFailed
    ) as raised:  # a key goes over TLS only, and this server has none
        score(benchmark, tmp_path / "again", riva[1])
    assert "nvapi-secret" not in str(raised.value)


def test_the_endpoint_of_the_environment_is_the_default(
    benchmark: Path, riva: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASR_ENDPOINT", riva[1])
    assert len(score(benchmark, tmp_path / "out", None)) == 6


def test_a_server_is_sent_which_words_to_prefer(
    benchmark: Path, riva: Server, tmp_path: Path
) -> None:
    (tmp_path / "words").write_text("metoprolol\n\nlung\n")
    request = check_request(
        benchmark, tmp_path / "out", endpoint=riva[1], boost=tmp_path / "words", boost_score=40
    )
    score_request(request)
    (context,) = riva[0].asked[0].speech_contexts
    assert (list(context.phrases), context.boost) == (["metoprolol", "lung"], 40)


def test_an_interrupted_run_is_not_gone_on_with_under_another_boost(
    benchmark: Path, riva: Server, tmp_path: Path
) -> None:
    (tmp_path / "words").write_text("metoprolol\n")
    interrupted(benchmark, riva, tmp_path / "out")
    riva[0].asked.clear()
    score_request(
        check_request(
            benchmark, tmp_path / "out", endpoint=riva[1], boost=tmp_path / "words", boost_score=1
        )
    )
    assert len(riva[0].asked) == 6


def test_every_fault_of_a_word_boosting_is_named(benchmark: Path, tmp_path: Path) -> None:
    hypotheses = tmp_path / "transcripts.jsonl"
    with pytest.raises(InvalidInput) as raised:
        check_request(benchmark, tmp_path, hypotheses=hypotheses, boost=tmp_path / "absent")
    message = str(raised.value)
    assert "--boost: expected --endpoint" in message
    assert "--boost-score: expected a score in Riva's scale: 20 to 100 for CTC" in message
    assert "absent: expected phrases in UTF-8, one a line" in message


def test_an_endpoint_without_a_port_is_refused(benchmark: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="--endpoint: expected host:port; got 'localhost'"):
        check_request(benchmark, tmp_path, endpoint="localhost")


def test_a_server_that_is_not_there_is_one_sentence(
    benchmark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ServiceFailed, match=r"UNAVAILABLE.*0 of 6 rows are kept"):
        score(benchmark, tmp_path / "out", "127.0.0.1:1")
