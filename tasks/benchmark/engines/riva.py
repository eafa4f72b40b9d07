"""The connection to a server that speaks Riva's gRPC protocol: Riva, a NIM, NVIDIA's cloud."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tasks.domain.errors import ServiceFailed
from tasks.settings import Settings

ATTEMPTS = 5  # the most that gRPC allows
RETRIED = ("RESOURCE_EXHAUSTED", "UNAVAILABLE")
CALL_TIMEOUT = "300s"  # of one call, its retries included


def connect(endpoint: str, settings: Settings) -> Any:
    """Open the channel as Riva's `Auth`: TLS to port 443 or with a key, retries by gRPC.

    Raises ServiceFailed where NVIDIA's client is not installed.
    """
    key = settings.nvcf_api_key
    retries = {
        "maxAttempts": ATTEMPTS,
        "initialBackoff": f"{settings.asr_backoff}s",
        "maxBackoff": "60s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": RETRIED,
    }
    method = {"name": [{}], "timeout": CALL_TIMEOUT, "retryPolicy": retries}
    return open_channel(
        endpoint,
        settings.nvcf_function_id,
        key.get_secret_value() if key else None,
        encrypted=endpoint.endswith(":443") or key is not None,
        options=[("grpc.service_config", json.dumps({"methodConfig": [method]}))],
    )


def open_channel(
    endpoint: str,
    function_id: str | None,
    key: str | None,
    *,
    encrypted: bool,
    options: Sequence[tuple[str, str | int]] = (("grpc.enable_retries", 0),),
) -> Any:
    """Open a channel as Riva's `Auth`; function and key, where given, go along with each call.

    Raises ServiceFailed where NVIDIA's client is not installed.
    """
    try:
        from riva.client import Auth
    except ImportError:
        raise ServiceFailed(
            "a Riva endpoint needs NVIDIA's client: pip install 'clinical-asr-flywheel[riva]'"
        ) from None

    metadata = [["function-id", function_id]] if function_id else []
    if key:
        metadata.append(["authorization", f"Bearer {key}"])
    return Auth(uri=endpoint, use_ssl=encrypted, metadata_args=metadata, options=list(options))
