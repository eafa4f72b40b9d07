"""The models of a cycle: found by name or file, described by the configuration in their archive."""

from __future__ import annotations

from pathlib import Path

from tasks.domain.bases import architecture_from_config, architecture_from_name, unknown_base
from tasks.domain.errors import DamagedFile, Fault, InvalidInput
from tasks.domain.policy import RECOMMENDED_BASE
from tasks.records.files import file_sha256
from tasks.records.record import read_record
from tasks.records.stages import ArmsRecord, BoostRecord, Champion, TrainingRecord
from tasks.workspace.archives import NotAModel, nemo_config
from tasks.workspace.cycle import Cycle, Model, Run, System


def find_base(root: Path, name: str) -> Model:
    """Describe the base by its name, or by the configuration inside its file; load nothing.

    Raises InvalidInput when the file is absent or no `.nemo` archive, and when it is no name of a hub.
    """
    try:
        path = (root / Path(name).expanduser()).resolve()
        found, there = path.is_file(), path.exists()
    except (OSError, ValueError, RuntimeError) as error:  # NUL, surrogates, circles of links
        sentence = f"expected the path of a .nemo file; got {name!r} ({error})"
        raise InvalidInput([Fault(sentence, "base")]) from None
    if not name.endswith(".nemo"):
        unknown = (
            f"expected the path of a .nemo file; {path} is none" if there else unknown_base(name)
        )
        if unknown:
            raise InvalidInput([Fault(unknown, "base")])
        return Model(architecture_from_name(name), None, None)
    if not found:
        sentence = (
            f"expected a .nemo file or a pretrained name; {path} does not exist: give its path, "
            f"absolute or from {root}, or a name that is fetched, such as {RECOMMENDED_BASE}"
        )
        raise InvalidInput([Fault(sentence, "base")])
    try:
        architecture = architecture_from_config(str(path), nemo_config(path))
    except NotAModel as error:
        sentence = f"expected a .nemo archive; {path} is none ({error})"
        raise InvalidInput([Fault(sentence, "base")]) from None
    return Model(architecture, path, file_sha256(path))  # many gigabytes are digested last


def _described(path: Path, sha256: str) -> Model:
    return Model(architecture_from_config(str(path), nemo_config(path)), path, sha256)


def unchanged(path: Path, sha256: str | None) -> bool:
    """Tell whether a model's file is still there and still the one of this digest."""
    return path.is_file() and file_sha256(path) == sha256


def champion_system(champion: Champion | None) -> System | None:
    """Find the champion; raise InvalidInput when its model or its phrases are gone or changed."""
    if champion is None:
        return None
    path, decoding = Path(champion.path), champion.decoding
    phrases = (
        [(Path(decoding.vocabulary), decoding.vocabulary_sha256)] if decoding.vocabulary else []
    )
    faults = [
        Fault(f"expected {file} with sha256 {str(sha)[:12]}…; it is not there", "champion.json")
        for file, sha in [*([(path, champion.sha256)] if champion.path else []), *phrases]
        if not unchanged(file, sha)
    ]
    if faults:
        raise InvalidInput(faults)
    if not champion.path:  # the base, boosted, that was given by its name
        return System(Model(architecture_from_name(champion.sha256), None, None), decoding)
    return System(_described(path, champion.sha256), decoding)


def trained_model(run: Run) -> Model:
    """Find the model that a fine-tune left; raise DamagedFile when its file is another now."""
    trained = read_record(run.training_info, TrainingRecord)
    sha256 = trained.candidate_sha256 if trained else None
    if sha256 is None or not unchanged(run.candidate, sha256):
        found = f"{run.candidate} is not the model that training left"
        raise DamagedFile(f"{found}: remove it and run again")
    return _described(run.candidate, sha256)


def arm_model(run: Run, base_share: float) -> Model:
    """Find the fine-tune averaged with this share of its base."""
    path = run.arm(base_share)
    if not path.is_file():
        raise DamagedFile(f"{path} is not there: run the cycle again from sft")
    return _described(path, file_sha256(path))


def standing_boost(cycle: Cycle) -> BoostRecord | None:
    """Give what boosting gave, where it was measured for just these inputs."""
    record = read_record(cycle.boost, BoostRecord)
    if record is None or record.inputs_sha256 != cycle.inputs_sha256:
        return None
    return record if record.comparison == cycle.comparison.record() else None


def standing_arms(run: Run) -> ArmsRecord | None:
    """Give the choice among arms, where it was made for just these inputs and stands."""
    record = read_record(run.arms, ArmsRecord)
    if record is None or record.inputs_sha256 != run.cycle.inputs_sha256:
        return None
    trained = read_record(run.training_info, TrainingRecord)
    stands = trained is not None and trained.candidate_sha256 == record.candidate_sha256
    return record if stands else None


def boosted_alternative(cycle: Cycle) -> System | None:
    """Return the comparison model with the boosting chosen for it, which a fine-tune has to beat.

    None where none was chosen, and where that is the candidate itself.
    """
    boost = standing_boost(cycle)
    if cycle.policy.decide.rule == "published" or boost is None or boost.is_candidate:
        return None
    return System(cycle.comparison.model, boost.chosen) if boost.chosen else None


def candidate_system(run: Run) -> System:
    """Find the candidate: what was trained, with the decoding chosen for it, or, where that is good
    enough, the comparison model boosted.

    Raises DamagedFile when it does not stand.
    """
    cycle = run.cycle
    boost = standing_boost(cycle)
    if boost and boost.is_candidate and boost.chosen:
        return System(cycle.comparison.model, boost.chosen)
    model = trained_model(run)
    arms = standing_arms(run) if cycle.policy.arms else None
    return System(model, arms.decoding if arms else cycle.comparison.decoding)
