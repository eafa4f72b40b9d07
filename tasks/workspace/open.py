"""Check and digest everything that a person gave, before anything is written or loaded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import yaml
from pydantic import ValidationError

from tasks.domain.errors import Fault, InputsChanged, InvalidInput
from tasks.domain.manifest import ClinicalRow, GeneralRow
from tasks.domain.policy import Policy
from tasks.domain.policy_keys import policy_faults
from tasks.domain.scoring.normalize import normalize
from tasks.domain.split import fold_faults, shared_clip_faults
from tasks.domain.vocabulary import Vocabulary
from tasks.records.reading import POLICY_BYTES, read_regular, read_yaml
from tasks.records.stages import Champion
from tasks.workspace.cycle import Cycle, Model, Run, System
from tasks.workspace.ledger import champion_up_to, inputs_of
from tasks.workspace.manifests import (
    ACCEPTANCE,
    GUARD,
    Manifest,
    read_if_there,
    read_manifest,
    recall_clips,
)
from tasks.workspace.models import champion_system, find_base, read_vocabulary

VARIABLE = "$"  # NeMo puts in what it names, whether it is escaped or not
POLICY_FILE = "flywheel.yaml"
TERMS_FILE = "terms.csv"  # from which a benchmark is built


def open_cycle(root: Path, number: int, policy: Policy | None = None) -> Cycle:
    """Check policy, manifests, audio and models; raise InvalidInput with every fault found.

    Writes nothing. A cycle whose folder has no manifest is not a fault: the gate routes it to the
    build.
    """
    if not root.is_dir():
        raise InvalidInput([Fault(f"expected a folder; {root} does not exist", "--workspace")])
    root = root.resolve()
    if VARIABLE in str(root):
        sentence = f"expected a path without {VARIABLE}, which names a variable to NeMo; got {root}"
        raise InvalidInput([Fault(sentence, "--workspace")])
    recall_clips(root)
    faults = _absent_folder(root, number)
    if policy is None:
        policy = Policy()
        with collecting(faults):
            policy = read_policy(root / POLICY_FILE)
    latest: Champion | None = None
    with collecting(faults):
        latest = champion_up_to(root, number)
    own = latest if latest and latest.cycle == number else None
    rivals = _rivals(root, policy, own.previous if own else latest, faults)
    benchmark: Manifest[ClinicalRow] | None = None
    general: Manifest[GeneralRow] | None = None
    replay: Manifest[GeneralRow] | None = None
    acceptance: Manifest[ClinicalRow] | None = None
    with collecting(faults):
        benchmark = read_if_there(root / f"cycle{number}" / "manifest.jsonl", ClinicalRow)
        if benchmark:
            faults += fold_faults(benchmark.rows, policy.split, policy.folds)
            faults += shared_clip_faults(benchmark.rows, policy.split)
    with collecting(faults):
        general = read_if_there(root / GUARD, GeneralRow)
    with collecting(faults):
        replay = _read_replay(root, policy)
    with collecting(faults):
        acceptance = read_if_there(root / ACCEPTANCE, ClinicalRow)
    faults += _overlap_faults(general, replay)
    faults += _known_faults(acceptance, benchmark)
    vocabulary: Vocabulary | None = None
    with collecting(faults):
        vocabulary = read_vocabulary(root, benchmark.rows if benchmark else ())
    if faults or rivals is None:
        raise InvalidInput(faults)
    champion, base = rivals
    cycle = Cycle(
        root,
        number,
        policy,
        base,
        champion or System(base),
        benchmark,
        general,
        replay,
        acceptance,
        vocabulary,
    )
    if not champion:
        cycle = replace(cycle, comparison=System(base, cycle.boosted(policy.decoding.of_base)))
    if own is None or _made(cycle, own):
        return cycle
    again = _rivals(root, policy, own, faults)
    if again is None or again[0] is None:
        raise InvalidInput(faults)
    return replace(cycle, base=again[1], comparison=again[0])


Rivals = tuple[System | None, Model]  # the champion, and the base


def _rivals(
    root: Path, policy: Policy, champion: Champion | None, faults: list[Fault]
) -> Rivals | None:
    """Find the champion and the base; None, and faults, where one of them is not there."""
    known = len(faults)
    system: System | None = None
    base: Model | None = None
    with collecting(faults):
        system = champion_system(champion)
    with collecting(faults):
        base = system.model if system and policy.base == "champion" else None
        base = base or _trusted(find_base(root, policy.starting_base), policy.base_sha256)
    return None if base is None or len(faults) > known else (system, base)


def _made(cycle: Cycle, champion: Champion) -> bool:
    """Whether the inputs of this cycle, as it was before, made its champion, or will again.

    Where they did not, the cycle is run again with others, and has to beat its own champion.
    """
    if inputs_of(cycle.root, champion) == cycle.inputs_sha256:
        return True
    return cycle.policy.arms is None and Path(champion.path).parent == Run(cycle).folder


def _absent_folder(root: Path, number: int) -> list[Fault]:
    """Name the cycles that are there where this one has no folder."""
    folder = root / f"cycle{number}"
    if folder.is_dir():
        return []
    found = "is no folder" if folder.exists() else "does not exist"
    numbers = [path.name.removeprefix("cycle") for path in root.glob("cycle*") if path.is_dir()]
    cycles = sorted(int(one) for one in numbers if one.isdecimal())
    there = f"the cycles there are {', '.join(map(str, cycles))}" if cycles else "there is no cycle"
    return [Fault(f"expected a folder; {folder} {found}, {there}", "--cycle")]


def check_unchanged(cycle: Cycle) -> None:
    """Read all inputs again; raise InputsChanged unless they are those the run was started with."""
    try:
        now = open_cycle(cycle.root, cycle.number, cycle.policy)
    except InvalidInput as error:
        raise InputsChanged(
            f"the inputs changed while the cycle ran, so nothing is decided; now {error.faults[0]}"
        ) from None
    identities = {
        "the manifest": (cycle.manifest_sha256, now.manifest_sha256),
        "the audio": (cycle.audio_sha256, now.audio_sha256),
        "general.jsonl": (cycle.general_sha256, now.general_sha256),
        "the replay clips": (cycle.replay_sha256, now.replay_sha256),
        ACCEPTANCE: (cycle.acceptance_sha256, now.acceptance_sha256),
        "the boosted phrases": (_phrases(cycle), _phrases(now)),
        "the base": (cycle.base.identity, now.base.identity),
        "the comparison model": (cycle.comparison.identity, now.comparison.identity),
    }
    changed = [name for name, (before, after) in identities.items() if before != after]
    if changed:
        raise InputsChanged(
            f"{' and '.join(changed)} changed while the cycle ran, so nothing is decided: "
            "run it again"
        )


def _phrases(cycle: Cycle) -> str | None:
    return cycle.vocabulary.sha256 if cycle.vocabulary else None


def _trusted(base: Model, expected: str | None) -> Model:
    """Return the base if it has the digest that a person expects, where one does."""
    if expected in (None, base.sha256):
        return base
    found = (
        f"{base.path} has {base.sha256}" if base.path else f"{base.architecture.name} is no file"
    )
    raise InvalidInput([Fault(f"expected a base of digest {expected}; {found}", "base_sha256")])


@contextmanager
def collecting(faults: list[Fault]) -> Iterator[None]:
    """Add the faults of what is read inside to a list, so that all are found at once."""
    try:
        yield
    except InvalidInput as error:
        faults += error.faults


def _read_replay(root: Path, policy: Policy) -> Manifest[GeneralRow] | None:
    return read_manifest(root / policy.replay.manifest, GeneralRow) if policy.replay else None


def read_policy(path: Path) -> Policy:
    """Read a YAML policy; no file, or an empty one, is the default policy.

    Raises InvalidInput with every fault.
    """
    if not os.path.lexists(path):
        return Policy()
    if not path.is_file():
        raise InvalidInput([Fault(f"expected a YAML file; {path} is none", path.name)])
    try:
        fields = read_yaml(read_regular(path, POLICY_BYTES))
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark
        where = f", column {at.column + 1}" if at else ""
        sentence = f"expected YAML; {error.problem}{where}"
        raise InvalidInput([Fault(sentence, path.name, at.line + 1 if at else None)]) from None
    except (OSError, yaml.YAMLError, ValueError, RecursionError) as error:
        found = " ".join(str(error).split())
        raise InvalidInput([Fault(f"expected YAML; {found}", path.name)]) from None
    try:
        return Policy() if fields is None else Policy.model_validate(fields)
    except ValidationError as error:
        raise InvalidInput(policy_faults(error, path.name)) from None


def check_out(out: Path) -> None:
    """Raise InvalidInput unless this is a folder to write in, or one that can be made."""
    path = out.absolute()
    existing = next(one for one in (path, *path.parents) if os.path.lexists(one))
    if not (existing.is_dir() and os.access(existing, os.W_OK)):
        found = "cannot be written in" if existing.is_dir() else "is no folder"
        raise InvalidInput([Fault(f"expected a folder to write in; {existing} {found}", "--out")])


def policy_over_file(root: Path, given: Policy | None) -> tuple[Policy | None, tuple[str, ...]]:
    """Put what a person set for one run over flywheel.yaml; return the policy and what it changed.

    None, which changes nothing, leaves the file to whoever opens the cycle. Raises InvalidInput.
    """
    if given is None:
        return None, ()
    in_file = read_policy(root / POLICY_FILE)
    try:
        return given.over(in_file)
    except ValidationError as error:
        raise InvalidInput(policy_faults(error, "policy of this run")) from None


def _overlap_faults(
    general: Manifest[GeneralRow] | None, replay: Manifest[GeneralRow] | None
) -> list[Fault]:
    """Guard and replay rows that share audio or text: a guard must not be trained on."""
    if general is None or replay is None:
        return []
    guarded_audio = {facts.sha256 for facts in general.audio}
    guarded_text = {normalize(row.text) for row in general.rows}
    faults = []
    for line, row, facts in zip(replay.lines, replay.rows, replay.audio, strict=True):
        shared = "audio" if facts.sha256 in guarded_audio else "text"
        if shared == "audio" or normalize(row.text) in guarded_text:
            sentence = f"expected a clip apart from the guard set; its {shared} is in general.jsonl"
            faults.append(Fault(sentence, "replay", line))
    return faults


def _known_faults(
    acceptance: Manifest[ClinicalRow] | None, benchmark: Manifest[ClinicalRow] | None
) -> list[Fault]:
    """Acceptance rows whose clip, or whose voice and sentence, is in the benchmark.

    They must be of another source.
    """
    if acceptance is None or benchmark is None:
        return []
    known = {facts.sha256 for facts in benchmark.audio}
    spoken = {(row.voice_id, normalize(row.text)) for row in benchmark.rows}
    clip = "expected a clip of another source; it is in the benchmark"
    expected = "expected another sentence or voice; the benchmark has this sentence in this voice"
    return [
        Fault(clip, ACCEPTANCE, line, "audio_filepath")
        if facts.sha256 in known
        else Fault(expected, ACCEPTANCE, line, "text")
        for line, row, facts in zip(
            acceptance.lines, acceptance.rows, acceptance.audio, strict=True
        )
        if facts.sha256 in known or (row.voice_id, normalize(row.text)) in spoken
    ]
