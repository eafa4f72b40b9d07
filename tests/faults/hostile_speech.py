"""Have a benchmark spoken by a speech server that behaves badly, in each of the ways listed here.

    python tests/faults/hostile_speech.py

For each behavior a benchmark is built twice: the server behaves so for one sentence alone, then for every
one. The first may cost that row alone, the second every row; each refused row has a reason. No answer is
waited for longer than the engine's `timeout_seconds`, and the process stays below 300 MB. The exit code is
the number of behaviors that went wrong.
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import resource
import select
import shutil
import socket
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent), str(ROOT / "tests/fakes")]

WHOLE_SECONDS = 5.0  # timeout_seconds of the engine
LONGEST_SECONDS = 10.0  # of a call as the server sees it, on a busy machine
MOST_MB = 300
ROWS = 6
GIVEN_UP_SECONDS = 120.0  # after which a server of ours ends by itself
PIECE = bytes(1 << 16)
Behavior = Callable[[socket.socket, bytes], object]  # given the connection, and a good WAV
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"


def sends(content: bytes) -> Behavior:
    return lambda connection, _: connection.sendall(content)


def endless(piece: bytes, begun: bytes = OK + b"\r\n", pause: float = 0.0) -> Behavior:
    """Send a piece again and again until the client has gone."""

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(begun)
        until = time.monotonic() + GIVEN_UP_SECONDS
        while time.monotonic() < until:
            connection.sendall(piece)
            time.sleep(pause)

    return behave


def dripping(piece: bytes, begun: bytes = OK + b"\r\n") -> Behavior:
    return endless(piece, begun, 0.05)


def silent_after(part: Callable[[bytes], bytes]) -> Behavior:
    """Send a part of the answer, and then nothing until the client has gone."""

    def behave(connection: socket.socket, wav: bytes) -> None:
        connection.sendall(part(whole(wav)))
        select.select([connection], [], [], GIVEN_UP_SECONDS)

    return behave


def whole(content: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return an answer with its length."""
    lines = [f"HTTP/1.1 {status}", *headers, f"content-length: {len(content)}", "connection: close"]
    return "\r\n".join([*lines, "\r\n"]).encode() + content


def with_header(at: int, value: bytes) -> Behavior:
    """Send a WAV with these bytes in its header."""
    return lambda connection, wav: connection.sendall(
        whole(wav[:at] + value + wav[at + len(value) :])
    )


def wav_of(rate: int, bits: int, encoding: int, samples: bytes) -> bytes:
    """Return a WAV of one channel."""
    form = struct.pack("<HHIIHH", encoding, 1, rate, rate * bits // 8, bits // 8, bits)
    head = struct.pack("<4sI4s4sI", b"RIFF", 0, b"WAVE", b"fmt ", 16)
    return head + form + struct.pack("<4sI", b"data", len(samples)) + samples


def tone(frames: int) -> bytes:
    return b"\x78\x88" * (frames // 2)


BEHAVIORS: dict[str, Behavior] = {
    "it hangs up": sends(b""),
    "it never answers": silent_after(lambda _: b""),
    "it speaks another protocol": sends(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "a status that is no number": sends(b"HTTP/1.1 fine OK\r\n\r\n"),
    "a first line without an end": endless(PIECE, b"HTTP/1.1 200 "),
    "headers without an end": endless(b"x-more: 1\r\n" * 500, OK),
    "headers that drip": dripping(b"x", OK),
    "100 Continue without an end": endless(b"HTTP/1.1 100 Continue\r\n\r\n", b""),
    "100 Continue that drips": dripping(b"HTTP/1.1 100 Continue\r\n\r\n", b""),
    "a body that is cut": lambda connection, wav: connection.sendall(whole(wav)[:-100]),
    "a body that stops": silent_after(lambda answer: answer[:-100]),
    "a body without an end": endless(PIECE),
    "a body that drips": dripping(b"R"),
    "the size of a chunk that drips": dripping(b"0", CHUNKED),
    "trailers that drip": dripping(b"x", CHUNKED + b"0\r\n"),
    "a chunk of no size": sends(CHUNKED + b"many\r\nRIFF\r\n"),
    "a length below zero": sends(OK + b"content-length: -1\r\n\r\nRIFF"),
    "two lengths": sends(OK + b"content-length: 4\r\ncontent-length: 5\r\n\r\nRIFF"),
    "200 MB packed to 1": lambda connection, _: connection.sendall(
        whole(gzip.compress(bytes(200_000_000), 1), "content-encoding: gzip")
    ),
    "it sends us elsewhere": sends(whole(b"", "location: http://127.0.0.1:1/", status="302 Found")),
    "an error without an end": endless(b"<p>" * 10_000, b"HTTP/1.1 500 Oops\r\n\r\n"),
    "it asks us to wait a year": sends(whole(b"", "retry-after: 31536000", status="429 Busy")),
    "a rate of 0": with_header(24, bytes(4)),
    "a rate of 191,999 Hz": lambda connection, _: connection.sendall(
        whole(wav_of(191_999, 8, 1, tone(5_700_000)))
    ),
    "half a minute of 96 kHz": lambda connection, _: connection.sendall(
        whole(wav_of(96_000, 16, 1, tone(5_700_000)))
    ),
    "half a minute of 192 kHz": lambda connection, _: connection.sendall(
        whole(wav_of(192_000, 8, 1, tone(5_700_000)))
    ),
    "half an hour of 4 kHz": lambda connection, _: connection.sendall(
        whole(wav_of(4_000, 8, 1, tone(7_900_000)))
    ),
    "no channels": with_header(22, bytes(2)),
    "65,535 channels": with_header(22, b"\xff\xff"),
    "700,000 data chunks": lambda connection, _: connection.sendall(
        whole(wav_of(16_000, 16, 1, b"ab") + b"data\2\0\0\0ab" * 700_000)
    ),
    "samples that are no numbers": sends(
        whole(wav_of(16_000, 32, 3, struct.pack("<f", float("nan")) * 100_000))
    ),
    "silence": lambda connection, wav: connection.sendall(whole(wav[:44] + bytes(len(wav) - 44))),
    "a header alone": lambda connection, wav: connection.sendall(whole(wav[:44])),
    "JSON": sends(whole(b'{"detail": "see /docs"}')),
}


class HostileSpeech(ThreadingTCPServer):
    """A server of OpenAI's speech protocol that behaves so for one sentence, or for every one."""

    daemon_threads = allow_reuse_address = True
    request_queue_size = 100

    def __init__(self, behavior: Behavior, *, every: bool) -> None:
        self.behavior, self.every = behavior, every
        self.bad: str | None = None
        self.asked: set[str] = set()
        self.longest = 0.0
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def is_bad(self, text: str) -> bool:
        with self.lock:
            self.asked.add(text)
            self.bad = self.bad or text
            return self.every or text == self.bad


class _Handler(StreamRequestHandler):
    server: HostileSpeech

    def handle(self) -> None:
        from speech_server import tone_of, wav

        length = 0
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        asked = json.loads(self.rfile.read(length) or b'{"input": ""}')
        good = wav(tone_of(asked["input"], asked.get("voice", ""), 16_000), 16_000)
        began = time.monotonic()
        bad = self.server.is_bad(asked["input"])
        with suppress(OSError):
            if bad:
                self.server.behavior(self.request, good)
            else:
                self.request.sendall(whole(good))
        self.server.longest = max(self.server.longest, time.monotonic() - began)


@contextmanager
def serving(behavior: Behavior, *, every: bool = False) -> Iterator[HostileSpeech]:
    """Run such a server."""
    import speech_server  # noqa: F401 - what it imports takes a second, which no request is to wait for

    with HostileSpeech(behavior, every=every) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def build(root: Path, url: str) -> dict[str, Any]:
    """Build a benchmark of six rows in this process; return what came of it, and its peak memory."""
    from tasks.build import build_benchmark

    root.mkdir(parents=True)
    (root / "terms.csv").write_text("term,entity_category\ntimolol,drug\nheparin,drug\n")
    http = {"engine": "http", "name": "kokoro", "url": url, "voices": ["a"], "retries": 0}
    http |= {"timeout_seconds": WHOLE_SECONDS, "backoff_seconds": 0.001}
    policy = {"rows_per_term": 3, "audition": "off", "noise_levels": ["clean"], "engines": [http]}
    (root / "flywheel.yaml").write_text(json.dumps({"build": policy}))
    began, figures = time.monotonic(), dict[str, Any](made=0, refused=ROWS, reasons=[])
    try:
        record = build_benchmark(root, 1)
    except Exception as error:
        figures |= {"error": f"{type(error).__name__}: {error}"}
    else:
        reasons = [one.reason for one in record.refused]
        figures |= {"made": record.made, "refused": record.asked - record.made, "reasons": reasons}
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return figures | {"seconds": time.monotonic() - began, "peak_mb": peak_mb}


def wrong_with(figures: dict[str, Any], longest: float, *, every: bool) -> str:
    """Return what of a build is not as it should be; empty where all is."""
    if "error" in figures and not (every and figures["error"].startswith("ServiceFailed: ")):
        return str(figures["error"])
    if not every and (figures["refused"] > 1 or figures["made"] + figures["refused"] != ROWS):
        return f"{figures['refused']} rows refused"
    return f"a call of {longest:.1f} s" if longest > LONGEST_SECONDS else ""


def main(names: list[str]) -> int:
    """Print a line a behavior; return the number of those that went wrong, and one for memory."""
    wrong = peak = 0
    slowest = 0.0
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for name in names or BEHAVIORS:
            found, texts, reason = [], [], ""
            for every in (False, True):
                folder = Path(tempfile.mkdtemp())
                with serving(BEHAVIORS[name], every=every) as server:
                    figures = pool.apply(build, (folder / "w", server.url))
                    found.append(wrong_with(figures, server.longest, every=every))
                    peak, slowest = max(peak, figures["peak_mb"]), max(slowest, server.longest)
                shutil.rmtree(folder)
                texts.append(f"{figures['refused']} of {ROWS} refused")
                reason = reason or next(iter(figures["reasons"]), "")
            wrong += any(found)
            why = "; ".join(filter(None, found)) or "as it should be"
            shown = f"{name:30s} | {' | '.join(texts)} | so far {peak} MB, {slowest:.1f} s"
            print(f"{shown} | {why} | {reason[reason.find(': ') + 2 :][:70]}", flush=True)
    count = len(names or BEHAVIORS)
    print(f"{count} behaviors, {wrong} wrong; at most {peak} MB, longest call {slowest:.1f} s")
    return min(wrong + (peak >= MOST_MB), 100)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[[], *BEHAVIORS], help="default: all")
    sys.exit(main(parser.parse_args().names))
