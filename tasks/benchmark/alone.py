"""Words that are said alone by their IPA: where an engine says nothing then, a row would lack them.

An engine may say the words around an IPA that it passes over in silence; such a clip looks right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from tasks.benchmark.clip import ClipOrder
from tasks.benchmark.conditions import Condition
from tasks.benchmark.engines.engine import NotSpoken, SpeechEngine, SpeechRequest
from tasks.benchmark.quality import SILENT
from tasks.benchmark.synthesis import EngineInUse
from tasks.records.files import digest
from tasks.workspace.audio import wav_bytes
from tasks.workspace.clips import ClipStore


def silent_faults(
    orders: Sequence[ClipOrder], engines: Mapping[str, EngineInUse], store: ClipStore
) -> list[str]:
    """Say of each order which of its words its engine passes over in silence; empty where none.

    A word is said alone, in the first voice of its engine, and once: what came of it is kept. Of an
    engine that cannot be asked now nothing is known; its rows cannot be made now either.
    """
    known, away = dict[ClipOrder, bool](), set[str]()
    faults = []
    for order in orders:
        use, silent = engines[order.engine], list[str]()
        for alone in _words_alone(order, use.voices[0]):
            if alone not in known and order.engine not in away:
                try:
                    known[alone] = _is_silent(alone, use.engine, store)
                except NotSpoken:
                    away.add(order.engine)
            if known.get(alone):
                silent.append(f"{alone.pronunciations[0][1]!r}, the IPA of {alone.spoken}")
        faults.append(f"{order.engine} says nothing for {', '.join(silent)}" if silent else "")
    return faults


def _words_alone(order: ClipOrder, voice: str) -> list[ClipOrder]:
    """Write an order for each part of a sentence that has an IPA: that part, and nothing around it."""
    plain = replace(order, voice=voice, condition=Condition())
    return [
        replace(plain, spoken=part, pronunciations=((part, ipa),))
        for part, ipa in order.pronunciations
    ]


def _is_silent(order: ClipOrder, engine: SpeechEngine, store: ClipStore) -> bool:
    """Say a word unless that was done before; raise NotSpoken where another time may tell."""
    sha256 = digest("alone", order.sha256(0))
    if store.has(sha256):
        return False
    if store.faults(sha256):
        return True
    request = SpeechRequest(order.spoken, order.spoken, order.pronunciations, order.voice)
    try:
        speech = engine.speak(request)
    except NotSpoken as error:
        if error.silent:
            store.refuse(sha256, (str(error),))
        elif error.retry:
            raise
        return error.silent  # any other reason is that of the row itself
    if np.abs(speech).max(initial=0.0) <= SILENT:
        store.refuse(sha256, ("the clip is silent",))
        return True
    store.keep(sha256, wav_bytes(speech), hashlib.sha256(speech.tobytes()).hexdigest())
    return False
