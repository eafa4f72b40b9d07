"""A speech engine: it speaks one sentence in one of its voices, and names itself and its version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

RATE_HZ = 16_000  # of every clip that an engine gives


@dataclass(frozen=True)
class SpeechRequest:
    """One sentence to speak: plain words, and the pronunciations of some of them.

    `text` is the reference transcript. `spoken` is the same with abbreviations and numbers
    written as they are spoken. `pronunciations` are parts of `spoken` with their IPA, at most one
    for each place, none inside another. `rate` is relative to the voice's own, `seed` makes another
    clip of the same words where the engine can.
    """

    text: str
    spoken: str
    pronunciations: tuple[tuple[str, str], ...]
    voice: str
    rate: float = 1.0
    seed: int = 0


class NotSpoken(Exception):
    """An engine made no usable clip: why, and whether the same request may succeed later.

    `away`: the service did not answer at all; `silent`: the answer was silence.
    """

    def __init__(
        self, reason: str, *, retry: bool = False, away: bool = False, silent: bool = False
    ) -> None:
        super().__init__(reason)
        self.retry = retry
        self.away = away
        self.silent = silent


class SpeechEngine(Protocol):
    """A speech synthesizer. One instance is used by one thread or process at a time."""

    name: str  # as in `voice_id` and `<name>_g2p`, for example espeak
    version: str  # of the engine and its voices; part of what a clip is known by
    leaves_machine: bool  # whether text is sent to another host
    inventory: (
        frozenset[str] | None
    )  # IPA symbols that it knows, none: it takes no IPA; None: any is tried

    def voices(self) -> Sequence[str]:
        """Name the voices, in an order that stays; raise NotSpoken where none can be asked."""
        ...

    def g2p(self, text: str) -> str | None:
        """Return its reading of words without an IPA, as IPA; None where it does not report that."""
        ...

    def speak(self, request: SpeechRequest) -> np.ndarray:
        """Speak a sentence: float32 in [-1, 1], mono, RATE_HZ, one axis; raise NotSpoken."""
        ...
