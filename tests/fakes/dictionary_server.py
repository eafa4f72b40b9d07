"""A server of our own that answers as Merriam-Webster's API does."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "mw-secret"


class Dictionary:
    """Knows `entries` by their headword, has suggestions for other words, and refuses other keys."""

    def __init__(self) -> None:
        self.entries: dict[str, list[Any]] = {}
        self.asked: list[str] = []
        self.status = 200
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                fake.answer(self)

            def log_message(self, *_: Any) -> None:
                """Nothing: a test's output is for the test."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/medical/json"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        address = urlsplit(handler.path)
        word = unquote(address.path.rpartition("/")[2])
        self.asked.append(word)
        key = parse_qs(address.query).get("key")
        content = json.dumps(self.entries.get(word, ["suggestion", "another"])).encode()
        if key != [KEY]:
            content = f"Invalid API key: {key}. Not subscribed for this reference.".encode()
        handler.send_response(self.status)
        handler.send_header("content-length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
