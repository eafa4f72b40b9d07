"""An audition to look at: four terms in two voices, one with two proposals, one heard already."""

from __future__ import annotations

from typing import Any

import numpy as np

from tasks.benchmark.audition import AuditionDecision, AuditionItem
from tasks.report.audition import Audition, Card, Choice, VoiceClip
from tasks.workspace.audio import playable

VOICES = ("en-us", "en-gb")
INVENTORY = ("t", "ɪ", "m", "ə", "l", "ɒ", "aɪ", "tʃ", "ɹ")
TERMS = {"timolol": "drug", "sotalol": "drug", "HbA1c": "lab", "carotid artery": "anatomy"}


def tone(seconds: float = 0.3, pitch: float = 440) -> bytes:
    """Return a tone as a page holds it."""
    return playable(0.3 * np.sin(pitch * np.arange(int(seconds * 16_000)) / 2546))


def item(term: str, **changes: Any) -> AuditionItem:
    fields: dict[str, Any] = {
        "term": term, "ipa": None, "ipa_source": "espeak_g2p", "engine": "espeak",
        "engine_version": "1.52", "voices": VOICES,
    }  # fmt: skip
    return AuditionItem.model_validate(fields | changes)


def choice(ipa: str | None, source: str, why: str, pitch: float = 440, g2p: str = "") -> Choice:
    clips = tuple(VoiceClip(voice, tone(pitch=pitch + 50 * n)) for n, voice in enumerate(VOICES))
    return Choice(ipa, source, why, clips, g2p)


def sample() -> Audition:
    """Return the audition of four terms."""
    proposals = (
        choice("ˈtɪməlɒl", "proposal", "suffix -olol", 600),
        choice("ˈtaɪməlɒl", "proposal", "suffix -lol", 700),
    )
    heard = AuditionDecision(
        **item("carotid artery").model_dump(),
        decision="heard",
        reviewer="Ana",
        at="2026-01-02T03:04:05Z",
    )
    cards = []
    for number, (term, category) in enumerate(TERMS.items()):
        read = "tˈɪməlˌɒl" if term == "timolol" else ""
        standing = choice(None, "espeak_g2p", "espeak's own g2p", 300 + 30 * number, read)
        cards.append(
            Card(
                item(term),
                category,
                f"The chart mentions {term}.",
                (standing, *proposals) if term == "timolol" else (standing,),
                heard if term == heard.term else None,
            )
        )
    inventories = {"espeak": INVENTORY}
    return Audition("w", 1, tuple(cards), (heard,), inventories, "python -m flows.audition")
