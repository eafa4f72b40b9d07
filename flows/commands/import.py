"""The command `flywheel import`: its flags, and what it does."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, PositiveInt

from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags


class ImportFlags(Flags):
    """Add rows and clips of recordings to a workspace, from a NeMo manifest, a CSV or TSV, a Kaldi or
    LibriSpeech folder, STM, CTM, TRN, TextGrid, SRT or WebVTT."""

    positional: ClassVar[tuple[str, ...]] = ("workspace", "files")

    workspace: Path = Field(description="Folder of the flywheel")
    files: tuple[Path, ...] = Field(description="Transcripts, recordings, and folders of them")
    kind: Literal["benchmark", "acceptance", "general", "replay"] = Field(
        alias="as", description="The rows that they become"
    )
    cycle: PositiveInt | None = Field(
        None, description="Cycle of a benchmark; default: the next without rows of its own"
    )
    column: tuple[str, ...] = Field(
        (), description="FIELD=COLUMN of a table or manifest, as text=Transcript; else guessed"
    )
    tier: str | None = Field(None, description="Tier of a TextGrid; default: those of utterances")
    channel: PositiveInt | None = Field(None, description="Channel to take; default: all, mixed")
    speaker: str | None = Field(
        None, description="Pseudonym of the speaker, where no column has it"
    )
    noise_level: str = Field("clean", description="clean or snr_<number>db, where no column has it")
    context_type: str = Field("imported", description="Kind of sentence, where no column has it")
    ipa_source: str | None = Field(
        None, description="Default: override for recorded speech, unknown_g2p for synthetic"
    )
    source: Literal["recorded", "synthetic"] = Field(
        "recorded", description="Whether people or machines speak"
    )
    skip_broken: bool = Field(
        False, description="Refuse single utterances that are faulty, and use the others"
    )
    dry_run: bool = Field(False, description="Show counts and first rows; write nothing")


def run(flags: ImportFlags) -> CommandResult:
    """Import without a Prefect server, and return what became of every utterance."""
    from tasks.importing import ImportRequest, import_recordings
    from tasks.orchestration.bars import bars
    from tasks.recordings.columns import given_columns
    from tasks.recordings.inputs import Choices
    from tasks.recordings.rows import RowDefaults
    from tasks.workspace.commands import cycle_command

    defaults = RowDefaults(
        flags.source, flags.speaker, flags.noise_level, flags.context_type, flags.ipa_source
    )
    choices = Choices(
        columns=given_columns(flags.column),
        tier=flags.tier,
        channel=flags.channel,
        cycle=flags.cycle,
        skip_broken=flags.skip_broken,
    )
    request = ImportRequest(
        flags.workspace, flags.files, flags.kind, defaults, choices, flags.dry_run
    )
    with bars():
        imported = import_recordings(request)
    text = imported.text
    if imported.number and imported.record.rows_added and not flags.dry_run:
        text = f"{text}\n\n{cycle_command(flags.workspace.resolve(), imported.number)}"
    return CommandResult(text, imported.fields)
