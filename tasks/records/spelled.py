"""Rows as a base is trained on them: their text in its alphabet, those that it cannot write left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import Field

from tasks.domain.alphabet.alphabet import Alphabet, UnknownAlphabet
from tasks.domain.alphabet.respell import Kind
from tasks.domain.alphabet.spelling import (
    SpelledTexts,
    in_order,
    rewritten_sentence,
    spell_texts,
)
from tasks.domain.jobs import AudioRow
from tasks.records.files import json_lines
from tasks.records.record import Part


class RefusedRow(Part):
    """A row that is not trained on, and why."""

    audio_filepath: str = Field(description="As NeMo would have read it")
    reason: str


class SetSpelling(Part):
    """The rows that a fine-tune would be given as one set, and what the base's alphabet makes of them."""

    rows: int = Field(0, description="Given: those used and those refused")
    rewritten: int = Field(0, description="Used, with text in the alphabet of the base")
    by_kind: dict[Kind, int] = Field(
        default_factory=dict, description="Rewritten rows by what differs; a row may count twice"
    )
    refused: tuple[RefusedRow, ...] = Field((), description="The base cannot write them")


class SplitSpelling(Part):
    """The spelling of a fine-tune's text."""

    alphabet: str = Field("", description="Characters of the base's tokenizer, or why unknown")
    train: SetSpelling = SetSpelling()
    replay: SetSpelling = SetSpelling()
    validation: SetSpelling = Field(SetSpelling(), description="Of the rows that NeMo validates on")

    @property
    def sets(self) -> tuple[SetSpelling, ...]:
        return self.train, self.replay, self.validation


@dataclass(frozen=True)
class SpelledRows:
    """The rows of one manifest that NeMo reads; `rows` are those that are left of `given`."""

    given: tuple[AudioRow, ...]
    texts: SpelledTexts

    @property
    def rows(self) -> list[AudioRow]:
        written = zip(self.given, self.texts.texts, strict=True)
        return [replace(row, text=text) for row, text in written if text is not None]

    @property
    def manifest(self) -> bytes:
        return json_lines(row.manifest_line() for row in self.rows).encode()

    @property
    def record(self) -> SetSpelling:
        return SetSpelling(
            rows=len(self.given),
            rewritten=self.texts.rewritten,
            by_kind=dict(in_order(self.texts.by_kind)),
            refused=tuple(
                RefusedRow(audio_filepath=self.given[position].audio_filepath, reason=reason)
                for position, reason in sorted(self.texts.reasons.items())
            ),
        )


def spell_rows(rows: Sequence[AudioRow], alphabet: Alphabet | UnknownAlphabet) -> SpelledRows:
    """Write the text of rows in an alphabet; as it is where the alphabet is not known."""
    return SpelledRows(tuple(rows), spell_texts([row.text for row in rows], alphabet))


def spellable(
    positions: Sequence[int], rows: Sequence[AudioRow], alphabet: Alphabet | UnknownAlphabet
) -> tuple[int, ...]:
    """Return the positions of the rows that an alphabet can write."""
    reasons = spell_rows([rows[position] for position in positions], alphabet).texts.reasons
    return tuple(one for place, one in enumerate(positions) if place not in reasons)


def spelling_record(
    alphabet: str, trained: SpelledRows, replayed: SpelledRows, validated: SpelledRows
) -> SplitSpelling:
    """Return the record of how all rows of a fine-tune are written."""
    return SplitSpelling(
        alphabet=alphabet,
        train=trained.record,
        replay=replayed.record,
        validation=validated.record,
    )


def spelling_sentences(spelling: SplitSpelling) -> dict[str, str]:
    """Return, for each set of rows what was written in another way; only of those where something was.

    No transcript is in it, for it goes into the log.
    """
    sets = {
        "training": spelling.train, "replay": spelling.replay, "validation": spelling.validation,
    }  # fmt: skip
    sentences = {
        name: rewritten_sentence(one.rows, one.rewritten, one.by_kind, len(one.refused))
        for name, one in sets.items()
    }
    return {name: sentence for name, sentence in sentences.items() if sentence}
