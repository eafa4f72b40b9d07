"""Stage general: speak the guard and replay sets of a workspace that has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.benchmark.audition_file import read_terms_file
from tasks.benchmark.build_rows import read_acceptance
from tasks.benchmark.clip import ClipOrder, make_clips, open_engines
from tasks.benchmark.conditions import Condition
from tasks.benchmark.engines.espeak import all_voices
from tasks.benchmark.general import (
    PlannedClip,
    control_faults,
    fit_sentences,
    plan_missing,
    sentences_in,
    voices_apart,
)
from tasks.benchmark.plan import in_turn
from tasks.benchmark.terms import named_terms
from tasks.domain.errors import Fault, InvalidInput, ServiceFailed
from tasks.domain.manifest import GeneralRow
from tasks.domain.policy import BuildPolicy
from tasks.domain.spoken.forms import spoken_form
from tasks.logs import at_stage, log
from tasks.records.files import write_jsonl
from tasks.records.reading import LINES_BYTES, read_regular
from tasks.workspace.audio import clip_store, read_wav
from tasks.workspace.locks import disk_named, locked, remove_leftovers
from tasks.workspace.manifests import GUARD, REPLAY, read_manifest
from tasks.workspace.open import POLICY_FILE, TERMS_FILE, read_policy

OWN_TEXT = Path(__file__).parent / "benchmark" / "general_english.txt"


@dataclass(frozen=True)
class GeneralSets:
    """Clips of each set that was written, sets that exist already, and clips refused by reason."""

    made: Mapping[str, int]
    unchanged: tuple[str, ...]
    refused: Mapping[str, int]

    @property
    def text(self) -> str:
        """Return a line for each set."""
        lines = [f"{name}: {count} clips" for name, count in self.made.items()]
        lines += [f"{name} is there already and was left as it is" for name in self.unchanged]
        lines += [f"refused, {count} times: {reason}" for reason, count in self.refused.items()]
        return "\n".join(lines)


def make_general(root: Path, texts: Sequence[Path], guard: int, replay: int) -> GeneralSets:
    """Write general.jsonl and replay.jsonl, each unless it is there; raise InvalidInput.

    After an interruption the same command goes on where it was. Raises DiskFull or DiskFailed where
    the disk takes no more.
    """
    with disk_named("general", root):
        return _make_general(root, texts, guard, replay)


def _make_general(root: Path, texts: Sequence[Path], guard: int, replay: int) -> GeneralSets:
    if not root.is_dir():
        raise InvalidInput([Fault(f"expected a folder; {root} does not exist", "--workspace")])
    root = root.resolve()
    policy = read_policy(root / POLICY_FILE).build
    there = [name for name in (GUARD, REPLAY) if (root / name).exists()]
    asked = {name: size for name, size in ((GUARD, guard), (REPLAY, replay)) if size}
    unchanged = tuple(name for name in asked if name in there)
    if len(unchanged) == len(asked):
        return GeneralSets({}, unchanged, {})
    existing = {
        name: [row.text for row in read_manifest(root / name, GeneralRow).rows] for name in there
    }
    acceptance = read_acceptance(root)
    taken = [row.text for row in acceptance.rows] if acceptance else []
    terms = read_terms_file(root) if (root / TERMS_FILE).exists() else []
    sentences = fit_sentences(_sentences(texts), named_terms(terms), taken)
    opened = open_engines(policy.engines)
    voices = in_turn(
        {
            one.engine.name: config.voices or all_voices(one.engine)
            for config, one in zip(policy.engines, opened, strict=True)
        }
    )
    conditions = [Condition.of(level) for level in policy.noise_levels]
    apart = voices_apart(voices, (GUARD, REPLAY))
    try:
        planned = plan_missing(sentences, apart, conditions, asked, policy.seed, existing)
    except ValueError as error:
        raise InvalidInput([Fault(str(error), "--text")]) from None
    versions = {one.engine.name: one.engine.version for one in opened}
    with at_stage("general"), locked(root, "general", wait=False):
        remove_leftovers(root, clip_store(root).folder)
        return _spoken_sets(root, planned, versions, policy, unchanged)


def _sentences(texts: Sequence[Path]) -> list[str]:
    """Read the sentences of a person's files, else of the project's own."""
    content, faults = [], []
    for path in texts or [OWN_TEXT]:
        try:
            text = read_regular(path, LINES_BYTES).decode("utf-8-sig")
            faults += control_faults(text, path.name)
            content.append(text)
        except (OSError, ValueError) as error:
            faults.append(Fault(f"expected a text file; {path}: {error}", "--text"))
    if faults:
        raise InvalidInput(faults)
    return sentences_in("\n\n".join(content))


def _spoken_sets(
    root: Path,
    planned: Mapping[str, Sequence[PlannedClip]],
    versions: Mapping[str, str],
    policy: BuildPolicy,
    unchanged: tuple[str, ...],
) -> GeneralSets:
    """Speak every clip that is not there, and write each set when it is whole; raise ServiceFailed."""
    store, refused, made = clip_store(root), Counter[str](), {}
    for name, clips in planned.items():
        orders = [_order(clip, versions[clip.voice.engine], policy) for clip in clips]
        results = make_clips(orders, policy.engines, store)
        passing = next((one for one in results if one.transient), None)
        if passing:
            raise ServiceFailed(f"{'; '.join(passing.faults)}: run it again, what was made is kept")
        refused.update("; ".join(one.faults) for one in results if one.sha256 is None)
        rows = [
            _row(root, clip, store.clip(one.sha256))
            for clip, one in zip(clips, results, strict=True)
            if one.sha256 is not None
        ]
        if not rows:
            raise ServiceFailed(f"no clip of {name} could be made: {next(iter(refused))}")
        write_jsonl(root / name, rows)
        made[name] = len(rows)
        log().info("%s: %d clips, %d refused", name, len(rows), len(clips) - len(rows))
    return GeneralSets(made, unchanged, refused)


def _order(clip: PlannedClip, version: str, policy: BuildPolicy) -> ClipOrder:
    """Return the order of each clip: its text, voice and acoustic condition."""
    return ClipOrder(
        engine=clip.voice.engine,
        engine_version=version,
        spoken=spoken_form(clip.text),
        pronunciations=(),
        voice=clip.voice.name,
        condition=clip.condition,
        seed=policy.seed,
        attempts=policy.attempts,
    )


def _row(root: Path, clip: PlannedClip, path: Path) -> dict[str, Any]:
    """Return the row of a clip that was made."""
    return {
        "audio_filepath": str(path.relative_to(root)),
        "duration": round(read_wav(path).seconds, 3),
        "text": clip.text,
        "voice_id": clip.voice.voice_id,
        "noise_level": clip.condition.noise_level,
        "source": "synthetic",
    }
