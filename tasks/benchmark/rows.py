"""The clips of planned rows: each made or refused with its reason, and no audio twice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tasks.benchmark.alone import silent_faults
from tasks.benchmark.clip import ClipResult
from tasks.benchmark.plan import Key, PlannedRow, in_another_voice
from tasks.benchmark.same_audio import ClipAudio, same_audio_faults
from tasks.benchmark.synthesis import make_clips
from tasks.benchmark.voicing import Voicing
from tasks.domain.policy import BuildPolicy
from tasks.domain.spoken.forms import not_said, unsaid
from tasks.records.files import file_sha256
from tasks.workspace.clips import ClipStore


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
    }


def without_words(text: str) -> str:
    """Say what of a text cannot be said, which is then no row; empty where all of it can."""
    left = not_said(text) or unsaid(text)
    return f"expected words; {left!r} has none in {text!r}" if left else ""


def make_rows(
    planned: Sequence[PlannedRow],
    voicing: Voicing,
    policy: BuildPolicy,
    store: ClipStore,
    taken: Collection[Key],
    standing: Collection[str],
    rejected: Callable[[PlannedRow], str],
) -> list[MadeRow]:
    """Make the clips of all rows but those of rejected terms; one that is no audio of its own once more.

    That is in another voice, and if it does not help, the row is refused. `taken` are the rows that
    stand, `standing` the digests of their clips; `rejected` says why the term of a row is not said.
    """
    made = _make(planned, voicing, policy, store, rejected)
    keys = {*taken, *(row.key for row in planned)}
    moved: dict[int, PlannedRow] = {}
    for place, fault in enumerate(_audio_faults(made, store, standing)):
        other = in_another_voice(planned[place], voicing.voices, keys) if fault else None
        if other is not None:
            moved[place] = other
            keys.add(other.key)
    again = _make(list(moved.values()), voicing, policy, store, rejected)
    for place, one in zip(moved, again, strict=True):
        takes = made[place].result.takes + one.result.takes
        made[place] = replace(one, result=replace(one.result, takes=takes))
    faults = _audio_faults(made, store, standing)
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
    made: Sequence[MadeRow], store: ClipStore, standing: Collection[str]
) -> list[str]:
    """Say of each row that has a clip what is wrong with it beside the others; else nothing."""
    clips = {
        place: ClipAudio(one.row.text, store.speech_sha256(sha256), file_sha256(store.clip(sha256)))
        for place, one in enumerate(made)
        if (sha256 := one.result.sha256) is not None
    }
    faults = same_audio_faults(list(clips.values()), standing)
    found = dict(zip(clips, faults, strict=True))
    return [found.get(place, "") for place in range(len(made))]
