"""The files of recordings: the speakers and what they agreed to, the clips, the rows of acceptance.jsonl."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
from pydantic import Base64Bytes, ValidationError

from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.manifest import ClinicalRow, GeneralRow
from tasks.domain.wav import wav_parts
from tasks.domain.words import Remark, Words
from tasks.recordings.record import FAULTS, AgeBand, Pseudonym, Script, take_fault
from tasks.records.files import first_reason, json_lines, write_atomic, write_record
from tasks.records.reading import LINES_BYTES, read_regular
from tasks.records.record import Part, Record, Timestamp, read_record
from tasks.workspace.audio import BadAudio, wav_facts
from tasks.workspace.ledger import read_champion
from tasks.workspace.lineage import sentence_ids, splits_of
from tasks.workspace.locks import locked
from tasks.workspace.manifests import ACCEPTANCE, REPLAY, read_manifest
from tasks.workspace.splits import read_split

FOLDER = "recordings"
LOCK = "acceptance"
RECORDING = "the recording"


class Agreement(Part):
    """A text that a speaker agreed to, and when."""

    text: Words
    at: Timestamp


class Speaker(Part):
    """A person who records, by a pseudonym; accent and age band are theirs to leave empty."""

    name: Pseudonym
    accent: Remark = ""
    age_band: AgeBand = ""
    agreements: tuple[Agreement, ...]

    def agreed(self, text: str) -> bool:
        """Whether the speaker agreed to this text."""
        return any(one.text == text for one in self.agreements)


class SpeakersRecord(Record):
    """recordings/speakers.json: who recorded, and what they agreed to."""

    way_out: ClassVar[str] = "put back a copy of it, or remove it and let each speaker agree again"
    speakers: tuple[Speaker, ...] = ()

    def find(self, name: str) -> Speaker | None:
        """Find a speaker; raise InvalidInput for a pseudonym that differs by capitals alone."""
        known = {one.name.casefold(): one for one in self.speakers}.get(name.casefold())
        if known and known.name != name:
            raise InvalidInput([Fault("expected another pseudonym; it is taken in other capitals")])
        return known


class SpeakerPosted(Part):
    """A speaker as the page posts one."""

    name: Pseudonym
    accent: Remark = ""
    age_band: AgeBand = ""
    agreed: bool = False


class TakePosted(Part):
    """A take as the page posts it: a WAV in base64."""

    speaker: Pseudonym
    term: Words
    text: Words
    wav: Base64Bytes


Posted = TypeVar("Posted", SpeakerPosted, TakePosted)


def read_posted(kind: type[Posted], body: Any) -> Posted:
    """Read what a page posted; raise InvalidInput, which repeats nothing of it."""
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        raise _refused(first_reason(error).replace("Value error, ", "")) from None


def speakers_path(root: Path) -> Path:
    return root / FOLDER / "speakers.json"


def read_speakers(root: Path) -> SpeakersRecord:
    """Read who recorded so far; raise DamagedFile."""
    return read_record(speakers_path(root), SpeakersRecord) or SpeakersRecord()


def add_agreement(root: Path, speaker: Speaker) -> Speaker:
    """Write what a speaker agrees to, unless it is there; return the speaker as recorded.

    Accent and age band stay as they were given first.
    """
    with locked(root, LOCK):
        record = read_speakers(root)
        known = record.find(speaker.name)
        new = [one for one in speaker.agreements if not (known and known.agreed(one.text))]
        if known and not new:
            return known
        agreed = (*(known.agreements if known else ()), *new)
        whole = (known or speaker).model_copy(update={"agreements": agreed})
        others = [one for one in record.speakers if one.name != speaker.name]
        write_record(speakers_path(root), SpeakersRecord(speakers=(*others, whole)))
        return whole


def accepted_rows(root: Path) -> tuple[ClinicalRow, ...]:
    """Read the rows of acceptance.jsonl, none without the file; raise InvalidInput."""
    path = root / ACCEPTANCE
    return read_manifest(path, ClinicalRow, audio=False).rows if path.exists() else ()


def known_sentences(root: Path, base: Path | None) -> frozenset[str]:
    """Return the ids of each sentence that a benchmark has, that is replayed, or that trained a model.

    Models are those of the workspace, and `base` with what it was trained from.
    """
    texts = [
        row.text
        for path in sorted(root.glob("cycle*/manifest.jsonl"))
        for row in read_manifest(path, ClinicalRow, audio=False).rows
    ]
    if (root / REPLAY).exists():
        texts += [row.text for row in read_manifest(root / REPLAY, GeneralRow, audio=False).rows]
    champion = read_champion(root)
    models = [base, Path(champion.path) if champion and champion.path else None]
    splits = [split for model in models for split in splits_of(model)]
    splits += filter(None, map(read_split, sorted(root.glob("cycle*/models/**/split.json"))))
    trained = (one for split in splits for one in split.trained_sentences)
    return frozenset(one for text in texts for one in sentence_ids(text)).union(trained)


def keep_take(root: Path, script: Script, speaker: str, wav: bytes, at: Timestamp) -> None:
    """Check a take, write its clip, then its row behind those that acceptance.jsonl has.

    The same take again changes nothing. Raises InvalidInput, before anything is written, for a recording
    that is not fit, and for a sentence or a clip that has its row.
    """
    _check(wav, script.words)
    sha256 = hashlib.sha256(wav).hexdigest()
    row = _row(script, speaker, wav, sha256)
    with locked(root, LOCK):
        for other in accepted_rows(root):
            same = (other.speaker, other.text) == (speaker, script.text)
            if same and other.audio_sha256 == sha256:
                return
            if same:
                raise _refused(
                    "expected another sentence; this one is recorded: load the page again"
                )
            if other.audio_sha256 == sha256:
                raise _refused("expected a recording of its own; it is that of another sentence")
        path = root / ACCEPTANCE
        before = read_regular(path, LINES_BYTES) if path.exists() else b""
        ending = b"" if before.endswith(b"\n") or not before else b"\n"
        line = row.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        write_atomic(root / row.audio_filepath, wav)
        write_atomic(path, before + ending + json_lines([line | {"recorded_at": at}]).encode())


def _row(script: Script, speaker: str, wav: bytes, sha256: str) -> ClinicalRow:
    """Return the row of a take; a person speaks the term, so its pronunciation is not from g2p."""
    return ClinicalRow(
        audio_filepath=f"{FOLDER}/{speaker}/{sha256[:16]}.wav",
        duration=round(wav_facts(wav, RECORDING).seconds, 4),
        text=script.text,
        term=script.term,
        entity_category=script.entity_category,
        ipa_source="override",
        voice_id=speaker,
        noise_level="clean",
        context_type=script.context_type,
        accepted=script.accepted,
        speaker=speaker,
        source="recorded",
        audio_sha256=sha256,
    )


def _check(wav: bytes, words: int) -> None:
    """Raise InvalidInput unless it is a WAV as a benchmark needs it, with a fit take of so many words."""
    try:
        wav_facts(wav, RECORDING)
    except BadAudio as error:
        raise _refused(str(error)) from None
    fault = take_fault(np.frombuffer(wav_parts(wav)[0].samples, dtype="<i2"), words)
    if fault:
        raise _refused(FAULTS[fault])


def _refused(sentence: str) -> InvalidInput:
    return InvalidInput([Fault(sentence)])
