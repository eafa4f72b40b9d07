"""Have clips recognized by an ASR server that speaks Riva's gRPC protocol: Riva, a NIM, NVCF.

The clips leave this machine; a log line warns of that before the first is sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from tasks.benchmark.engines.service import open_channel
from tasks.domain.errors import ServiceFailed
from tasks.domain.jobs import AudioRow
from tasks.domain.manifest import RATE_HZ
from tasks.logs import log, report_count
from tasks.settings import Settings
from tasks.workspace.audio import read_samples

ATTEMPTS = 5  # the most that gRPC allows
RETRIED = ("RESOURCE_EXHAUSTED", "UNAVAILABLE")
CALL_TIMEOUT = "300s"  # of one call, its retries included


@dataclass(frozen=True)
class WordBoost:
    """Phrases that a server shall prefer. The score's scale is Riva's: 20 to 100 for CTC models, 0.5
    to 2 for RNNT and TDT; it is not that of NeMo's phrase boosting."""

    phrases: tuple[str, ...]
    score: float


def connect(endpoint: str, settings: Settings) -> Any:
    """Open the channel as Riva's `Auth`: TLS to port 443 or with a key, retries by gRPC.

    Raises ServiceFailed where NVIDIA's client is not installed.
    """
    key = settings.nvcf_api_key
    retries = {
        "maxAttempts": ATTEMPTS,
        "initialBackoff": f"{settings.asr_backoff}s",
        "maxBackoff": "60s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": RETRIED,
    }
    method = {"name": [{}], "timeout": CALL_TIMEOUT, "retryPolicy": retries}
    return open_channel(
        endpoint,
        settings.nvcf_function_id,
        key.get_secret_value() if key else None,
        encrypted=endpoint.endswith(":443") or key is not None,
        options=[("grpc.service_config", json.dumps({"methodConfig": [method]}))],
    )


def recognize(
    rows: Sequence[AudioRow], endpoint: str, journal: Path, boost: WordBoost | None = None
) -> list[str]:
    """Return the transcript of each row, in row order.

    Every answer is appended to `journal` as it comes, so that a second call goes on at the first
    missing row. Raises ServiceFailed with one sentence.
    """
    settings = Settings()
    hypotheses = _answers(journal, len(rows))
    todo = rows[len(hypotheses) :]
    seconds = sum(row.duration for row in todo)
    log().warning(
        "%d clips (%.0f s of audio) leave this machine for %s", len(todo), seconds, endpoint
    )
    journal.parent.mkdir(parents=True, exist_ok=True)
    with journal.open("a", encoding="utf-8") as file:
        for text in _answered(todo, endpoint, settings, len(hypotheses), boost):
            answer = {"row": len(hypotheses), "hyp": text}
            file.write(json.dumps(answer, ensure_ascii=False) + "\n")
            file.flush()
            hypotheses.append(text)
            report_count(len(hypotheses), len(rows), "clips")
    return hypotheses


def _answers(journal: Path, rows: int) -> list[str]:
    """The answers of earlier calls to the first missing row, also where two calls ran at once.

    A line that a kill cut short is taken off the file.
    """
    if not journal.exists():
        return []
    lines = journal.read_bytes().splitlines(keepends=True)
    whole = [line for line in lines if line.endswith(b"\n")]
    if len(whole) < len(lines):
        journal.write_bytes(b"".join(whole))
    transcribed = {one.get("row"): one["hyp"] for one in map(json.loads, whole)}
    return [transcribed[row] for row in takewhile(transcribed.__contains__, range(rows))]


def _answered(
    rows: Sequence[AudioRow],
    endpoint: str,
    settings: Settings,
    before: int,
    boost: WordBoost | None,
) -> Iterator[str]:
    """Yield the answers in row order, several asked for at once."""
    connection = connect(endpoint, settings)
    import grpc
    from riva.client import (
        ASRService,
        AudioEncoding,
        RecognitionConfig,
        add_word_boosting_to_config,
    )

    service = ASRService(connection)
    config = RecognitionConfig(
        encoding=AudioEncoding.LINEAR_PCM,
        sample_rate_hertz=RATE_HZ,
        audio_channel_count=1,
        language_code=settings.asr_language,
        max_alternatives=1,
        verbatim_transcripts=True,  # else "five milligrams" comes back as "5 mg"
    )

    if boost is not None:
        add_word_boosting_to_config(config, list(boost.phrases), boost.score)

    def ask(row: AudioRow) -> str:
        audio = read_samples(Path(row.audio_filepath))
        results = service.offline_recognize(audio, config).results
        return " ".join(
            one.alternatives[0].transcript.strip() for one in results if one.alternatives
        )

    done = before
    with ThreadPoolExecutor(settings.asr_parallel) as pool:
        try:
            for text in pool.map(ask, rows):
                yield text
                done += 1
        except grpc.RpcError as error:
            pool.shutdown(wait=False, cancel_futures=True)
            raise ServiceFailed(
                f"{endpoint}: {error.code().name}: {error.details()}; {done} of "
                f"{before + len(rows)} rows are kept, rerun to resume after them"
            ) from None
        finally:
            connection.channel.close()
