"""The connection to a Riva server: TLS, credentials, retries."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from tasks.domain.errors import ServiceFailed
from tasks.settings import Settings
from tasks.speech.riva import connect


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What Riva's client was asked for."""
    import riva.client

    given: dict[str, Any] = {}
    monkeypatch.setattr(riva.client, "Auth", lambda **options: given.update(options))
    return given


@pytest.mark.parametrize(
    ("endpoint", "key", "tls"),
    [
        ("localhost:50051", None, False),
        ("grpc.example.org:443", None, True),
        ("localhost:50051", "secret", True),
    ],
)
def test_a_key_never_leaves_without_tls(
    asked: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    endpoint: str,
    key: str | None,
    tls: bool,
) -> None:
    if key:
        monkeypatch.setenv("FLYWHEEL_NVCF_API_KEY", key)
    connect(endpoint, Settings())
    assert (asked["uri"], asked["use_ssl"]) == (endpoint, tls)
    expected = [["authorization", f"Bearer {key}"]] if key else []
    assert asked["metadata_args"] == expected


def test_a_cloud_function_is_named_in_every_call(
    asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLYWHEEL_NVCF_FUNCTION_ID", "f-1")
    connect("grpc.example.org:443", Settings())
    assert asked["metadata_args"] == [["function-id", "f-1"]]


def test_a_busy_server_is_asked_again_within_a_time_limit(asked: dict[str, Any]) -> None:
    connect("localhost:50051", Settings(asr_backoff=0.5))
    ((name, config),) = asked["options"]
    (method,) = json.loads(config)["methodConfig"]
    assert name == "grpc.service_config"
    assert method["retryPolicy"]["initialBackoff"] == "0.5s"
    assert "RESOURCE_EXHAUSTED" in method["retryPolicy"]["retryableStatusCodes"]
    assert method["timeout"] == "300s"


def test_without_the_client_the_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "riva.client", None)
    with pytest.raises(ServiceFailed, match=r"clinical-asr-flywheel\[riva\]"):
        connect("localhost:50051", Settings())
