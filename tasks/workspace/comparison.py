"""The systems of a cycle side by side: what each transcribed of the same rows, scored alike.

They are the comparison model and the candidate, the arms among which a candidate is chosen, and the
first base of the workspace, which every guard is held against in all cycles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tasks.domain.bases import architecture_from_config, architecture_from_name
from tasks.domain.decoding import GREEDY, DecodingConfig
from tasks.domain.errors import DamagedFile, Fault, InvalidInput
from tasks.domain.manifest import ClinicalRow
from tasks.domain.verdict.against import Alternative, Anchored, alpha_of_anchor
from tasks.domain.verdict.arms import ArmRows, Transcribed
from tasks.domain.verdict.comparison import (
    GuardSet,
    Pair,
    ScoredHypotheses,
    clinical_pair,
    guard_set,
    score_clinical,
    score_general,
    score_pair,
)
from tasks.records.ledger_line import DecisionLine
from tasks.records.record import ModelRecord
from tasks.workspace.archives import nemo_config
from tasks.workspace.cycle import Cycle, Model, Run, System
from tasks.workspace.decoded import SIDES, Decoding, RowSet, kept_transcripts, sides
from tasks.workspace.ledger import identity_of, read_ledger, system_id
from tasks.workspace.models import (
    arm_model,
    boosted_alternative,
    boosted_phrases,
    candidate_system,
    find_base,
    unchanged,
    write_vocabulary,
)
from tasks.workspace.splits import untrained_replay

ROWS_IN_WORDS: dict[RowSet, str] = {
    "boost": "train and validation rows",
    "arms": "validation rows",
    "test": "test rows",
}
Named = tuple[str, float | None, System]  # name, share of the base in a fine-tune, system
NOT_DECODED = "run the cycle again, and it is decoded"


@dataclass(frozen=True)
class ComparedRows:
    """Benchmark rows with both models' hypotheses and scores, in manifest order."""

    rows: Sequence[ClinicalRow]
    pair: Pair


def compare_models(cycle: Cycle, candidate: System) -> ComparedRows:
    """Score comparison model and candidate on the benchmark."""
    comparison, after = (
        Decoding(Run(cycle), model).read() for model in (cycle.comparison, candidate)
    )
    return ComparedRows(cycle.rows, clinical_pair(cycle.rows, comparison, after, cycle.policy.view))


def general_speech(cycle: Cycle, candidate: System) -> GuardSet | None:
    """Score both models on the guard set; None without such a set."""
    if cycle.general is None:
        return None
    texts = [row.text for row in cycle.general.rows]
    before, after = (
        Decoding(Run(cycle), model).read("general") for model in (cycle.comparison, candidate)
    )
    voices = [row.speaker or row.voice_id for row in cycle.general.rows]
    nothing = [None] * len(texts)
    return guard_set(score_pair(texts, nothing, before, after, cycle.policy.view), voices)


def acceptance_rows(cycle: Cycle, candidate: System) -> ComparedRows | None:
    """Score both models on acceptance.jsonl; None without it, or where it was not decoded."""
    if cycle.acceptance is None:
        return None
    decodings = [
        Decoding(Run(cycle), model, "acceptance") for model in (cycle.comparison, candidate)
    ]
    if not all(decoding.output.is_file() for decoding in decodings):
        return None
    rows = cycle.acceptance.rows
    before, after = (decoding.read("acceptance") for decoding in decodings)
    return ComparedRows(rows, clinical_pair(rows, before, after, cycle.policy.view))


def read_fold_hypotheses(cycle: Cycle) -> ScoredHypotheses | None:
    """Score what the fold models transcribed, each of the rows it did not train on.

    None without folds; else a hypothesis for every row, in manifest order.
    """
    if cycle.policy.folds is None:
        return None
    found: dict[str, str] = {}
    for fold in cycle.folds:
        side = sides(fold)
        held_out = [row.audio_filepath for row in cycle.rows if side[row.audio_filepath] == "test"]
        found |= zip(held_out, Decoding(fold, candidate_system(fold)).read(), strict=True)
    rows = cycle.rows
    texts = [found[row.audio_filepath] for row in rows]
    return score_clinical(rows, texts, cycle.policy.view)


def arm_rows(cycle: Cycle, rows: RowSet, compared: Sequence[Named] = ()) -> ArmRows:
    """Return the rows of a set, with the general clips that no fine-tune and no guard has, and with the
    phrases that one of the `compared` systems boosts."""
    side, wanted = sides(Run(cycle)), SIDES[rows]
    clinical = [row for row in cycle.rows if side[row.audio_filepath] in wanted]
    general = (
        [cycle.replay.rows[position] for position in untrained_replay(Run(cycle))]
        if cycle.replay
        else []
    )
    voices = [row.speaker or row.voice_id for row in general]
    texts = [row.text for row in general]
    boosted = _boosted(cycle, [system.decoding for _, _, system in compared])
    return ArmRows(clinical, texts, voices, ROWS_IN_WORDS[rows], cycle.policy.view, boosted)


def _boosted(cycle: Cycle, ways: Sequence[DecodingConfig]) -> tuple[str, ...]:
    """Return the phrases of these decodings, each list once."""
    lists = {way.vocabulary_sha256: way for way in ways if way.boost_alpha is not None}
    for way in lists.values():
        write_vocabulary(cycle, way)
    return boosted_phrases(*(System(cycle.comparison.model, way) for way in lists.values()))


def boost_systems(cycle: Cycle) -> list[Named]:
    """The comparison model as it is, with a beam alone, and boosted at each weight of the policy."""
    comparison, policy = cycle.comparison, cycle.policy.decoding
    beam = DecodingConfig(strategy="beam", beam_size=policy.beam_size)
    others = [beam]
    for alpha in policy.tried_alphas:
        changes = {"boost_alpha": alpha, "depth_scaling": policy.depth_scaling}
        others.append(cycle.boosted(beam.model_copy(update=changes)))
    ways = [comparison.decoding, *(way for way in others if way != comparison.decoding)]
    name = "base" if comparison.model == cycle.base else "champion"
    return [(f"{name}, {way.name}", None, System(comparison.model, way)) for way in ways]


def tuned_ways(cycle: Cycle, boosting: DecodingConfig | None) -> list[tuple[float, DecodingConfig]]:
    """Return the shares of the base that a fine-tune is averaged with, each with its decodings: that of
    the comparison model and the boosting that was chosen; the expected winner comes first."""
    plain = cycle.comparison.decoding
    if plain.boost_alpha is not None:
        plain = GREEDY
    ways = [plain, *([boosting] if boosting else [])]
    if cycle.policy.arms and cycle.policy.arms.boosted:
        ways.reverse()
    return [(share, way) for share in cycle.policy.shares for way in ways]


def tuned_systems(cycle: Cycle, boosting: DecodingConfig | None) -> list[Named]:
    """Return the systems of a fine-tune, in the order of `tuned_ways`."""
    return [
        (f"{_tuned(share)}, {way.name}", share, System(arm_model(Run(cycle), share), way))
        for share, way in tuned_ways(cycle, boosting)
    ]


def _tuned(share: float) -> str:
    return f"fine-tune with {share:.0%} of its base" if share else "fine-tune"


def decodings_of(cycle: Cycle, named: Sequence[Named], rows: RowSet) -> list[Decoding]:
    return [Decoding(Run(cycle), system, rows) for _, _, system in named]


def read_transcribed(
    cycle: Cycle, given: ArmRows, named: Sequence[Named], decoded: RowSet, wanted: RowSet
) -> list[Transcribed]:
    """Score what each system transcribed; of a larger set of `decoded` rows the `wanted` ones."""
    side = sides(Run(cycle))
    there = [
        side[row.audio_filepath] for row in cycle.rows if side[row.audio_filepath] in SIDES[decoded]
    ]
    transcribed = []
    for (name, share, system), decoding in zip(
        named, decodings_of(cycle, named, decoded), strict=True
    ):
        texts = zip(there, decoding.read(), strict=True)
        chosen = [text for of, text in texts if of in SIDES[wanted]]
        general = decoding.read("general")
        transcribed.append(given.scored(name, share, system.decoding, chosen, general))
    return transcribed


def anchor_record(cycle: Cycle) -> ModelRecord:
    """Return the system that guards are held against: the policy's, else what the first verdict of the
    workspace compared with, which before any is the comparison model of this cycle."""
    if cycle.policy.anchor is not None:
        return System(find_base(cycle.root, cycle.policy.anchor)).record()
    lines = (line for line in read_ledger(cycle.root) if isinstance(line, DecisionLine))
    first = next(lines, None)
    return first.base if first else cycle.comparison.record()


def anchor_system(cycle: Cycle) -> System | None:
    """Find the first base; None by the published rule, which has no guard.

    Raises InvalidInput where its file, or the phrases that it was boosted with, are gone or changed.
    """
    if cycle.policy.decide.rule == "published":
        return None
    record = anchor_record(cycle)
    decoding = record.decoding
    if decoding.vocabulary and not unchanged(Path(decoding.vocabulary), decoding.vocabulary_sha256):
        raise _gone(decoding.vocabulary, decoding.vocabulary_sha256)
    for model in (cycle.comparison.model, cycle.base):  # wherever its file is now
        if model.identity == (record.sha256 or record.name):
            return System(model, decoding)
    if record.sha256 is None:
        return System(Model(architecture_from_name(record.name), None, None), decoding)
    path = Path(record.path)
    if not unchanged(path, record.sha256):
        raise _gone(record.path, record.sha256)
    architecture = architecture_from_config(record.path, nemo_config(path))
    return System(Model(architecture, path, record.sha256), decoding)


def _gone(path: str, sha256: str | None) -> InvalidInput:
    found = f"expected {path} with sha256 {str(sha256)[:12]}…, of the first base of this workspace"
    way_out = "it is not there: put it back, or name another model with `anchor:`"
    return InvalidInput([Fault(f"{found}; {way_out}", "anchor")])


def anchor_decoding(cycle: Cycle) -> Decoding | None:
    """Return what the first base has still to transcribe of test rows and general speech; None where
    that is nothing, or where it is the comparison model, which transcribes all rows."""
    system = anchor_system(cycle)
    if system is None or system.identity == cycle.comparison.identity:
        return None
    decoding = Decoding(Run(cycle), system, "anchor")
    return decoding if decoding.clips else None


def anchor_alpha(cycle: Cycle, candidate: ModelRecord | None) -> float:
    """Return the level at which guards against the first base are held; 1 by the published rule.

    `candidate` is None before it is trained.
    """
    if cycle.policy.decide.rule == "published":
        return 1.0
    return alpha_of_anchor(earlier_candidates(cycle, candidate))


def earlier_candidates(cycle: Cycle, candidate: ModelRecord | None) -> list[bool]:
    """Return, for each candidate that was judged against this first base before, whether its guards
    were held, by whatever limits.

    A candidate that was judged on another benchmark or guard set counts again.
    """
    anchor, found = identity_of(anchor_record(cycle)), dict[tuple[object, ...], bool]()
    own = system_id(candidate) if candidate else None
    this = (own, cycle.manifest_sha256, cycle.general_sha256)
    for line in read_ledger(cycle.root):
        if not isinstance(line, DecisionLine) or line.rule == "published":
            continue
        if identity_of(line.anchor or line.base) != anchor:
            continue
        judged = (system_id(line.candidate), line.manifest_sha256, line.general_sha256)
        if judged == this:
            break
        held = line.against_anchor is not None and line.against_anchor.held
        found[judged] = held and found.get(judged, True)
    return list(found.values())


def read_anchored(
    cycle: Cycle, candidate: System, test: Sequence[int], general: GuardSet | None
) -> Anchored | None:
    """Score what the first base transcribed of the rows that decide, and of general speech.

    `general` has what comparison model and candidate transcribed. None by the published rule. Raises
    DamagedFile where transcripts are missing.
    """
    if cycle.policy.decide.rule == "published":
        return None
    identity, view = identity_of(anchor_record(cycle)), cycle.policy.view
    earlier = earlier_candidates(cycle, candidate.record())
    if identity == cycle.comparison.identity:
        return Anchored(earlier)
    kept, audio = kept_transcripts(cycle.root, identity), cycle.require_benchmark.audio
    clips = cycle.general.audio if cycle.general else ()
    wanted = [*(audio[position].sha256 for position in test), *(facts.sha256 for facts in clips)]
    missing = sum(sha256 not in kept for sha256 in wanted)
    if missing:
        found = f"{missing} of {len(wanted)} transcripts of the first base are not there"
        raise DamagedFile(f"{found}: {NOT_DECODED}")
    rows = [cycle.rows[position] for position in test]
    texts = [kept[audio[position].sha256] for position in test]
    against = None
    if general is not None:
        rescored = score_general(general.pair.references, [kept[c.sha256] for c in clips], view)
        against = replace(general, pair=replace(general.pair, comparison=rescored))
    return Anchored(earlier, score_clinical(rows, texts, view), against)


def read_alternative(cycle: Cycle, test: Sequence[int]) -> Alternative | None:
    """Score what the comparison model, boosted, transcribed of the rows that decide; None without one."""
    system = boosted_alternative(cycle)
    if system is None:
        return None
    run = Run(cycle)
    texts = Decoding(run, system, "test").by_clip()
    if cycle.folds:  # every row decides
        texts |= Decoding(run, system, "boost").by_clip()
    paths = [cycle.require_benchmark.audio_rows[position].audio_filepath for position in test]
    rows = [cycle.rows[position] for position in test]
    name = "base" if system.model == cycle.base else "champion"
    return Alternative(
        f"the {name}, {system.decoding.name}",
        score_clinical(rows, [texts["benchmark", path] for path in paths], cycle.policy.view),
    )
