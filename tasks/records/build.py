"""The record that a build leaves, and what others read in it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from tasks.domain.errors import DamagedFile
from tasks.records.files import file_sha256
from tasks.records.record import Part, Record, Sha256, Timestamp, read_record


class BuiltWith(Part):
    """An engine that spoke: its name in rows, its version, its voices."""

    engine: str
    version: str
    voices: tuple[str, ...]


class RefusedRows(Part):
    """Rows that were asked for and not made, and why."""

    term: str
    rows: int = 1
    text: str = ""
    voice_id: str = ""
    reason: str
    again: bool = Field(False, description="Whether the same command may make it another time")


class BuildRecord(Record):
    """build.json: how a cycle's manifest was made; it is written just before the manifest."""

    way_out: ClassVar[str] = "remove it and the manifest beside it, and build again"
    cycle: int
    rows: int = Field(description="Rows of the manifest: carried and made")
    carried: int = Field(description="Rows of the cycle before, unchanged")
    said_again: int = Field(
        0,
        description="Rows of the cycle before whose pronunciation was changed or rejected since, "
        "made or refused once more",
    )
    asked: int = Field(description="Rows asked for beside those carried: made and refused")
    made: int
    reused: int = Field(description="Clips of the made rows that were there already")
    retried: int = Field(description="Clips that took more than one take now")
    other_voice: int = Field(
        0, description="Rows made in another voice than planned, whose audio would not be their own"
    )
    takes: int = Field(description="Takes that were synthesized now")
    refused: tuple[RefusedRows, ...]
    lacking: dict[str, int] = Field(
        description="Terms that the growth plan asks for and terms.csv has not, by category"
    )
    harder: bool = Field(description="Whether harder conditions were asked for by the gate before")
    engines: tuple[BuiltWith, ...]
    ipa_not_used: tuple[str, ...] = Field(
        (), description="IPA of people or the dictionary that was not used or not found, and why"
    )
    pronunciations: dict[str, dict[str, str]] | None = Field(
        None,
        description="IPA that terms of the rows, or some of their words, are spoken with, by engine; the "
        "others are spoken by its own g2p. None where it was not noted",
    )
    audition: str = Field(
        description="Terms that nobody had checked; empty where every term was decided"
    )
    too_small: tuple[str, ...] = Field((), description="What the gate will find too small")
    needs: str = Field("", description="What makes a further build large enough for the gate")
    empty_rows: dict[str, int] = Field(
        {}, description="Rows without a value that were passed over, by the file that has them"
    )
    sentences_not_used: dict[str, int] = Field(
        {},
        description="Lines of sentences.csv by their context, where build.contexts does not have that",
    )
    inputs: dict[str, Sha256] = Field(
        {}, description="Digests of the files that the build read, by their path in the workspace"
    )
    clips: dict[str, Sha256] = Field(
        {}, description="Digests of the clips of the manifest, by their audio_filepath"
    )
    manifest_sha256: Sha256
    replaces_sha256: Sha256 | None = Field(
        None, description="Of the manifest of an earlier build that it was written over"
    )
    seconds: float
    built_at: Timestamp

    @property
    def sentence(self) -> str:
        """Return a sentence on the rows that were built."""
        refused = self.asked - self.made
        parts = [f"{self.rows} rows", f"{self.carried} carried over" if self.carried else ""]
        parts += [f"{self.said_again} to speak again" if self.said_again else ""]
        parts += [f"{self.made} made", f"{self.reused} of them from clips that were there"]
        parts += [f"{refused} refused" if refused else ""]
        parts += [
            f"{count} empty row{'s' if count > 1 else ''} of {name} passed over"
            for name, count in self.empty_rows.items()
        ]
        if unused := self.sentences_not_used:
            count, contexts = sum(unused.values()), ", ".join(unused)
            parts += [f"{count} of your sentences not used: build.contexts lacks {contexts}"]
        return f"{', '.join(filter(None, parts))}, in {self.seconds:.0f} s"


def is_as_built(folder: Path) -> bool:
    """Whether the manifest of a cycle is just what a build left, or was about to write over."""
    record = read_record(folder / "build.json", BuildRecord)
    if record is None:
        return False
    return file_sha256(folder / "manifest.jsonl") in (
        record.manifest_sha256,
        record.replaces_sha256,
    )


def engines_of(folder: Path) -> tuple[str, ...]:
    """Name the engines that a cycle's rows were built by; none where its record is gone or damaged."""
    with suppress(DamagedFile):
        record = read_record(folder / "build.json", BuildRecord)
        return tuple(one.engine for one in record.engines) if record else ()
    return ()


def pronunciations_of(folder: Path) -> Mapping[str, Mapping[str, str]] | None:
    """Return the IPA that terms of a cycle's rows were spoken with, by engine and term; None if unknown."""
    record = read_record(folder / "build.json", BuildRecord)
    return record.pronunciations if record else None


def built_clips(folder: Path) -> Mapping[str, str]:
    """Return the digest of each clip that a build left in a cycle; none where its manifest is not its own."""
    record = read_record(folder / "build.json", BuildRecord)
    own = record is not None and file_sha256(folder / "manifest.jsonl") == record.manifest_sha256
    return record.clips if record and own else {}
