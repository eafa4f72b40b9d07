"""espeak-ng on this machine, from the `espeakng-loader` wheel: the engine that needs no server.

espeak-ng keeps its flutter from one utterance to the next, so that a clip's bytes would depend on what
was said before. Each utterance is therefore spoken by a fork of a process that has spoken nothing.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import tempfile
import threading
import warnings
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from scipy.signal import resample_poly

from tasks.domain.build.ipa import ESPEAK_SYMBOLS, ipa_to_espeak
from tasks.domain.build.pronunciation import segments
from tasks.speech.engine import RATE_HZ, NotSpoken, SpeechEngine, SpeechRequest

ENGINE_RATE_HZ = 22_050
SYNCHRONOUS, UTF8, PHONEMES = 2, 0x1, 0x100
PARAMETER_RATE, PARAMETER_PITCH = 1, 3
WORDS_PER_MINUTE = 165
PITCHES = (50, 53, 47, 56, 44)  # of takes of the same words; the first is the voice's own
NO_VOICE = b"?"
Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)
PADDING_SECONDS = 0.15
_loading = threading.Lock()  # two threads that start the library at once end the process
VOICES = ("en-us", "en-gb-x-rp", "en-gb-scotland", "en-029", "en-us+f2", "en-us+m3")
MORE_VOICES = (  # for speech that is to be of voices a benchmark does not have
    "en-us+f3",
    "en-gb-x-gbclan",
    "en-us+m1",
    "en-gb-x-gbcwmd",
    "en-us-nyc",
    "en-us+f4",
)


class Espeak:
    """espeak-ng's American English phonemes in any of its voices; a clip is the same at any time."""

    name = "espeak"
    leaves_machine = False
    inventory: frozenset[str] | None = ESPEAK_SYMBOLS

    def __init__(self) -> None:
        self._library, self.version = _library()

    def voices(self) -> Sequence[str]:
        """Name the voices that a benchmark uses unless told otherwise."""
        return VOICES

    def speak(self, request: SpeechRequest) -> np.ndarray:
        """Say a sentence, its parts with an IPA in espeak's own notation.

        A seed other than 0 says it at another pitch, near the voice's own.
        """
        words_per_minute = round(WORDS_PER_MINUTE * request.rate)
        pitch = PITCHES[request.seed % len(PITCHES)]
        return self.say(_marked(request), request.voice, words_per_minute, pitch)

    def say(self, marked: str, voice: str, words_per_minute: int, pitch: int) -> np.ndarray:
        """Say a text with espeak's phonemes between double square brackets."""
        content = in_fork(lambda: _utter(self._library, marked, voice, words_per_minute, pitch))
        if content == NO_VOICE:
            raise NotSpoken(f"espeak-ng has no voice {voice!r}")
        samples = np.frombuffer(content, dtype=np.int16)
        if not samples.any():
            raise NotSpoken(f"espeak-ng said nothing for {marked!r}")
        speech = resample_poly(samples.astype(np.float32) / 32768, 320, 441)
        return np.pad(speech, int(PADDING_SECONDS * RATE_HZ)).astype(np.float32)


def all_voices(engine: SpeechEngine) -> tuple[str, ...]:
    """Name an engine's voices, and those that a benchmark has only if it asks for more of them."""
    voices = tuple(engine.voices())
    return (*voices, *MORE_VOICES) if isinstance(engine, Espeak) else voices


def in_fork(work: Callable[[], bytes]) -> bytes:
    """Do something in a fork of this process, which stays as it is; empty where the fork fails."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():  # the fork takes no lock that a thread of ours may hold
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            with open(writer, "wb") as file:  # noqa: PTH123 (a descriptor)
                file.write(work())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as file:  # noqa: PTH123 (a descriptor)
        content = file.read()
    os.waitpid(child, 0)
    return content


def _utter(
    library: ctypes.CDLL, marked: str, voice: str, words_per_minute: int, pitch: int
) -> bytes:
    """Give the samples of an utterance, NO_VOICE where there is none of this name."""
    chunks: list[bytes] = []

    def collect(samples: object, count: int, _events: object) -> int:
        if samples and count > 0:
            chunks.append(ctypes.string_at(samples, 2 * count))  # type: ignore[arg-type]
        return 0

    callback = Callback(collect)
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        return NO_VOICE
    library.espeak_SetParameter(PARAMETER_RATE, words_per_minute, 0)
    library.espeak_SetParameter(PARAMETER_PITCH, pitch, 0)
    text = marked.encode()
    library.espeak_Synth(text, len(text) + 1, 0, 1, 0, UTF8 | PHONEMES, None, None)
    library.espeak_Synchronize()
    return b"".join(chunks)


def _library() -> tuple[ctypes.CDLL, str]:
    """Load espeak-ng, once a process, and give its version; raise NotSpoken where it is not there."""
    with _loading:
        return _loaded()


@cache
def _loaded() -> tuple[ctypes.CDLL, str]:
    try:
        import espeakng_loader
    except ImportError:
        raise NotSpoken("espeak-ng is not installed: pip install espeakng-loader") from None
    library = _own_copy(espeakng_loader.get_library_path())
    data = espeakng_loader.get_data_path().encode()
    if library.espeak_Initialize(SYNCHRONOUS, 0, data, 0) != ENGINE_RATE_HZ:
        raise NotSpoken(f"espeak-ng did not start on its data folder {data.decode()}")
    library.espeak_ng_SetRandSeed(ctypes.c_long(7))  # breathy voices use rand()
    library.espeak_Info.restype = ctypes.c_char_p
    return library, library.espeak_Info(None).decode()


def _own_copy(path: str) -> ctypes.CDLL:
    """Load a library apart from whoever else in this process has loaded it, and has spoken by it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(path, folder)
        return ctypes.CDLL(copy)


def _marked(request: SpeechRequest) -> str:
    """Write what is said, parts with an IPA between double brackets; others of the text are no marks."""
    try:
        return "".join(
            f" [[{ipa_to_espeak(ipa)}]] " if ipa else piece.replace("[[", "[ [")
            for piece, ipa in segments(request.spoken, request.pronunciations)
        )
    except ValueError as error:
        raise NotSpoken(str(error)) from None
