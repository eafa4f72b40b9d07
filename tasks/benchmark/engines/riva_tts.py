"""Have sentences spoken by a server of Riva's gRPC protocol: Riva, a Magpie NIM, NVIDIA's cloud."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from tasks.benchmark.engines.engine import RATE_HZ, NotSpoken, SpeechRequest
from tasks.benchmark.engines.service import (
    Busy,
    announce,
    ask_patiently,
    open_channel,
    read_audio,
)
from tasks.benchmark.ipa import normal
from tasks.benchmark.pronunciation import segments
from tasks.domain.policy import EngineConfig

# What Magpie's American English is trained on: single letters, no length, by NeMo's IPA tokenizer.
MAGPIE_SYMBOLS = frozenset("abdefhijklmnoprstuvwxzæðŋɐɑɔəɚɛɜɡɪɬɹɾʃʊʌʒʔʲ\u0303\u0329θᵻ")
AWAY = ("UNAVAILABLE", "DEADLINE_EXCEEDED")
RETRIED = ("RESOURCE_EXHAUSTED", *AWAY)
OF_THE_SENTENCE = ("INVALID_ARGUMENT", "OUT_OF_RANGE")  # another time it is answered likewise


def ssml(request: SpeechRequest, inventory: frozenset[str]) -> str:
    """Write a request as SSML: escaped text, and a phoneme element for each pronounced part.

    A length mark is left out where the engine has none. Raises NotSpoken at a character that XML
    does not have, since a server reads invalid SSML aloud.

    >>> request = SpeechRequest("a & b", "a & b", (("b", "biː"),), "voice")
    >>> ssml(request, frozenset("bi"))
    '<speak>a &amp; <phoneme alphabet="ipa" ph="bi">b</phoneme></speak>'
    """
    if not request.spoken.isprintable():
        raise NotSpoken("expected printable text")
    marks = "" if any("ː" in symbol for symbol in inventory) else "ː"
    parts = []
    for words, ipa in segments(request.spoken, request.pronunciations):
        if ipa is None:
            parts.append(escape(words))
        else:
            sounds = normal(ipa).translate({ord(mark): None for mark in marks})
            parts.append(
                f'<phoneme alphabet="ipa" ph={quoteattr(sounds)}>{escape(words)}</phoneme>'
            )
    return f"<speak>{''.join(parts)}</speak>"


class RivaTts:
    """A server of Riva's protocol as a speech engine; its speed of speech cannot be changed."""

    def __init__(self, config: EngineConfig, key: str | None = None) -> None:
        """Open the channel; the server is asked for its models where no version is given."""
        self._config = config
        self._auth = open_channel(
            str(config.url), config.function_id, key, encrypted=config.encrypted
        )
        from riva.client import SpeechSynthesisService

        self._stub = SpeechSynthesisService(self._auth).stub
        self._announced = False
        self.name = config.label
        self.leaves_machine = config.leaves_machine
        self.inventory: frozenset[str] | None = (
            frozenset(config.symbols.split()) if config.symbols else MAGPIE_SYMBOLS
        )
        self.version = f"{config.version or self._model_names()} {config.language}"

    def voices(self) -> Sequence[str]:
        """Name the voices of the policy, else all that the server has in its language."""
        if self._config.voices:
            return self._config.voices
        names = []
        for model in self._models():
            facts = model.parameters
            if facts.get("language_code", self._config.language) == self._config.language:
                inner = [voice.split(":")[0] for voice in facts["subvoices"].split(",") if voice]
                names += [f"{facts['voice_name']}.{voice}" for voice in inner] or [
                    facts["voice_name"]
                ]
        if not names:
            raise NotSpoken(f"{self._config.url} has no voice of {self._config.language}")
        return sorted(names)

    def g2p(self, text: str) -> str | None:  # noqa: ARG002 (of the protocol)
        """Return nothing: a server does not report how it reads a word."""
        return None

    def speak(self, request: SpeechRequest) -> np.ndarray:
        """Speak a sentence as the protocol of engines asks; raise NotSpoken with the server's reason."""
        if request.rate != 1.0:
            raise NotSpoken(f"{self.name} speaks at its own speed only")
        from riva.client import AudioEncoding
        from riva.client.proto.riva_tts_pb2 import SynthesizeSpeechRequest

        asked = SynthesizeSpeechRequest(
            text=ssml(request, self.inventory or MAGPIE_SYMBOLS),
            language_code=self._config.language,
            encoding=AudioEncoding.LINEAR_PCM,
            sample_rate_hz=RATE_HZ,
            voice_name=request.voice,
        )
        if not self._announced:
            announce(self._config)
            self._announced = True
        return ask_patiently(
            lambda: read_audio(self._call(self._stub.Synthesize, asked).audio, RATE_HZ),
            self._config,
        )

    def _model_names(self) -> str:
        """Name what the server speaks with, used as its version."""
        return ", ".join(sorted({model.model_name for model in self._models()}))

    def _models(self) -> Sequence[Any]:
        """Ask which models the server has, and in which voices they speak."""
        from riva.client.proto.riva_tts_pb2 import RivaSynthesisConfigRequest

        request = RivaSynthesisConfigRequest()
        answer = ask_patiently(
            lambda: self._call(self._stub.GetRivaSynthesisConfig, request), self._config
        )
        models: Sequence[Any] = answer.model_config
        return models

    def _call(self, method: Any, request: Any) -> Any:
        """Call the server once; raise Busy where it may answer later, else NotSpoken.

        An answer about key, address or the server itself is not stored as a result of the sentence.
        """
        import grpc

        metadata = self._auth.get_auth_metadata()
        try:
            return method(request, metadata=metadata, timeout=self._config.timeout_seconds)
        except grpc.RpcError as error:
            reason = f"{self._config.url}: {error.code().name}: {error.details()}"
            if error.code().name in RETRIED:
                raise Busy(reason, away=error.code().name in AWAY) from None
            raise NotSpoken(reason, retry=error.code().name not in OF_THE_SENTENCE) from None
