"""The connection to a Riva server: when it is encrypted, and what goes along with each call."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from tasks.benchmark.engines.riva_asr import connect
from tasks.domain.errors import ServiceFailed
from tasks.settings import Settings

KEY = SecretStr("nvapi-secret")


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> Callable[[Settings], dict[str, Any]]:
    """Return the options of the channel that is opened with these settings."""
    import grpc

    given: list[Any] = []
    opened = grpc.insecure_channel

    def open_channel(target: str, options: Any = None) -> Any:
        given[:] = options
        return opened(target, options)

    monkeypatch.setattr(grpc, "insecure_channel", open_channel)

    def read(settings: Settings) -> dict[str, Any]:
        connect("riva:50051", settings)
        (method,) = json.loads(dict(given)["grpc.service_config"])["methodConfig"]
        return method

    return read


@pytest.mark.parametrize(
    ("endpoint", "key", "encrypted"),
    [
        ("riva:50051", None, False),
        ("grpc.nvcf.nvidia.com:443", None, True),
        ("riva:50051", KEY, True),  # a key never goes over an open line
        ("riva:50443", None, False),
    ],
)
def test_port_443_and_a_key_are_encrypted(
    endpoint: str, key: SecretStr | None, encrypted: bool
) -> None:
    auth = connect(endpoint, Settings(nvcf_api_key=key))
    assert (auth.uri, auth.use_ssl) == (endpoint, encrypted)


def test_function_and_key_go_along_only_where_they_are_set() -> None:
    assert connect("riva:443", Settings()).metadata == []
    settings = Settings(nvcf_function_id="function-1", nvcf_api_key=KEY)
    assert connect("riva:443", settings).metadata == [
        ("function-id", "function-1"),
        ("authorization", "Bearer nvapi-secret"),
    ]


def test_a_busy_server_is_asked_five_times_at_most_and_a_refusal_once(
    options: Callable[[Settings], dict[str, Any]],
) -> None:
    method = options(Settings(asr_backoff=0.25))
    assert method["name"] == [{}], "of every service and method"
    assert method["timeout"] == "300s"
    assert method["retryPolicy"] == {
        "maxAttempts": 5,
        "initialBackoff": "0.25s",
        "maxBackoff": "60s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["RESOURCE_EXHAUSTED", "UNAVAILABLE"],
    }


def test_a_host_without_nvidias_client_learns_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "riva.client", None)
    with pytest.raises(ServiceFailed, match=r"needs NVIDIA's client: pip install '.*\[riva\]'$"):
        connect("riva:50051", Settings())
