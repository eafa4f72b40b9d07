"""espeak-ng in this process, from the `espeakng-loader` wheel: the engine that needs no server."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache

import numpy as np
from scipy.signal import resample_poly

from tasks.domain.build.ipa import ESPEAK_SYMBOLS, ipa_to_espeak
from tasks.domain.build.pronunciation import segments
from tasks.speech.engine import RATE_HZ, NotSpoken, SpeechRequest

ENGINE_RATE_HZ = 22_050
SYNCHRONOUS, UTF8, PHONEMES, PARAMETER_RATE = 2, 0x1, 0x100, 1
WORDS_PER_MINUTE = 165
PADDING_SECONDS = 0.15
VOICES = ("en-us", "en-gb-x-rp", "en-gb-scotland", "en-029", "en-us+f2", "en-us+m3")


class Espeak:
    """espeak-ng's American English phonemes in any of its voices.

    It keeps some state from one utterance to the next: a clip sounds the same after others, and is
    not the same to the bit.
    """

    name = "espeak"
    leaves_machine = False
    inventory: frozenset[str] | None = ESPEAK_SYMBOLS

    def __init__(self) -> None:
        self._library, self.version = _library()
        self._chunks: list[bytes] = []
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
        )
        self._callback = kind(self._collect)  # kept: C holds only a pointer to it

    def voices(self) -> Sequence[str]:
        """Name the voices that a benchmark uses unless told otherwise."""
        return VOICES

    def speak(self, request: SpeechRequest) -> np.ndarray:
        """Say a sentence, its parts with an IPA in espeak's own notation."""
        library = self._library
        library.espeak_SetSynthCallback(self._callback)
        if library.espeak_SetVoiceByName(request.voice.encode()) != 0:
            raise NotSpoken(f"espeak-ng has no voice {request.voice!r}")
        library.espeak_SetParameter(PARAMETER_RATE, round(WORDS_PER_MINUTE * request.rate), 0)
        self._chunks.clear()
        text = _marked(request).encode()
        library.espeak_Synth(text, len(text) + 1, 0, 1, 0, UTF8 | PHONEMES, None, None)
        library.espeak_Synchronize()
        samples = np.frombuffer(b"".join(self._chunks), dtype=np.int16)
        if not samples.any():
            raise NotSpoken(f"espeak-ng said nothing for {request.text!r}")
        speech = resample_poly(samples.astype(np.float32) / 32768, 320, 441)
        return np.pad(speech, int(PADDING_SECONDS * RATE_HZ)).astype(np.float32)

    def _collect(self, samples: object, count: int, _events: object) -> int:
        if samples and count > 0:
            self._chunks.append(ctypes.string_at(samples, 2 * count))  # type: ignore[arg-type]
        return 0


@cache
def _library() -> tuple[ctypes.CDLL, str]:
    """Load espeak-ng, once a process, and give its version; raise NotSpoken where it is not there."""
    try:
        import espeakng_loader
    except ImportError:
        raise NotSpoken("espeak-ng is not installed: pip install espeakng-loader") from None
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    data = espeakng_loader.get_data_path().encode()
    if library.espeak_Initialize(SYNCHRONOUS, 0, data, 0) != ENGINE_RATE_HZ:
        raise NotSpoken(f"espeak-ng did not start on its data folder {data.decode()}")
    library.espeak_Info.restype = ctypes.c_char_p
    return library, library.espeak_Info(None).decode()


def _marked(request: SpeechRequest) -> str:
    """Write what is said, parts with an IPA between double brackets; others of the text are no marks."""
    try:
        return "".join(
            f" [[{ipa_to_espeak(ipa)}]] " if ipa else piece.replace("[[", "[ [")
            for piece, ipa in segments(request.spoken, request.pronunciations)
        )
    except ValueError as error:
        raise NotSpoken(str(error)) from None
