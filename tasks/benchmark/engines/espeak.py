"""espeak-ng on this machine, from the `espeakng-loader` wheel: the engine that needs no server."""

from __future__ import annotations

import json
import subprocess
import sys
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from tasks.benchmark.engines import espeak_process
from tasks.benchmark.engines.engine import RATE_HZ, NotSpoken, SpeechEngine, SpeechRequest
from tasks.benchmark.ipa import ESPEAK_SYMBOLS, espeak_to_ipa, ipa_to_espeak
from tasks.benchmark.pronunciation import segments

WORDS_PER_MINUTE = 165
PITCHES = (50, 53, 47, 56, 44)  # of takes of the same words; the first is the voice's own
PADDING_SECONDS = 0.15
VOICES = ("en-us", "en-gb-x-rp", "en-gb-scotland", "en-029", "en-us+f2", "en-us+m3")
MORE_VOICES = (  # for speech that is to be of voices a benchmark does not have
    "en-us+f3",
    "en-gb-x-gbclan",
    "en-us+m1",
    "en-gb-x-gbcwmd",
    "en-us-nyc",
    "en-us+f4",
    "en-us+m5",
    "en-gb-scotland+f2",
    "en-gb-x-rp+f4",
    "en-us+m7",
    "en-gb-x-rp+m2",
    "en-us+f1",
    "en-gb-scotland+m3",
    "en-gb-x-rp+m7",
)
STOPPED = "espeak-ng was stopped while it spoke"


class Espeak:
    """espeak-ng's American English phonemes in any of its voices; a clip is the same at any time.

    It speaks in a process of its own, which ends with this object; one that was ended is started
    again. Raises NotSpoken where it is not installed or does not start.
    """

    name = "espeak"
    leaves_machine = False
    inventory: frozenset[str] | None = ESPEAK_SYMBOLS

    def __init__(self) -> None:
        self._open()

    def _open(self) -> None:
        """Start the process that speaks, which names its version first."""
        self._process = _start()
        self._ending = weakref.finalize(self, _end, self._process)
        self.version = self._answer()[1].decode()

    def voices(self) -> Sequence[str]:
        """Name the voices that a benchmark uses by default."""
        return VOICES

    def g2p(self, text: str) -> str | None:
        """Return the IPA of a text in its American English; None at sounds of another language."""
        try:
            status, content = self._ask(text)
            return espeak_to_ipa(content.decode()) if status == espeak_process.SPOKEN else None
        except (NotSpoken, ValueError):
            return None

    def speak(self, request: SpeechRequest) -> np.ndarray:
        """Speak a sentence, its parts with an IPA in espeak's own notation.

        A seed other than 0 speaks it at another pitch, near the voice's own.
        """
        words_per_minute = round(WORDS_PER_MINUTE * request.rate)
        pitch = PITCHES[request.seed % len(PITCHES)]
        return self.speak_marked(_marked(request), request.voice, words_per_minute, pitch)

    def speak_marked(
        self, marked: str, voice: str, words_per_minute: int, pitch: int
    ) -> np.ndarray:
        """Speak a text with espeak's phonemes between double square brackets."""
        status, content = self._ask(marked, voice, words_per_minute, pitch)
        if status == espeak_process.NO_VOICE:
            raise NotSpoken(f"espeak-ng has no voice {voice!r}")
        if status == espeak_process.STOPPED:
            raise NotSpoken(STOPPED, retry=True)
        samples = np.frombuffer(content, dtype=np.int16)
        if not samples.any():
            raise NotSpoken(f"espeak-ng made no sound for {marked!r}", silent=True)
        speech = resample_poly(samples.astype(np.float32) / 32768, 320, 441)
        return np.pad(speech, int(PADDING_SECONDS * RATE_HZ)).astype(np.float32)

    def _ask(self, *request: str | int) -> tuple[int, bytes]:
        """Ask the process, a new one where it has ended; raise NotSpoken where it ends again."""
        try:
            return self._answered(request)
        except NotSpoken:
            self._ending()
            self._open()
            return self._answered(request)

    def _answered(self, request: Sequence[str | int]) -> tuple[int, bytes]:
        """Send a request and read its answer; raise NotSpoken where the process has ended."""
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]
        except OSError:
            raise NotSpoken(STOPPED, retry=True) from None
        return self._answer()

    def _answer(self) -> tuple[int, bytes]:
        """Read what the process answers; raise NotSpoken where it has ended."""
        output = self._process.stdout
        assert output is not None
        head = output.read(espeak_process.ANSWER.size)
        if len(head) < espeak_process.ANSWER.size:
            raise NotSpoken(STOPPED, retry=True)
        status, size = espeak_process.ANSWER.unpack(head)
        content = output.read(size)
        if len(content) < size:
            raise NotSpoken(STOPPED, retry=True)
        return status, content


def all_voices(engine: SpeechEngine) -> tuple[str, ...]:
    """Name an engine's voices, and those that a benchmark has only if it asks for more of them."""
    voices = tuple(engine.voices())
    return (*voices, *MORE_VOICES) if isinstance(engine, Espeak) else voices


def _start() -> subprocess.Popen[bytes]:
    """Start the process that speaks; raise NotSpoken where espeak-ng is not installed."""
    try:
        import espeakng_loader
    except ImportError:
        raise NotSpoken("espeak-ng is not installed: pip install espeakng-loader") from None
    command = [sys.executable, "-I", "-S", str(Path(espeak_process.__file__))]
    command += [espeakng_loader.get_library_path(), espeakng_loader.get_data_path()]
    # In a process group of its own: Ctrl-C is for the process that asks, while this one starts too.
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process that speaks: it reads no more, and is waited for."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # of what was never read
                pipe.close()
    process.wait()


def _marked(request: SpeechRequest) -> str:
    """Return the marked text: parts with an IPA between double brackets, brackets of the text removed."""
    try:
        return "".join(
            f" [[{ipa_to_espeak(ipa)}]] " if ipa else piece.replace("[[", "[ [")
            for piece, ipa in segments(request.spoken, request.pronunciations)
        )
    except ValueError as error:
        raise NotSpoken(str(error)) from None
