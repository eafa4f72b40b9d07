"""The process in which espeak-ng speaks, started by `espeak.py` and as small as can be.

    python -I -S espeak_process.py LIBRARY DATA

espeak-ng keeps its flutter from one utterance to the next, so that a clip's bytes would depend on what
was spoken before. Each utterance is therefore spoken by a fork of this process, which itself never speaks;
forks of a small process are fast. It imports the standard library alone and ends with its standard input.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import struct
import sys
from typing import BinaryIO

RATE_HZ = 22_050
SYNCHRONOUS, UTF8, PHONEMES = 2, 0x1, 0x100
PARAMETER_RATE, PARAMETER_PITCH = 1, 3
LONGEST_SECONDS = 60  # for an utterance that takes milliseconds
SPOKEN, NO_VOICE, STOPPED = 0, 1, 2
ANSWER = struct.Struct("<BI")  # what came of it, and how many bytes follow
Spoken = tuple[str, str, int, int]  # text, voice, words per minute, pitch
Read = tuple[str]  # a text whose phonemes are asked for
Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def main(library_path: str, data: str) -> int:
    """Answer with the version, then each request, a line of JSON, with its samples: int16, RATE_HZ.

    A request of a text alone is answered with its phonemes.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    library = ctypes.CDLL(library_path)
    if library.espeak_Initialize(SYNCHRONOUS, 0, data.encode(), 0) != RATE_HZ:
        return 1
    library.espeak_ng_SetRandSeed(ctypes.c_long(7))  # breathy voices use rand()
    library.espeak_SetVoiceByName(b"en-us")  # reads its dictionary once, and not in each fork
    library.espeak_Info.restype = ctypes.c_char_p
    answer(sys.stdout.buffer, SPOKEN, library.espeak_Info(None))
    for line in sys.stdin.buffer:
        answer(sys.stdout.buffer, *in_fork(library, json.loads(line)))
    return 0


def answer(output: BinaryIO, status: int, content: bytes) -> None:
    output.write(ANSWER.pack(status, len(content)) + content)
    output.flush()


def in_fork(library: ctypes.CDLL, request: Spoken | Read) -> tuple[int, bytes]:
    """Answer a request in a fork, which leaves this process as it is; STOPPED where it ended early."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(LONGEST_SECONDS)  # nobody else ends it where an utterance hangs
        status = STOPPED
        try:
            os.close(reader)
            status, content = (
                (SPOKEN, phonemes(library, *request))
                if len(request) == 1
                else utter(library, *request)
            )
            with open(writer, "wb") as file:  # noqa: PTH123 (a descriptor)
                file.write(content)
        finally:
            os._exit(status)
    os.close(writer)
    with open(reader, "rb") as file:  # noqa: PTH123 (a descriptor)
        content = file.read()
    _, ended = os.waitpid(child, 0)
    status = os.waitstatus_to_exitcode(ended)
    return (status, content) if status in (SPOKEN, NO_VOICE) else (STOPPED, b"")


def utter(
    library: ctypes.CDLL, text: str, voice: str, words_per_minute: int, pitch: int
) -> tuple[int, bytes]:
    """Speak a text with espeak's phonemes between double square brackets."""
    chunks: list[bytes] = []

    def collect(samples: object, count: int, _events: object) -> int:
        if samples and count > 0:
            chunks.append(ctypes.string_at(samples, 2 * count))  # type: ignore[arg-type]
        return 0

    callback = Callback(collect)
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        return NO_VOICE, b""
    library.espeak_SetParameter(PARAMETER_RATE, words_per_minute, 0)
    library.espeak_SetParameter(PARAMETER_PITCH, pitch, 0)
    content = text.encode()
    library.espeak_Synth(content, len(content) + 1, 0, 1, 0, UTF8 | PHONEMES, None, None)
    library.espeak_Synchronize()
    return SPOKEN, b"".join(chunks)


def phonemes(library: ctypes.CDLL, text: str) -> bytes:
    """Return espeak's mnemonics of a text in the voice that is set."""
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    left, clauses = ctypes.c_char_p(text.encode()), []
    while left.value is not None:  # each call takes a clause off it
        clauses.append(library.espeak_TextToPhonemes(ctypes.byref(left), UTF8, 0))
    return b" ".join(clauses)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
