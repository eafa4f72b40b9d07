"""Stage acceptance: speak acceptance.jsonl for a workspace that has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tasks.benchmark.audition_file import (
    Auditioned,
    current_overrides,
    read_audition,
    read_terms_file,
)
from tasks.benchmark.auditioning import take_in_audition, terms_as_spoken
from tasks.benchmark.build_rows import latest_cycle, read_before
from tasks.benchmark.clip import Voicing
from tasks.benchmark.conditions import Condition
from tasks.benchmark.engines.espeak import all_voices
from tasks.benchmark.harden import more_voices
from tasks.benchmark.plan import Sources, Voice, in_turn, plan_acceptance, voices_of_nobody
from tasks.benchmark.pronunciation import GivenIpa
from tasks.benchmark.rows import make_rows, row_fields
from tasks.benchmark.terms import named_terms
from tasks.benchmark.voicing import voicing_of_cycle
from tasks.domain.errors import Fault, InvalidInput, ServiceFailed
from tasks.domain.manifest import ClinicalRow, GeneralRow
from tasks.domain.policy import BuildPolicy
from tasks.logs import at_stage, log
from tasks.records.files import write_jsonl
from tasks.workspace.audio import clip_store, read_wav
from tasks.workspace.locks import disk_named, locked, remove_leftovers
from tasks.workspace.manifests import ACCEPTANCE, REPLAY, Manifest, read_if_there, read_manifest
from tasks.workspace.open import POLICY_FILE, TERMS_FILE, read_policy


@dataclass(frozen=True)
class AcceptanceSet:
    """The result: rows made, None where the set exists already, and refused ones by reason."""

    rows: int | None
    apart: bool = True
    refused: Mapping[str, int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Return a line for each fact."""
        if self.rows is None:
            return f"{ACCEPTANCE} is there already and was left as it is"
        lines = [f"{ACCEPTANCE}: {self.rows} clips"]
        if not self.apart:
            lines.append("its voices are those of the benchmark: the engines have no others")
        lines += [f"refused, {count} times: {reason}" for reason, count in self.refused.items()]
        return "\n".join(lines)


def make_acceptance(root: Path, rows_per_term: int) -> AcceptanceSet:
    """Write acceptance.jsonl, so many rows of each term, unless it is there; raise InvalidInput.

    Raises DiskFull or DiskFailed where the disk takes no more.
    """
    with disk_named("acceptance", root):
        return _make_acceptance(root, rows_per_term)


def _make_acceptance(root: Path, rows_per_term: int) -> AcceptanceSet:
    if not root.is_dir():
        raise InvalidInput([Fault(f"expected a folder; {root} does not exist", "--workspace")])
    root = root.resolve()
    if (root / ACCEPTANCE).exists():
        return AcceptanceSet(None)
    policy, terms = read_policy(root / POLICY_FILE).build, read_terms_file(root)
    take_in_audition(root, latest_cycle(root))
    given = GivenIpa(TERMS_FILE, terms, current_overrides(root))
    benchmark = [
        read_manifest(path, ClinicalRow) for path in sorted(root.glob("cycle*/manifest.jsonl"))
    ]
    of_benchmark, auditioned = _as_auditioned(root, policy, given)
    voices, trained = _voices(root, of_benchmark, benchmark)
    voicing = _speaking(of_benchmark, voices)

    sources = Sources(
        contexts=policy.contexts,
        voices=voicing.voices,
        conditions=[Condition.of(level) for level in policy.noise_levels],
        sentences=(),
        names=named_terms(terms),
        seed=policy.seed,
    )
    known = [row.text for manifest in benchmark for row in manifest.rows]
    planned = plan_acceptance(terms, sources, rows_per_term, known)

    store = clip_store(root)
    with at_stage("acceptance"), locked(root, "general", wait=False):
        remove_leftovers(root, store.folder)
        audio = [facts.sha256 for manifest in benchmark for facts in manifest.audio]
        made = make_rows(planned, voicing, policy, store, (), audio, auditioned.rejected)
        passing = next((one for one in made if one.result.transient), None)
        if passing:
            raise ServiceFailed(f"{passing.refused}: run it again, what was made is kept")
        rows = []
        for one in made:
            if not one.refused:
                clip = store.clip(str(one.result.sha256))
                place = {
                    "audio_filepath": str(clip.relative_to(root)),
                    "duration": round(read_wav(clip).seconds, 4),
                }
                spoken = row_fields(one.row, voicing) | auditioned.stamp(one.row)
                rows.append(place | spoken | one.row.condition.fields)
        if not rows:
            raise ServiceFailed(f"no row of {ACCEPTANCE} could be made")
        write_jsonl(root / ACCEPTANCE, rows)
    refused = Counter(one.refused for one in made if one.refused)
    found = AcceptanceSet(len(rows), not {one.voice_id for one in voices} & trained, refused)
    log().info("%s: %d clips, %d refused", ACCEPTANCE, len(rows), refused.total())
    return found


def _as_auditioned(root: Path, policy: BuildPolicy, given: GivenIpa) -> tuple[Voicing, Auditioned]:
    """Return the voicing of the latest benchmark, the voices of its audition, and the decisions.

    Raises InvalidInput where more terms have to be checked first.
    """
    number = latest_cycle(root)
    before = read_before(root, number)
    rows = before.rows if before else ()
    voicing = voicing_of_cycle(root, number, policy, given, given.terms, rows)
    auditioned = read_audition(root, number, terms_as_spoken(voicing, given.terms), policy.audition)
    if auditioned.advice:
        log().warning("acceptance: %s", auditioned.advice)
    return voicing, auditioned


def _voices(
    root: Path, of_benchmark: Voicing, benchmark: Sequence[Manifest[ClinicalRow]]
) -> tuple[list[Voice], set[str]]:
    """Return the voices that speak, and the voices that rows which train have or may get."""
    there = {name: all_voices(one.engine) for name, one in of_benchmark.engines.items()}
    later = {name: more_voices(of_benchmark.engines[name].voices, there[name]) for name in there}
    trained = {one.voice_id for one in in_turn(later)}
    trained |= {row.voice_id for manifest in benchmark for row in manifest.rows}
    replayed = read_if_there(root / REPLAY, GeneralRow)
    trained |= {row.voice_id for row in replayed.rows if row.voice_id} if replayed else set()
    return voices_of_nobody(in_turn(there), trained), trained


def _speaking(voicing: Voicing, voices: Sequence[Voice]) -> Voicing:
    """Let the engines speak in these voices alone."""
    own = {
        name: replace(one, voices=tuple(voice.name for voice in voices if voice.engine == name))
        for name, one in voicing.engines.items()
    }
    return replace(voicing, engines=own)
