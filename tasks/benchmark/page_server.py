"""A page of this machine for the person in front of it: on 127.0.0.1, behind a token in its address."""

from __future__ import annotations

import hmac
import io
import json
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any, TypeVar

from tasks.domain.errors import Fault, FlywheelError, InvalidInput

HOST = "127.0.0.1"
BODY_BYTES = 20_000
READ_SECONDS = 20  # for the whole of a request, however it comes
LENGTH_DIGITS = 18
Answer = Callable[[Any], object]
Made = TypeVar("Made")
NO_SCRIPTS: Mapping[str, str] = {}  # beside the one that is in the page
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",  # a page's own policy cannot set this
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",  # the address holds the token
    "X-Content-Type-Options": "nosniff",
}


class PageServer(ThreadingHTTPServer):
    """Serve a page, made again for each request, its scripts, and the answers to what it posts as JSON.

    A post has at most `body_bytes`. Answers are made one at a time. What raises a FlywheelError is
    refused with its sentence.
    """

    request_queue_size = (
        128  # of 5, a hundred connections at once kept the page waiting for half a minute
    )

    def __init__(
        self,
        page: Callable[[], str],
        answers: Mapping[str, Answer],
        port: int = 0,
        *,
        scripts: Mapping[str, str] = NO_SCRIPTS,
        body_bytes: int = BODY_BYTES,
        read_seconds: float = READ_SECONDS,
    ):
        self.page, self.answers = page, answers
        self.scripts, self.body_bytes, self.read_seconds = scripts, body_bytes, read_seconds
        self.token = secrets.token_urlsafe(24)
        self.one_at_a_time = Lock()
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing about a browser that went away."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """The address to open."""
        return f"http://{HOST}:{self.server_port}/{self.token}/"

    @property
    def hosts(self) -> tuple[str, str]:
        """The names of this server in requests: another name is a page elsewhere that points here."""
        return f"{HOST}:{self.server_port}", f"localhost:{self.server_port}"


@contextmanager
def page_server(
    page: Callable[[], str], answers: Mapping[str, Answer], port: int, **more: Any
) -> Iterator[PageServer]:
    """Hold a server on this port, 0 for any that is free; raise InvalidInput where it is taken."""
    try:
        server = PageServer(page, answers, port, **more)
    except OSError as error:
        sentence = f"expected a free port; {port}: {error.strerror}"
        raise InvalidInput([Fault(sentence, "--port")]) from None
    with server:
        yield server


class _Request(io.RawIOBase):
    """The bytes that a connection sends in so many seconds; reading later raises TimeoutError."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection = connection
        self._until = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class _Refused(Exception):
    """A request that gets no more than a status and a sentence."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    server: PageServer
    server_version, sys_version = "flywheel", ""

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self.rfile = io.BufferedReader(_Request(self.connection, self.server.read_seconds))

    def do_GET(self) -> None:
        try:
            asked = self._asked()
            if asked in self.server.scripts:
                script = self.server.scripts[asked]
                self._send(HTTPStatus.OK, script, "text/javascript; charset=utf-8")
            elif asked == "":
                page = self._made(self.server.page)
                self._send(HTTPStatus.OK, page, "text/html; charset=utf-8")
            else:
                raise _Refused(HTTPStatus.NOT_FOUND, "Not found.")
        except _Refused as refused:
            self._refuse(refused)

    def do_POST(self) -> None:
        try:
            answer = self.server.answers.get(self._asked())
            if answer is None:
                raise _Refused(HTTPStatus.NOT_FOUND, "Not found.")
            body = self._body()
            found = self._made(lambda: answer(body))
            self._send(HTTPStatus.OK, json.dumps(found), "application/json")
        except _Refused as refused:
            self._refuse(refused)

    def _asked(self) -> str:
        """Return the path below the token; refuse a request without the token of this machine."""
        if self.headers.get("Host") not in self.server.hosts:
            raise _Refused(HTTPStatus.FORBIDDEN, "This page is served to this machine alone.")
        _, token, *rest = (self.path + "/").split("/", 2)
        if not hmac.compare_digest(token.encode(), self.server.token.encode()):
            raise _Refused(HTTPStatus.NOT_FOUND, "Not found.")
        return rest[0].removesuffix("/")

    def _body(self) -> Any:
        """Read what was posted, by this page alone and of a bounded size."""
        if self.headers.get("Origin") != f"http://{self.headers['Host']}":
            raise _Refused(HTTPStatus.FORBIDDEN, "Only the page itself may post here.")
        if self.headers.get_content_type() != "application/json":
            raise _Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Expected JSON.")
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            raise _Refused(HTTPStatus.LENGTH_REQUIRED, "Expected a length.")
        most = self.server.body_bytes
        if len(length) > LENGTH_DIGITS or int(length) > most:
            raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"At most {most} bytes.")
        try:
            return json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            raise _Refused(HTTPStatus.BAD_REQUEST, "Expected JSON.") from None

    def _made(self, make: Callable[[], Made]) -> Made:
        try:
            with self.server.one_at_a_time:
                return make()
        except FlywheelError as error:
            raise _Refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None

    def _refuse(self, refused: _Refused) -> None:
        self.close_connection = True
        self._send(refused.status, json.dumps({"error": str(refused)}), "application/json")

    def _send(self, status: HTTPStatus, content: str, kind: str) -> None:
        body = content.encode()
        self.connection.settimeout(READ_SECONDS)  # for all of it, which the browser has to take
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Log nothing: the address of each request holds the token."""
