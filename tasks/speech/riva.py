"""The connection to a server that speaks Riva's gRPC protocol: Riva, a NIM, NVIDIA's cloud."""

from __future__ import annotations

import json
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
    try:
        from riva.client import Auth
    except ImportError:
        raise ServiceFailed(
            "an ASR endpoint needs NVIDIA's client: pip install 'clinical-asr-flywheel[riva]'"
        ) from None

    key = settings.nvcf_api_key
    metadata = []
    if settings.nvcf_function_id:
        metadata.append(["function-id", settings.nvcf_function_id])
    if key:
        metadata.append(["authorization", f"Bearer {key.get_secret_value()}"])
    retries = {
        "maxAttempts": ATTEMPTS,
        "initialBackoff": f"{settings.asr_backoff}s",
        "maxBackoff": "60s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": RETRIED,
    }
    method = {"name": [{}], "timeout": CALL_TIMEOUT, "retryPolicy": retries}
    return Auth(
        uri=endpoint,
        use_ssl=endpoint.endswith(":443") or key is not None,
        metadata_args=metadata,
        options=[("grpc.service_config", json.dumps({"methodConfig": [method]}))],
    )
