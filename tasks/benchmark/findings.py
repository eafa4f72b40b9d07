"""What a dictionary says of words, and what of it cannot be used."""

from __future__ import annotations

from dataclasses import dataclass, field

from tasks.benchmark.ipa import CANNOT_SAY, Inventories, cannot_say
from tasks.domain.errors import Fault


@dataclass(frozen=True)
class Findings:
    """What a dictionary says of some words."""

    ipa: dict[str, str] = field(default_factory=dict)  # by the word in lower case
    unreadable: dict[str, str] = field(default_factory=dict)  # a respelling, and why not
    not_answered: dict[str, str] = field(default_factory=dict)  # to be asked another time, and why

    def faults(self, file: str, engines: Inventories) -> list[Fault]:
        """Name what an engine cannot say, what cannot be read and what was not answered."""
        unsayable = [
            Fault(f"{', '.join(cannot)} of {ipa!r}, {word}", file, field="ipa", kind=CANNOT_SAY)
            for word, ipa in self.ipa.items()
            if (cannot := cannot_say(ipa, engines))
        ]
        unreadable = [
            Fault(f"{word}: {reason}", file, field="respellings", kind="a respelling")
            for word, reason in self.unreadable.items()
        ]
        open_ = [
            Fault(f"{word} was not looked up: {reason}", file, kind="not looked up")
            for word, reason in self.not_answered.items()
        ]
        return unsayable + unreadable + open_
