"""Planned rows made into rows of a manifest: every clip spoken, compared with the others, or refused."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tasks.benchmark.clip import ClipOrder, ClipResult, EngineInUse, Voicing, make_clips
from tasks.benchmark.conditions import SILENT, Condition
from tasks.benchmark.engines.engine import NotSpoken, SpeechEngine, SpeechRequest
from tasks.benchmark.plan import Key, PlannedRow, in_another_voice
from tasks.domain.policy import BuildPolicy
from tasks.domain.scoring.normalize import normalize
from tasks.domain.spoken.forms import unpronounced, unsaid
from tasks.workspace.audio import ClipStore, wav_bytes

OTHER_WORDS = "its voice speaks other words the same way"
TWICE = "another row has the same audio"


def silent_faults(
    orders: Sequence[ClipOrder], engines: Mapping[str, EngineInUse], store: ClipStore
) -> list[str]:
    """Return, for each order which of its words its engine leaves out; empty where none.

    A word is spoken alone, in the first voice of its engine, and once: what came of it is kept. Of an
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
        faults.append(f"{order.engine} makes no sound for {', '.join(silent)}" if silent else "")
    return faults


def _words_alone(order: ClipOrder, voice: str) -> list[ClipOrder]:
    """Write an order for each part of a sentence that has an IPA: that part, and nothing around it."""
    plain = replace(order, voice=voice, condition=Condition())
    return [
        replace(plain, spoken=part, pronunciations=((part, ipa),))
        for part, ipa in order.pronunciations
    ]


def _is_silent(order: ClipOrder, engine: SpeechEngine, store: ClipStore) -> bool:
    """Speak a word unless that was done before; raise NotSpoken where another try may succeed."""
    sha256 = order.alone_sha256
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


@dataclass(frozen=True)
class ClipAudio:
    """The text of a clip, and two digests: of its speech before any noise, and of the clip.

    That of the speech is empty where it is not known.
    """

    text: str
    speech_sha256: str
    sha256: str


def same_audio_faults(clips: Sequence[ClipAudio], other_clips: Collection[str]) -> list[str]:
    """Return the fault of each clip, beside the digests of `other_clips`; empty where it has none.

    Speech that is the same for other words is right for at most one of them, and for none where a
    voice makes no sound for a term: no clip of it is used. Of clips that are the same the first is used.

    >>> clips = [ClipAudio("give timolol", "a", "1"), ClipAudio("give heparin", "a", "2")]
    >>> same_audio_faults([*clips, ClipAudio("stop", "b", "3")], {"3"})
    ['its voice speaks other words the same way', 'its voice speaks other words the same way', \
'another row has the same audio']
    """
    words = defaultdict(set)
    for clip in clips:
        words[clip.speech_sha256 or clip.sha256].add(normalize(clip.text))
    seen, faults = set(other_clips), []
    for clip in clips:
        of_others = len(words[clip.speech_sha256 or clip.sha256]) > 1
        faults.append(OTHER_WORDS if of_others else TWICE if clip.sha256 in seen else "")
        seen.add(clip.sha256)
    return faults


@dataclass(frozen=True)
class MadeRow:
    """A planned row, and its clip or why it has none."""

    row: PlannedRow
    result: ClipResult
    refused: str = ""


def row_fields(row: PlannedRow, voicing: Voicing) -> dict[str, Any]:
    """Return the fields of a manifest's row beside its clip and its condition."""
    accepted = {"accepted": list(row.term.accepted)} if row.term.accepted else {}
    return accepted | {
        "text": row.text,
        "term": row.term.term,
        "entity_category": row.term.entity_category,
        "ipa_source": voicing.pronunciation(row).source,
        "voice_id": row.voice.voice_id,
        "noise_level": row.condition.noise_level,
        "context_type": row.context_type,
        "source": "synthetic",
    }


def without_words(text: str) -> str:
    """Return the parts of a text that cannot be spoken, so that it is no row; empty where all can."""
    left = unpronounced(text) or unsaid(text)
    return f"expected words; {left!r} has none in {text!r}" if left else ""


def make_rows(
    planned: Sequence[PlannedRow],
    voicing: Voicing,
    policy: BuildPolicy,
    store: ClipStore,
    taken: Collection[Key],
    other_clips: Collection[str],
    rejected: Callable[[PlannedRow], str],
) -> list[MadeRow]:
    """Make the clips of all rows but those of rejected terms; one that is no audio of its own once more.

    That is in another voice, and if it does not help, the row is refused. `taken` are the rows that
    exist, `other_clips` the digests of their clips; `rejected` is why the term of a row is not spoken.
    """
    made = _make(planned, voicing, policy, store, rejected)
    keys = {*taken, *(row.key for row in planned)}
    moved: dict[int, PlannedRow] = {}
    for place, fault in enumerate(_audio_faults(made, store, other_clips)):
        other = in_another_voice(planned[place], voicing.voices, keys) if fault else None
        if other is not None:
            moved[place] = other
            keys.add(other.key)
    again = _make(list(moved.values()), voicing, policy, store, rejected)
    for place, one in zip(moved, again, strict=True):
        takes = made[place].result.takes + one.result.takes
        made[place] = replace(one, result=replace(one.result, takes=takes))
    faults = _audio_faults(made, store, other_clips)
    return [
        replace(one, refused=one.refused or fault) for one, fault in zip(made, faults, strict=True)
    ]


def _make(
    rows: Sequence[PlannedRow],
    voicing: Voicing,
    policy: BuildPolicy,
    store: ClipStore,
    rejected: Callable[[PlannedRow], str],
) -> list[MadeRow]:
    """Make the clip of each row, one that several ask for once."""
    orders = [voicing.order(row, policy) for row in rows]
    silent = silent_faults(orders, voicing.engines, store)
    refusals = [
        rejected(row) or without_words(row.text) or fault
        for row, fault in zip(rows, silent, strict=True)
    ]
    unique = dict.fromkeys(
        order for order, refusal in zip(orders, refusals, strict=True) if not refusal
    )
    results = dict(zip(unique, make_clips(list(unique), policy.engines, store), strict=True))
    made = []
    for row, order, refusal in zip(rows, orders, refusals, strict=True):
        result = ClipResult(None) if refusal else results[order]
        made.append(MadeRow(row, result, refusal or "; ".join(result.faults)))
        results[order] = replace(result, takes=0)  # they are counted with the first
    return made


def _audio_faults(
    made: Sequence[MadeRow], store: ClipStore, other_clips: Collection[str]
) -> list[str]:
    """Return, for each row that has a clip what is wrong with it beside the others; else nothing."""
    clips = {
        place: ClipAudio(one.row.text, store.speech_sha256(sha256), store.clip_sha256(sha256))
        for place, one in enumerate(made)
        if (sha256 := one.result.sha256) is not None
    }
    faults = same_audio_faults(list(clips.values()), other_clips)
    found = dict(zip(clips, faults, strict=True))
    return [found.get(place, "") for place in range(len(made))]
