"""The IPA that people gave for words: in the list of terms, and over it as overrides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from tasks.domain.build.ipa import unknown_symbols
from tasks.domain.build.pronunciation import Overrides
from tasks.domain.build.terms import Term
from tasks.domain.errors import Fault


@dataclass(frozen=True)
class GivenIpa:
    """What stands in a list of terms, which is a file of this name, and in a file of overrides."""

    terms_file: str
    terms: Sequence[Term]
    overrides: Overrides

    @cached_property
    def ipa(self) -> dict[str, str]:
        """The IPA of each word, in lower case; an override counts over the list of terms."""
        listed = {one.term.lower(): one.ipa for one in self.terms if one.ipa}
        return listed | self.overrides.ipa

    def faults(self, engine: str, inventory: Iterable[str] | None) -> list[Fault]:
        """Name every IPA that counts and has a symbol which an engine cannot say.

        An engine that takes no IPA at all says every word by its own g2p, so that nothing is at fault.
        """
        known = frozenset(inventory or ())
        if not known:
            return []
        lines = {one.term.lower(): (number, one.ipa) for number, one in self.overrides.lines}
        listed = [
            Fault(f"{said} of {one.ipa!r}, {one.term}", self.terms_file, field="ipa")
            for one in self.terms
            if one.term.lower() not in lines and (said := _cannot_say(engine, one.ipa, known))
        ]
        return listed + [
            Fault(f"{said} of {ipa!r}", self.overrides.file, number, "ipa")
            for number, ipa in lines.values()
            if (said := _cannot_say(engine, ipa, known))
        ]


def _cannot_say(engine: str, ipa: str | None, known: frozenset[str]) -> str:
    unknown = unknown_symbols(ipa or "", known)
    return f"{engine} cannot say {' '.join(unknown)}" if unknown else ""
