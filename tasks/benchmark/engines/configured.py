"""The engine that a policy names."""

from __future__ import annotations

import os
from collections.abc import Sequence

from tasks.benchmark.engines.engine import NotSpoken, SpeechEngine
from tasks.benchmark.engines.riva_tts import MAGPIE_SYMBOLS
from tasks.benchmark.ipa import ESPEAK_SYMBOLS, Inventories
from tasks.domain.errors import ServiceFailed
from tasks.domain.policy import EngineConfig


def open_engine(config: EngineConfig) -> SpeechEngine:
    """Open an engine; its key, if it has one, is read from the environment and kept from every log.

    Raises ServiceFailed where its library or key is missing, or its server does not answer.
    """
    key = _key(config)
    try:
        if config.engine == "espeak":
            from tasks.benchmark.engines.espeak import Espeak

            espeak = Espeak()
            espeak.name = config.label
            return espeak
        if config.engine == "riva":
            from tasks.benchmark.engines.riva_tts import RivaTts

            return RivaTts(config, key)
        from tasks.benchmark.engines.http_tts import HttpTts

        return HttpTts(config, key)
    except NotSpoken as error:
        raise ServiceFailed(str(error)) from None


def inventories_of(configs: Sequence[EngineConfig]) -> Inventories:
    """Return the IPA symbols of each engine by its label, without opening any; empty: it takes no IPA."""
    known = {"espeak": ESPEAK_SYMBOLS, "riva": MAGPIE_SYMBOLS, "http": frozenset[str]()}
    return {
        config.label: frozenset(config.symbols.split())
        if config.symbols and config.engine == "riva"
        else known[config.engine]
        for config in configs
    }


def _key(config: EngineConfig) -> str | None:
    """Read the key of an engine from the variable that its policy names."""
    if config.api_key_env is None:
        return None
    key = os.environ.get(config.api_key_env, "").strip()
    if not key:
        raise ServiceFailed(
            f"{config.label}: expected its key in the environment variable {config.api_key_env}"
        )
    return key
