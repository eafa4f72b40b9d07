"""Stage general: speak the guard and replay sets of a workspace that has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.domain.build.general import (
    PlannedClip,
    fit_sentences,
    plan_sets,
    sentences_in,
    voices_apart,
)
from tasks.domain.build.plan import in_turn
from tasks.domain.build.spoken import spoken_form
from tasks.domain.errors import Fault, InvalidInput, ServiceFailed
from tasks.domain.manifest import GeneralRow
from tasks.domain.policy import BuildPolicy
from tasks.domain.progress import Progress
from tasks.domain.sound.conditions import Condition
from tasks.logs import at_stage, log, report
from tasks.speech.clip import ClipOrder, make_clip
from tasks.speech.engine import NotSpoken, SpeechEngine
from tasks.speech.engines import open_engine
from tasks.speech.espeak import all_voices
from tasks.workspace.audio import read_wav
from tasks.workspace.audition import TERMS_FILE, read_terms_file
from tasks.workspace.clips import ClipStore, clip_store
from tasks.workspace.files import write_jsonl
from tasks.workspace.inputs import POLICY_FILE, read_policy
from tasks.workspace.locks import locked
from tasks.workspace.manifests import read_manifest
from tasks.workspace.reading import LINES_BYTES, read_regular

GUARD, REPLAY = "general.jsonl", "replay.jsonl"
OWN_TEXT = Path(__file__).parent / "workspace" / "general_english.txt"


@dataclass(frozen=True)
class GeneralSets:
    """What came of it: clips of each set that was written, sets that stood, clips refused by reason."""

    made: Mapping[str, int]
    stood: tuple[str, ...]
    refused: Mapping[str, int]

    @property
    def text(self) -> str:
        """Say it a line a set."""
        lines = [f"{name}: {count} clips" for name, count in self.made.items()]
        lines += [f"{name} is there already and was left as it is" for name in self.stood]
        lines += [f"refused, {count} times: {reason}" for reason, count in self.refused.items()]
        return "\n".join(lines)


def make_general(root: Path, texts: Sequence[Path], guard: int, replay: int) -> GeneralSets:
    """Write general.jsonl and replay.jsonl, each unless it is there; raise InvalidInput."""
    if not root.is_dir():
        raise InvalidInput([Fault(f"expected a folder; {root} does not exist", "--workspace")])
    root = root.resolve()
    policy = read_policy(root / POLICY_FILE).build
    stood = tuple(name for name in (GUARD, REPLAY) if (root / name).exists())
    sizes = {
        name: size
        for name, size in ((GUARD, guard), (REPLAY, replay))
        if size and name not in stood
    }
    if not sizes:
        return GeneralSets({}, stood, {})
    taken = [row.text for name in stood for row in read_manifest(root / name, GeneralRow).rows]
    terms = [one.term for one in read_terms_file(root)] if (root / TERMS_FILE).exists() else []
    sentences = fit_sentences(_sentences(texts), terms, taken)
    engines = {config.label: open_engine(config) for config in policy.engines}
    voices = in_turn(
        {one.label: one.voices or _voices(engines[one.label]) for one in policy.engines}
    )
    try:
        planned = plan_sets(sentences, voices_apart(voices, (GUARD, REPLAY)), sizes, policy.seed)
    except ValueError as error:
        raise InvalidInput([Fault(str(error), "--text")]) from None
    with at_stage("general"), locked(root, "general", wait=False):
        return _spoken_sets(root, planned, engines, policy, stood)


def _sentences(texts: Sequence[Path]) -> list[str]:
    """Read the sentences of a person's files, else of the project's own."""
    content, faults = [], []
    for path in texts or [OWN_TEXT]:
        try:
            content.append(read_regular(path, LINES_BYTES).decode())
        except (OSError, ValueError) as error:
            faults.append(Fault(f"expected a text file; {path}: {error}", "--text"))
    if faults:
        raise InvalidInput(faults)
    return sentences_in("\n\n".join(content))


def _voices(engine: SpeechEngine) -> tuple[str, ...]:
    try:
        return all_voices(engine)
    except NotSpoken as error:
        raise ServiceFailed(str(error)) from None


def _spoken_sets(
    root: Path,
    planned: Mapping[str, Sequence[PlannedClip]],
    engines: Mapping[str, SpeechEngine],
    policy: BuildPolicy,
    stood: tuple[str, ...],
) -> GeneralSets:
    """Speak every clip that is not there, and write each set when it is whole."""
    store, refused, made = clip_store(root), Counter[str](), {}
    total, done = sum(map(len, planned.values())), 0
    for name, clips in planned.items():
        rows = []
        for clip in clips:
            row = _row(root, clip, engines[clip.voice.engine], policy, store)
            refused.update([row] if isinstance(row, str) else [])
            rows += [row] if isinstance(row, dict) else []
            done += 1
            report(Progress(done=done, total=total, unit="clips"))
        write_jsonl(root / name, rows)
        made[name] = len(rows)
        log().info("%s: %d clips, %d refused", name, len(rows), len(clips) - len(rows))
    return GeneralSets(made, stood, refused)


def _row(
    root: Path, clip: PlannedClip, engine: SpeechEngine, policy: BuildPolicy, store: ClipStore
) -> dict[str, Any] | str:
    """Make a clip and give its row, or why there is none; raise ServiceFailed where it may pass."""
    order = ClipOrder(
        clip.voice.engine,
        engine.version,
        spoken_form(clip.text),
        (),
        clip.voice.name,
        Condition(),
        policy.seed,
        policy.attempts,
    )
    result = make_clip(order, engine, store)
    if result.transient:
        raise ServiceFailed(f"{'; '.join(result.faults)}: run it again, what was made is kept")
    if result.sha256 is None:
        return "; ".join(result.faults)
    path = store.clip(result.sha256)
    return {
        "audio_filepath": str(path.relative_to(root)),
        "duration": round(read_wav(path).seconds, 3),
        "text": clip.text,
        "voice_id": clip.voice.voice_id,
    }
