"""Ask a server over HTTP, for an answer of so many bytes and so many seconds, all of it included."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

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
