"""The first base of a workspace, which every guard is held against in all cycles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tasks.domain.bases import architecture_from_config, architecture_from_name
from tasks.domain.errors import DamagedFile, Fault, InvalidInput
from tasks.domain.verdict.against import Alternative, Anchored, alpha_of_anchor
from tasks.domain.verdict.comparison import GuardSet, score_clinical, score_general
from tasks.records.ledger_line import DecisionLine
from tasks.records.record import ModelRecord
from tasks.workspace.archives import nemo_config
from tasks.workspace.cycle import Cycle, Model, Run, System
from tasks.workspace.decoded import Decoding, kept_transcripts
from tasks.workspace.ledger import identity_of, read_ledger, system_id
from tasks.workspace.models import boosted_alternative, find_base, unchanged

NOT_DECODED = "run the cycle again, and it is decoded"


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
    kept, audio = kept_transcripts(cycle.root, identity), cycle.the_benchmark.audio
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
        heard = score_general(general.pair.references, [kept[c.sha256] for c in clips], view)
        against = replace(general, pair=replace(general.pair, comparison=heard))
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
    paths = [cycle.the_benchmark.audio_rows[position].audio_filepath for position in test]
    rows = [cycle.rows[position] for position in test]
    name = "base" if system.model == cycle.base else "champion"
    return Alternative(
        f"the {name}, {system.decoding.name}",
        score_clinical(rows, [texts["benchmark", path] for path in paths], cycle.policy.view),
    )
