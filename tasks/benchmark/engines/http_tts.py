"""Have sentences spoken by a server with OpenAI's /v1/audio/speech, such as a local Kokoro.

Its answers are bounded in bytes and seconds, all of an answer included.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np

from tasks.benchmark.engines.engine import NotSpoken, SpeechRequest
from tasks.benchmark.engines.service import AUDIO_BYTES, Busy, announce, ask_patiently, read_audio
from tasks.domain.policy import EngineConfig

PATH = "/v1/audio/speech"
RETRIED = frozenset({408, 409, 425, 429, *range(500, 600)})
OF_THE_SENTENCE = (400, 413, 422)  # another time it is answered likewise
SLOWEST, FASTEST = 0.25, 4.0  # what the protocol takes as speed
SHOWN_CHARACTERS = 200  # of a refusal
SHOWN_BYTES = 10_000  # of it that are looked at
LATE = "the answer was not complete in time"
PLAIN = {"accept-encoding": "identity"}  # the size of what comes is then its own


class TooMuch(httpx.TransportError):
    """An answer of more bytes than were allowed, or one that is packed, whose size nobody knows."""


@dataclass(frozen=True)
class Answered:
    """An answer, whole."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


class BoundedHttp:
    """A client for one thread; httpx alone bounds each read, and a server may send a byte a read."""

    def __init__(
        self, seconds: float, most_bytes: int, headers: Mapping[str, str] | None = None
    ) -> None:
        self._seconds, self._most_bytes = seconds, most_bytes
        self._connection: socket.socket | None = None
        limits = httpx.Limits(max_connections=1)
        headers = PLAIN | dict(headers or {})
        self._client = httpx.Client(timeout=seconds, headers=headers, limits=limits)

    def ask(self, method: str, url: str, **request: Any) -> Answered:
        """Send a request as httpx takes it, and return the answer.

        Raises httpx.TimeoutException where it was not whole in time, TooMuch, and other errors of httpx.
        """
        late = threading.Event()
        ending = threading.Timer(self._seconds, self._end, [late])
        ending.daemon = True
        ending.start()

        def follow(event: str, info: Mapping[str, Any]) -> None:
            if event.endswith(("connect_tcp.complete", "start_tls.complete")):
                self._connection = info["return_value"].get_extra_info("socket")
            if late.is_set() and event.endswith(".started") and "close" not in event:
                raise httpx.ReadTimeout(LATE)

        try:
            with self._client.stream(
                method, url, extensions={"trace": follow}, **request
            ) as answer:
                content = self._read(answer)
        except httpx.TransportError:
            if late.is_set():
                raise httpx.ReadTimeout(LATE) from None
            raise
        finally:
            ending.cancel()
        if late.is_set():  # to a client without a length, an end is an end
            raise httpx.ReadTimeout(LATE)
        return Answered(answer.status_code, answer.headers, content)

    def _read(self, answer: httpx.Response) -> bytes:
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise TooMuch("a compressed answer, which was not requested")
        content = bytearray()
        for piece in answer.iter_raw():
            content += piece
            if len(content) > self._most_bytes:
                raise TooMuch(f"more than {self._most_bytes:,} bytes")
        return bytes(content)

    def _end(self, late: threading.Event) -> None:
        """End the connection, so that whoever waits for more of the answer goes on."""
        late.set()
        with suppress(OSError):
            if self._connection is not None:
                socket.socket.shutdown(self._connection, socket.SHUT_RDWR)


class HttpTts:
    """A server of OpenAI's speech protocol as an engine; the protocol has no pronunciations."""

    inventory: frozenset[str] | None = frozenset()

    def __init__(self, config: EngineConfig, key: str | None = None) -> None:
        """Prepare the client; nothing is sent before the first sentence."""
        self._config, self._key = config, key
        self._url = str(config.url).rstrip("/").removesuffix("/v1") + PATH
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._client = BoundedHttp(config.timeout_seconds, AUDIO_BYTES, headers)
        self._announced = False
        self.name = config.label
        self.leaves_machine = config.leaves_machine
        self.version = config.version or config.model or "unknown"

    def voices(self) -> Sequence[str]:
        """Name the voices of the policy; the protocol has no list of its own."""
        return self._config.voices

    def g2p(self, text: str) -> str | None:  # noqa: ARG002 (of the protocol)
        """Return nothing: a server does not report how it reads a word."""
        return None

    def speak(self, request: SpeechRequest) -> np.ndarray:
        """Speak a sentence as the protocol of engines asks; raise NotSpoken with the server's reason."""
        if request.pronunciations:
            raise NotSpoken(f"{self.name} takes no pronunciations")
        if not SLOWEST <= request.rate <= FASTEST:
            raise NotSpoken(f"expected a speed from {SLOWEST} to {FASTEST}; got {request.rate}")
        body = {
            "model": self._config.model or "tts-1",
            "voice": request.voice,
            "input": request.spoken,
            "response_format": "wav",
            "speed": request.rate,
        }
        if not self._announced:
            announce(self._config)
            self._announced = True
        return ask_patiently(lambda: read_audio(self._post(body)), self._config)

    def _post(self, body: dict[str, object]) -> bytes:
        """Ask the server once; raise Busy where it may answer later, else NotSpoken.

        An answer about key, address or the server itself is not stored as a result of the sentence.
        """
        try:
            answer = self._client.ask("POST", self._url, json=body)
        except httpx.TimeoutException:
            seconds = self._config.timeout_seconds
            raise Busy(f"{self._url}: no answer within {seconds:g} s", away=True) from None
        except TooMuch as error:
            raise NotSpoken(f"{self._url}: {error} of audio", retry=True) from None
        except httpx.HTTPError as error:
            raise Busy(f"{self._url}: {error}", away=True) from None
        if answer.is_success:
            return answer.content
        text = answer.content[:SHOWN_BYTES].decode(errors="replace")
        reason = f"{self._url}: {answer.status}: {self._without_key(text)}"
        if answer.status in RETRIED:
            raise Busy(reason, _seconds(answer.headers.get("retry-after", "")))
        raise NotSpoken(reason, retry=answer.status not in OF_THE_SENTENCE)

    def _without_key(self, text: str) -> str:
        """Shorten the message of a server, which may repeat the key."""
        shown = text.replace(self._key, "…") if self._key else text
        return " ".join(shown.split())[:SHOWN_CHARACTERS]


def _seconds(retry_after: str) -> float:
    """Read a Retry-After in seconds; a date counts as none."""
    return float(retry_after) if retry_after.isdecimal() else 0.0
