"""Attack the server of the audition page as a hostile page or program on the same machine would.

    python tests/faults/hostile_page.py

Each attack is refused or cut off, changes no file, is over once the server's time for a request has
passed, and leaves the page as it was for the person in front of it; the process stays below 300 MB. The
exit code is the number of attacks that went wrong.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

READ_SECONDS = 1.0  # that the server gives a request here
LONGEST_SECONDS = 10.0  # of an attack, on a busy machine
MOST_MB = 300
MANY = 200  # connections at once


@dataclass(frozen=True)
class Page:
    """Where the page is, and the secret of its address."""

    port: int
    token: str

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def request(
        self, path: str, body: bytes = b"", method: str = "POST", **changes: str | None
    ) -> bytes:
        """Return a request as the page sends it, with other headers where they are given, or without."""
        headers: dict[str, str | None] = {"Host": self.host}
        if method == "POST":
            headers |= {"Origin": f"http://{self.host}", "Content-Type": "application/json"}
            headers |= {"Content-Length": str(len(body))}
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
        return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "\r\n"]).encode() + body


def sent(page: Page, content: bytes, piece: bytes = b"", pause: float = 0.0) -> int:
    """Send this, then a piece again and again where there is one; return the status, 0 for none."""
    with page.connect() as connection:
        answered = threading.Event()

        def go_on() -> None:
            with suppress(OSError):
                while piece and not answered.wait(pause):
                    connection.sendall(piece)

        with suppress(OSError):
            connection.sendall(content)
        sending = threading.Thread(target=go_on)
        sending.start()
        answer = b""
        with suppress(ConnectionError):
            answer = connection.recv(1 << 16)
        answered.set()
        connection.close()
        sending.join()
    return int(answer.split()[1]) if answer.startswith(b"HTTP/1.") else 0


Attack = Callable[[Page], int]


def posts(body: bytes = b"{}", path: str = "/{token}/decide", **changes: str | None) -> Attack:
    """Post a decision as the page does, but for what is given."""
    return lambda page: sent(
        page, page.request(path.replace("{token}", page.token), body, **changes)
    )


def gets(path: str, method: str = "GET", **changes: str | None) -> Attack:
    return lambda page: sent(
        page, page.request(path.replace("{token}", page.token), method=method, **changes)
    )


def held(content: Callable[[Page], bytes], piece: bytes = b"", pause: float = 0.0) -> Attack:
    return lambda page: sent(page, content(page), piece, pause)


def crowd(page: Page) -> int:
    """Open many connections that ask for nothing."""
    with ExitStack() as opened:
        for _ in range(MANY):
            opened.enter_context(page.connect())
        return sent(page, page.request("/", method="GET"))


def slow_reader(page: Page) -> int:
    """Ask for the page and take none of it."""
    with page.connect() as connection:
        connection.sendall(page.request(f"/{page.token}/", method="GET"))
        time.sleep(READ_SECONDS)
    return 0


# Of any page: what another page, another program or a broken browser sends.
REQUESTS: dict[str, Attack] = {
    "another origin": posts(Origin="http://evil.example"),
    "an origin of null": posts(Origin="null"),
    "no origin": posts(Origin=None),
    "another port of this machine": posts(Origin="http://127.0.0.1:1"),
    "a name that points here": gets("/{token}/", Host="evil.example"),
    "no host": gets("/{token}/", Host=None),
    "another token": posts(path="/" + "x" * 32 + "/decide"),
    "half a token": lambda page: sent(page, page.request(f"/{page.token[:16]}/decide", b"{}")),
    "no token": gets("/"),
    "a folder above": gets("/{token}/../../etc/passwd"),
    "a folder above, encoded": gets("/{token}/%2e%2e/%2e%2e/etc/passwd"),
    "a path with NUL": gets("/{token}/%00"),
    "another address": gets("http://evil.example/{token}/"),
    "a decision by GET": gets("/{token}/decide"),
    "a question before a post": gets("/{token}/decide", "OPTIONS", Origin="http://evil.example"),
    "PUT": gets("/{token}/decide", "PUT"),
    "TRACE": gets("/{token}/", "TRACE"),
    "CONNECT": gets("evil.example:443", "CONNECT"),
    "text": posts(Content_Type="text/plain"),
    "a form": posts(b"decision=heard", Content_Type="application/x-www-form-urlencoded"),
    "no length": posts(Content_Length=None),
    "a length below zero": posts(Content_Length="-1"),
    "a length of 5,000 digits": posts(Content_Length="9" * 5_000),
    "100 MB": posts(bytes(100_000_000)),
    "100 MB in chunks": posts(bytes(100_000_000), Content_Length=None, Transfer_Encoding="chunked"),
    "a body that stops": posts(Content_Length="1000"),
    "a body that drips": held(
        lambda page: page.request(f"/{page.token}/decide", Content_Length="1000"), b" ", 0.05
    ),
    "headers that drip": held(lambda _: b"GET / HTTP/1.1\r\n", b"x", 0.05),
    "a first line that drips": held(lambda _: b"GET /", b"x", 0.05),
    "headers without an end": held(lambda _: b"GET / HTTP/1.1\r\n", b"x: y\r\n" * 1_000),
    "a first line without an end": held(lambda _: b"GET /", b"x" * 65_536),
    "another protocol": held(lambda _: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    "HTTP 0.9": held(lambda page: f"GET /{page.token}\r\n\r\n".encode()),
    "no JSON": posts(b"{"),
    "10,000 brackets": posts(b"[" * 10_000),
    "a number of 10,000 digits": posts(b"9" * 10_000),
    "bytes that are no text": posts(b"\xff\xfe\xed\xa0\x80"),
    "200 connections at once": crowd,
    "a page that nobody reads": slow_reader,
}
DECISION = {"decision": "heard", "reviewer": "Ana", "reason": "", "instead": None}
# Of the page of an audition: what its own script would not post.
ITEMS: dict[str, dict[str, Any]] = {
    "a term of nobody": {"term": "aspirin"},
    "an engine of nobody": {"engine": "/bin/sh"},
    "an IPA of stress marks": {"ipa": "ˈˌ", "ipa_source": "typed"},
    "an IPA of 10,000 characters": {"ipa": "a" * 10_000, "ipa_source": "typed"},
    "markup as IPA": {"ipa": "<script>alert(1)</script>", "ipa_source": "typed"},
    "1,000 voices": {"voices": ["en-us"] * 1_000},
    "a key more": {"path": "../../x"},
}
DECISIONS: dict[str, dict[str, Any]] = {
    "another version": {"engine_version": "0"},
    "a name with NUL": {"reviewer": "A\0na"},
    "a name of 10,000 characters": {"reviewer": "a" * 10_000},
    "a decision that is none": {"decision": "perhaps"},
    "a skip without a reason": {"decision": "skipped"},
}
OTHERS: dict[str, Any] = {
    "a list": [DECISION], "a number": 1, "a text": "timolol", "nothing": None, "no number": float("nan"),
    "an empty decision": {},
}  # fmt: skip


def bodies(item: dict[str, Any]) -> dict[str, Attack]:
    """Return the posts of an audition's page that are refused; `item` is one of the audition."""
    posted = {
        ("decide", name): item | DECISION | changes for name, changes in (ITEMS | DECISIONS).items()
    }
    posted |= {("clips", name): item | changes for name, changes in ITEMS.items()}
    posted |= {(path, name): body for path in ("decide", "clips") for name, body in OTHERS.items()}
    return {
        f"{name}, to {path}": posts(json.dumps(body).encode(), f"/{{token}}/{path}")
        for (path, name), body in posted.items()
    }


def serve(root: Path, ours: Connection) -> None:
    """Serve the audition page of a workspace until it is asked for its peak memory in MB."""
    from tasks.audition import open_desk
    from tasks.benchmark.page_server import PageServer

    root.mkdir()
    (root / "terms.csv").write_text("term,entity_category\ntimolol,drug\nheparin,drug\n")
    desk = open_desk(root, 1)
    answers = {"decide": desk.decide, "clips": desk.clips}
    with PageServer(lambda: desk.page(served=True), answers, read_seconds=READ_SECONDS) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        ours.send((server.server_port, server.token, desk.items()[0].model_dump(mode="json")))
        ours.recv()
        server.shutdown()
    ours.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def main() -> int:
    """Print a line an attack; return the number of those that went wrong."""
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe()
    root = Path(tempfile.mkdtemp()) / "w"
    process = context.Process(target=serve, args=(root, ours))
    process.start()
    port, token, item = theirs.recv()
    page = Page(port, token)
    attacks = REQUESTS | bodies(item)
    before, wrong, longest = files(root), 0, 0.0
    for name, attack in attacks.items():
        began = time.monotonic()
        status = attack(page)
        seconds = time.monotonic() - began
        longest = max(longest, seconds)
        whole = sent(page, page.request(f"/{token}/", method="GET")) == 200
        why = why_wrong(status, seconds, whole=whole, unchanged=files(root) == before)
        wrong += bool(why)
        print(
            f"{name:48s} | {status or 'cut off':>7} | {seconds:4.1f} s | {why or 'refused'}",
            flush=True,
        )
    theirs.send(None)
    peak = theirs.recv()
    process.join()
    print(f"{len(attacks)} attacks, {wrong} wrong; at most {peak} MB, longest {longest:.1f} s")
    return min(wrong + (peak >= MOST_MB), 100)


def why_wrong(status: int, seconds: float, *, whole: bool, unchanged: bool) -> str:
    if not unchanged:
        return "a file was changed"
    if not whole:
        return "the page is gone"
    if status and not 400 <= status < 600:
        return "it was answered"
    return f"it took {seconds:.1f} s" if seconds > LONGEST_SECONDS else ""


def files(root: Path) -> dict[str, bytes]:
    """Return what is in a workspace."""
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


if __name__ == "__main__":
    sys.exit(main())
