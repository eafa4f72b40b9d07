"""The record that imports leave: what was read, which rows came of it, and what was refused and why."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from tasks.records.record import Part, Record, Sha256

Target = Literal["benchmark", "acceptance", "general", "replay"]


class ImportedInput(Part):
    """A file or folder with words that was read."""

    path: str = Field(description="As it was named")
    format: str
    sha256: Sha256 = Field(description="Of its content; of a folder, over its files with words")
    rows: int = Field(description="Utterances in it, used or refused")
    columns: dict[str, str] = Field({}, description="The column of each field, guessed or named")
    chosen: str = Field("", description="What was chosen in reading it, in words")


class RefusedUtterances(Part):
    """Utterances that became no row, and why."""

    reason: str
    rows: int
    where: tuple[str, ...] = Field(
        description="File and line of each; a file without lines by name"
    )


class ImportedRows(Part):
    """One import: rows_in = rows_used + rows_refused."""

    target: str = Field(description="The file of rows, relative to the workspace")
    kind: Target
    inputs: tuple[ImportedInput, ...]
    recordings: dict[str, Sha256] = Field(description="Digests of the recordings that rows are of")
    audio: dict[str, int] = Field(description="Recordings by rate, channels and encoding")
    rows_in: int = Field(description="Utterances of the inputs")
    rows_used: int = Field(description="Utterances that became rows, one or several")
    rows_refused: int
    refused: tuple[RefusedUtterances, ...]
    rows_before: int = Field(description="Rows that the target had, or was begun with")
    rows_added: int = Field(description="Rows that were added: one a term of an utterance")
    clips: int = Field(description="Clips that the added rows are of")
    terms: dict[str, int] = Field(description="Added rows by term; empty for general speech")
    replaces_sha256: Sha256 | None = Field(description="Of the target before; null without one")
    manifest_sha256: Sha256 = Field(description="Of the target with the added rows")


class ImportRecord(Record):
    """import.json: every import into a workspace; written just before the rows themselves."""

    way_out: ClassVar[str] = (
        "remove it: imported rows stay, but where they came from is no longer known"
    )
    imports: tuple[ImportedRows, ...] = ()
