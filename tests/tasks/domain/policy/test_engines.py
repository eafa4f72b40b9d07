"""How a speech engine is named and reached."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tasks.domain.policy.engines import EngineConfig

RIVA: dict[str, Any] = {"engine": "riva", "url": "localhost:50051"}
HTTP: dict[str, Any] = {"engine": "http", "url": "http://localhost:8880", "voices": ["af_bella"]}


def test_espeak_in_this_process_is_the_default() -> None:
    config = EngineConfig()
    assert (config.label, config.host, config.leaves_machine) == ("espeak", None, False)


def test_a_service_may_have_a_name_of_its_own() -> None:
    assert EngineConfig(**RIVA).label == "riva"
    assert EngineConfig(**RIVA, name="magpie").label == "magpie"


@pytest.mark.parametrize(
    ("changes", "leaves", "encrypted"),
    [
        (RIVA, False, False),
        (RIVA | {"url": "riva.example:50051"}, True, False),
        (RIVA | {"url": "riva.example:443"}, True, True),
        (RIVA | {"url": "riva.example:50051", "api_key_env": "KEY"}, True, True),
        (RIVA | {"url": "[::1]:50051"}, False, False),
        (HTTP, False, False),
        (HTTP | {"url": "https://speech.example/api", "api_key_env": "KEY"}, True, True),
        (HTTP | {"api_key_env": "KEY"}, False, False),
    ],
)
def test_it_is_known_whether_text_leaves_the_machine_and_how(
    changes: dict[str, Any], leaves: bool, encrypted: bool
) -> None:
    config = EngineConfig(**changes)
    assert (config.leaves_machine, config.encrypted) == (leaves, encrypted)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"url": "localhost:1"}, "url: espeak runs on this machine"),
        (RIVA | {"url": None}, "url: expected host:port; got None"),
        (RIVA | {"url": "localhost"}, "url: expected host:port; got 'localhost'"),
        (RIVA | {"url": "localhost:port"}, "url: expected host:port"),
        (HTTP | {"url": "localhost:8880"}, "url: expected http://"),
        (HTTP | {"voices": []}, "voices: expected one or more"),
        (HTTP | {"url": "http://speech.example", "api_key_env": "KEY"}, "over https only"),
        (HTTP | {"api_key_env": "nvapi-secret"}, "api_key_env"),
        (RIVA | {"retries": 21}, "retries"),
        (RIVA | {"timeout_seconds": 0}, "timeout_seconds"),
        (RIVA | {"name": "Magpie G2P"}, "name"),
        (RIVA | {"symbols": ""}, "symbols"),
        (HTTP | {"symbols": "a b"}, "symbols: http takes none, only riva does; got 'a b'"),
        (HTTP | {"language": "de-DE"}, "language: http takes none"),
        ({"function_id": "f"}, "function_id: espeak takes none"),
        (RIVA | {"model": "m"}, "model: riva takes none, only http does"),
        (RIVA | {"voices": ("v" * 1001,)}, "voices"),
        (RIVA | {"voices": ("a\0b",)}, "expected plain text"),
        (RIVA | {"version": "1" * 1001}, "version"),
        (RIVA | {"name": "m" * 101}, "name"),
    ],
)
def test_what_cannot_be_reached_is_refused(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        EngineConfig(**changes)


def test_how_long_to_wait_changes_no_clip() -> None:
    patient = EngineConfig(**RIVA, timeout_seconds=9, retries=1, api_key_env="KEY")
    assert patient.sha256 == EngineConfig(**RIVA).sha256
    assert EngineConfig(**RIVA, version="2").sha256 != EngineConfig(**RIVA).sha256
