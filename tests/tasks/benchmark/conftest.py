"""Servers that speak, for the tests of engines over a network."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

FAKES = Path(__file__).parents[2] / "fakes"


@pytest.fixture
def riva_speech(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, str]]:
    """A server of Riva's synthesis, and its address."""
    import grpc
    from riva.client.proto.riva_tts_pb2_grpc import add_RivaSpeechSynthesisServicer_to_server

    monkeypatch.syspath_prepend(str(FAKES))
    from speech_server import RivaSpeech

    server, fake = grpc.server(ThreadPoolExecutor(4)), RivaSpeech()
    add_RivaSpeechSynthesisServicer_to_server(fake, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield fake, f"127.0.0.1:{port}"
    server.stop(None).wait()


@pytest.fixture
def http_speech(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A server of OpenAI's speech endpoint; its address is `url`."""
    monkeypatch.syspath_prepend(str(FAKES))
    from speech_server import HttpSpeech

    fake = HttpSpeech()
    yield fake
    fake.close()


@pytest.fixture
def dictionary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A server of a medical dictionary; its address is `url`."""
    monkeypatch.syspath_prepend(str(FAKES))
    from dictionary_server import Dictionary

    fake = Dictionary()
    yield fake
    fake.close()
