"""The audition: one HTML page where a person listens to each term and accepts or rejects it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import get_args

from tasks.benchmark.audition import AuditionDecision, AuditionItem
from tasks.benchmark.ipa import normal
from tasks.benchmark.suggestions import Suggestion
from tasks.domain.manifest import Category
from tasks.report.parts import TEMPLATES, part, source_digest


@dataclass(frozen=True)
class VoiceClip:
    """One voice's clip of a pronunciation, a WAV or MP3 file, or why there is none."""

    voice: str
    audio: bytes = field(default=b"", repr=False)
    fault: str = ""

    @property
    def url(self) -> str:
        """The clip itself, as an address."""
        kind = "wav" if self.audio.startswith(b"RIFF") else "mpeg"
        return f"data:audio/{kind};base64,{base64.b64encode(self.audio).decode()}"


@dataclass(frozen=True)
class Choice:
    """One way to pronounce a term, with its clips; `ipa` is None where the engine's g2p decides.

    `g2p` is the pronunciation that it makes then, where it is known.
    """

    ipa: str | None
    source: str
    why: str
    clips: tuple[VoiceClip, ...]
    g2p: str = ""

    @property
    def spoken(self) -> str:
        """The IPA of the clip; empty where it is not known."""
        return self.ipa or self.g2p


@dataclass(frozen=True)
class Card:
    """One item of the audition: its current pronunciation, then those proposed instead."""

    item: AuditionItem
    category: str
    sentence: str
    choices: tuple[Choice, ...]
    decision: AuditionDecision | None


@dataclass(frozen=True)
class Audition:
    """What the page shows. `inventories` are the IPA symbols of each engine, where known.

    `suggested` are terms that corrections name and that terms.csv has not.
    """

    name: str
    cycle: int
    cards: tuple[Card, ...]
    decisions: tuple[AuditionDecision, ...] = ()
    inventories: Mapping[str, Iterable[str]] = field(default_factory=dict)
    command: str = ""
    suggested: tuple[Suggestion, ...] = ()


def audition_page(audition: Audition, *, served: bool) -> str:
    """Write the page: served by this machine it saves at once, from the disk by a download."""
    return TEMPLATES.get_template("audition.html.j2").render(
        audition=audition,
        served=served,
        categories=get_args(Category),
        data={
            "served": served,
            "cycle": audition.cycle,
            "inventories": {
                engine: sorted(map(normal, symbols))
                for engine, symbols in audition.inventories.items()
            },
            "decisions": [one.model_dump(mode="json") for one in audition.decisions],
            "cards": [_card_data(card) for card in audition.cards],
        },
        style=part("base.css") + part("audition.css"),
        script=part("page.js") + part("ipa.js") + part("audition.js"),
        digest=source_digest,
    )


def _card_data(card: Card) -> dict[str, object]:
    """Return what the script needs of a card."""
    return {
        "item": card.item.model_dump(mode="json"),
        "choices": [
            {"ipa": one.ipa, "source": one.source, "spoken": one.spoken} for one in card.choices
        ],
        "outcome": card.decision.decision if card.decision else "",
    }
