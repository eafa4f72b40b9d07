"""Servers of our own that speak: Riva's gRPC protocol, and OpenAI's over HTTP.

Both follow one script: what each request gets, by its number; a request beyond it is spoken. A script
is a function from that number to a name: `busy`, `late`, `empty`, `silent`, `refused`, `forbidden`,
`invalid`, `endless`, `dripping` or None.
"""

from __future__ import annotations

import io
import json
import select
import threading
import time
import wave
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.etree import ElementTree

import grpc
import numpy as np
from riva.client.proto import riva_tts_pb2 as messages
from riva.client.proto import riva_tts_pb2_grpc as services

Script = Callable[[int], str | None]
GIVEN_UP = 300.0  # seconds until a client that is kept waiting is answered after all


def tone(seconds: float, rate: int, hertz: int = 440) -> np.ndarray:
    """A tone at half of full scale that rises and fades within 50 ms, as PCM16."""
    time_axis = np.arange(int(seconds * rate)) / rate
    edges = np.minimum(1, np.minimum(time_axis, time_axis[::-1]) / 0.05)
    return np.round(16_000 * edges * np.sin(2 * np.pi * hertz * time_axis)).astype("<i2")


def tone_of(text: str, voice: str, rate: int) -> np.ndarray:
    """A tone of its own for each text and voice, as long as its words take."""
    hertz = 200 + zlib.crc32(f"{voice} {text}".encode()) % 3000
    return tone(0.35 * len(text.split()), rate, hertz)


def wav(samples: np.ndarray, rate: int) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return content.getvalue()


class Scripted:
    """What was asked, and what comes next."""

    def __init__(self) -> None:
        self.script: Script = lambda _: None
        self.asked: list[Any] = []
        self.headers: dict[str, str] = {}
        self.rate = 16_000  # of the audio that is sent
        self.answers: Callable[[str, str], np.ndarray] = lambda _text, _voice: tone(0.5, self.rate)
        self.sends: Callable[[bytes], bytes] = bytes  # what becomes of a WAV on its way, over HTTP
        self.lock = threading.Lock()

    def next(self, request: Any) -> str | None:
        with self.lock:
            self.asked.append(request)
            return self.script(len(self.asked))

    def sent(self, fate: str | None, text: str, voice: str) -> np.ndarray:
        """Return the samples of an answer."""
        samples = self.answers(text, voice)
        return (samples[: 0 if fate == "empty" else None] * (fate != "silent")).astype("<i2")


class RivaSpeech(Scripted, services.RivaSpeechSynthesisServicer):
    """Riva's synthesis: sends bare PCM16 at the rate that is asked for, a WAV where it has another."""

    models_asked, subvoices = 0, "Sofia:1,Aria:0"

    def GetRivaSynthesisConfig(self, _request: Any, _context: Any) -> Any:
        self.models_asked += 1
        answer = messages.RivaSynthesisConfigResponse()
        model = answer.model_config.add()
        model.model_name = "magpie-1"
        model.parameters.update(
            language_code="en-US", voice_name="Magpie.EN-US", subvoices=self.subvoices
        )
        other = answer.model_config.add()
        other.model_name = "magpie-1"
        other.parameters.update(language_code="fr-FR", voice_name="Magpie.FR-FR", subvoices="")
        return answer

    def Synthesize(self, request: Any, context: Any) -> Any:
        fate = self.next(request)
        self.headers = dict(context.invocation_metadata())
        if fate == "busy":
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many requests")
        if fate == "late":
            ended = threading.Event()
            if context.add_callback(ended.set):
                ended.wait(GIVEN_UP)
        if fate == "forbidden":
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "the key has expired")
        if fate == "refused":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no such voice")
        try:
            text = "".join(ElementTree.fromstring(request.text).itertext())
        except ElementTree.ParseError:
            fate = "invalid"
        if fate == "invalid":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "invalid SSML")
        samples = self.sent(fate, text, request.voice_name)
        bare = self.rate == request.sample_rate_hz
        audio = samples.tobytes() if bare else wav(samples, self.rate)
        return messages.SynthesizeSpeechResponse(audio=audio)


class HttpSpeech(Scripted):
    """OpenAI's speech endpoint, on a port of its own."""

    def __init__(self) -> None:
        super().__init__()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                fake.answer(self)

            def log_message(self, *_: Any) -> None:
                """Nothing: a test's output is for the test."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["content-length"])))
        fate = self.next(body | {"path": handler.path})
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        if fate == "late":
            select.select([handler.connection], [], [], GIVEN_UP)  # it closes the connection
        if fate in STATUS:
            content = f"{fate}: {self.headers.get('authorization')}".encode()
            handler.send_response(STATUS[fate])
        else:
            content = self.sends(wav(self.sent(fate, body["input"], body["voice"]), self.rate))
            if fate == "not audio":
                content = b'{"detail": "see /docs"}'
            handler.send_response(200)
        if fate not in ENDLESS:
            handler.send_header("content-length", str(len(content)))
        if fate == "busy":
            handler.send_header("retry-after", "0")
        handler.end_headers()
        try:
            handler.wfile.write(content)
            while fate in ENDLESS:
                handler.wfile.write(bytes(ENDLESS[fate]))
                time.sleep(0.01)
        except OSError:
            assert fate in ("late", *ENDLESS), "a client that does not wait was kept waiting"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


ENDLESS = {"endless": 4_000_000, "dripping": 2}  # bytes at a time
STATUS = {"busy": 429, "broken": 503, "refused": 400, "forbidden": 401}
