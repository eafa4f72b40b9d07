"""Check and digest everything a human gave, before anything is written or loaded."""

from __future__ import annotations

import hashlib
import io
import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic

import yaml
from pydantic import ValidationError

from tasks.domain.manifest import (
    RATE_HZ,
    AudioFacts,
    ClinicalRow,
    GeneralRow,
    InvalidInput,
    Row,
    clinical_faults,
    duplicate_faults,
    duration_fault,
    parse_rows,
)
from tasks.domain.policy import Policy
from tasks.domain.scoring.normalize import normalize
from tasks.domain.split import fold_faults
from tasks.workspace.ledger import champion_before
from tasks.workspace.models import champion_model, find_base
from tasks.workspace.paths import Cycle, digest


@dataclass(frozen=True)
class Checked(Generic[Row]):
    """A manifest's rows and the facts of their audio by line number, its digest, its faults."""

    rows: dict[int, Row] = field(default_factory=dict)
    audio: dict[int, AudioFacts] = field(default_factory=dict)
    sha256: str | None = None
    faults: tuple[str, ...] = ()

    @property
    def audio_sha256(self) -> str | None:
        """The digest of all audio in row order."""
        return digest(*(facts.sha256 for facts in self.audio.values())) if self.sha256 else None


def open_cycle(root: Path, number: int, policy: Policy | None = None) -> Cycle:
    """Check policy, manifests, audio and base; raise InvalidInput with every fault found.

    Writes nothing. A cycle without a manifest is not a fault: the gate routes it to the build.
    """
    if not root.is_dir():
        raise InvalidInput([f"--workspace: expected a folder; {root} does not exist"])
    root = root.resolve()
    faults: list[str] = []
    if policy is None:
        policy, faults = read_policy(root / "flywheel.yaml")
    champion = champion_model(champion_before(root, number))
    base = champion if policy.base == "champion" else None
    if base is None:
        base, base_fault = find_base(root, policy.starting_base)
        faults += base_fault
    manifest = check_if_there(root / f"cycle{number}" / "manifest.jsonl", ClinicalRow)
    general = check_if_there(root / "general.jsonl", GeneralRow)
    replay: Checked[GeneralRow] = Checked()
    if policy.replay:
        replay = check_manifest(root / policy.replay.manifest, GeneralRow)
        faults += _overlap_faults(general, replay)
    faults += [*manifest.faults, *general.faults, *replay.faults]
    faults += fold_faults(list(manifest.rows.values()), policy.split, policy.folds)
    if faults:
        raise InvalidInput(faults)
    return Cycle(
        root=root,
        number=number,
        policy=policy,
        base=base,
        comparison=champion or base,
        manifest_sha256=manifest.sha256,
        audio_sha256=manifest.audio_sha256,
        general_sha256=_with_audio(general),
        replay_sha256=_with_audio(replay),
    )


def _with_audio(checked: Checked[GeneralRow]) -> str | None:
    return digest(checked.sha256, checked.audio_sha256) if checked.sha256 else None


def read_policy(path: Path) -> tuple[Policy, list[str]]:
    """Read a YAML policy; an absent file is the default policy."""
    if not path.exists():
        return Policy(), []
    try:
        fields = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        return Policy.model_validate(fields), []
    except yaml.YAMLError as error:
        return Policy(), [f"{path.name}: expected YAML; {' '.join(str(error).split())}"]
    except ValidationError as error:
        return Policy(), [
            f"{path.name}: {'.'.join(map(str, details['loc'])) or 'policy'}: {details['msg']}; "
            f"got {details['input']!r}"
            for details in error.errors()
        ]


def check_if_there(path: Path, model: type[Row]) -> Checked[Row]:
    return check_manifest(path, model) if path.exists() else Checked()


def check_manifest(path: Path, model: type[Row], *, audio: bool = True) -> Checked[Row]:
    """Check a manifest and, unless told otherwise, every audio file it names."""
    if not path.is_file():
        return Checked(faults=(f"{path.name}: expected a manifest; {path} does not exist",))
    content = path.read_bytes()
    rows, faults = parse_rows(content, path.name, model)
    clinical = {number: row for number, row in rows.items() if isinstance(row, ClinicalRow)}
    faults += clinical_faults(clinical, path.name)
    paths = {number: audio_path(path, row) for number, row in rows.items()}
    faults += duplicate_faults({number: str(file) for number, file in paths.items()}, path.name)
    facts: dict[int, AudioFacts] = {}
    if audio:
        for number, file in paths.items():
            place = f"{path.name}:{number}"
            heard = read_wav(file)
            if isinstance(heard, str):
                faults.append(f"{place}: audio_filepath: {heard}")
                continue
            facts[number] = heard
            fault = duration_fault(place, getattr(rows[number], "duration", None), heard)
            faults += [fault] if fault else []
    faults.sort(key=_line_number)
    return Checked(rows, facts, hashlib.sha256(content).hexdigest(), tuple(faults))


def _line_number(fault: str) -> int:
    number = fault.split(":", 2)[1]
    return int(number) if number.isdigit() else 0


def audio_path(manifest: Path, row: Any) -> Path:
    """Resolve a row's audio against the manifest's folder, as NeMo does."""
    return (manifest.parent / row.audio_filepath).resolve()


def read_wav(path: Path) -> AudioFacts | str:
    """Read a 16 kHz mono PCM16 WAV whole; give its facts, or the sentence that says what is off."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return f"expected a readable file; {path}: {error.strerror}"
    if not content:
        return f"expected audio; {path} is empty"
    try:
        with wave.open(io.BytesIO(content)) as file:
            found = (file.getframerate(), file.getnchannels(), 8 * file.getsampwidth())
            frames = file.getnframes()
            held = len(file.readframes(frames)) // (file.getnchannels() * file.getsampwidth())
    except (wave.Error, EOFError) as error:
        return f"expected a WAV file; {path}: {error or 'it ends too early'}"
    if found != (RATE_HZ, 1, 16):
        return (
            f"expected 16000 Hz, 1 channel, 16 bit; {path} has "
            f"{found[0]} Hz, {found[1]} channels, {found[2]} bit"
        )
    if held == 0:
        return f"expected audio; {path} holds no samples"
    if held != frames:
        return f"expected {frames} samples, as its header says; {path} holds {held}"
    return AudioFacts(held / RATE_HZ, hashlib.sha256(content).hexdigest())


def _overlap_faults(general: Checked[GeneralRow], replay: Checked[GeneralRow]) -> list[str]:
    """Guard and replay rows that share audio or text: a guard must not be trained on."""
    guarded_audio = {facts.sha256 for facts in general.audio.values()}
    guarded_text = {normalize(row.text) for row in general.rows.values()}
    return [
        f"replay:{number}: expected a clip apart from the guard set; its "
        f"{'audio' if shared_audio else 'text'} is in general.jsonl"
        for number, row in replay.rows.items()
        if (shared_audio := number in replay.audio and replay.audio[number].sha256 in guarded_audio)
        or normalize(row.text) in guarded_text
    ]


def clinical_rows(cycle: Cycle) -> list[ClinicalRow]:
    """The rows of a checked cycle, in manifest order."""
    rows, _ = parse_rows(cycle.manifest.read_bytes(), cycle.manifest.name, ClinicalRow)
    return list(rows.values())


def general_rows(manifest: Path) -> list[GeneralRow]:
    rows, _ = parse_rows(manifest.read_bytes(), manifest.name, GeneralRow)
    return list(rows.values())


def nemo_row(manifest: Path, row: GeneralRow) -> dict[str, Any]:
    """A row as NeMo reads it: absolute path, duration filled from the file, text."""
    path = audio_path(manifest, row)
    duration = row.duration
    if duration is None:
        facts = read_wav(path)
        if isinstance(facts, str):
            raise InvalidInput([f"{manifest.name}: audio_filepath: {facts}"])
        duration = facts.seconds
    return {"audio_filepath": str(path), "duration": duration, "text": row.text}
