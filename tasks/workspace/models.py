"""The systems of a cycle: models, found by name or file, and the phrases that their decoding is boosted
with.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tasks.domain.bases import architecture_from_config, architecture_from_name, unknown_base
from tasks.domain.decoding import DecodingConfig
from tasks.domain.errors import DamagedFile, Fault, InvalidInput
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import RECOMMENDED_BASE
from tasks.domain.vocabulary import Vocabulary, built_vocabulary, given_vocabulary, spelled
from tasks.records.files import file_sha256, write_atomic
from tasks.records.reading import VOCABULARY_BYTES, read_regular
from tasks.records.record import read_record
from tasks.records.stages import ArmsRecord, BoostRecord, Champion, TrainingRecord
from tasks.workspace.archives import NotAModel, alphabet_of_model, nemo_config
from tasks.workspace.cycle import Cycle, Model, Run, System

VOCABULARY_FILE = "vocabulary.txt"
DISTRACTORS = Path(__file__).with_name("distractors.txt")  # names of drugs and words of medicine


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
    """Return whether a model's file is still there and still the one of this digest."""
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


def current_boost(cycle: Cycle) -> BoostRecord | None:
    """Return the record of boosting, where it was measured for just these inputs."""
    record = read_record(cycle.boost, BoostRecord)
    if record is None or record.inputs_sha256 != cycle.inputs_sha256:
        return None
    return record if record.comparison == cycle.comparison.record() else None


def current_arms(run: Run) -> ArmsRecord | None:
    """Return the choice among arms, where it was made for just these inputs and is current."""
    record = read_record(run.arms, ArmsRecord)
    if record is None or record.inputs_sha256 != run.cycle.inputs_sha256:
        return None
    trained = read_record(run.training_info, TrainingRecord)
    is_current = trained is not None and trained.candidate_sha256 == record.candidate_sha256
    return record if is_current else None


def boosted_alternative(cycle: Cycle) -> System | None:
    """Return the comparison model with the boosting chosen for it, which a fine-tune has to beat.

    None where none was chosen, and where that is the candidate itself.
    """
    boost = current_boost(cycle)
    if cycle.policy.decide.rule == "published" or boost is None or boost.is_candidate:
        return None
    return System(cycle.comparison.model, boost.chosen) if boost.chosen else None


def candidate_system(run: Run) -> System:
    """Find the candidate: what was trained, with the decoding chosen for it, or, where that is good
    enough, the comparison model boosted.

    Raises DamagedFile when it is not current.
    """
    cycle = run.cycle
    boost = current_boost(cycle)
    if boost and boost.is_candidate and boost.chosen:
        return System(cycle.comparison.model, boost.chosen)
    model = trained_model(run)
    arms = current_arms(run) if cycle.policy.arms else None
    return System(model, arms.decoding if arms else cycle.comparison.decoding)


def read_vocabulary(root: Path, rows: Sequence[ClinicalRow]) -> Vocabulary | None:
    """Read vocabulary.txt of a workspace, or build a list from the benchmark's terms.

    None without either. Raises InvalidInput for a file that is no list, or that holds nothing but
    the benchmark's terms: it would give the answers away.
    """
    path, terms = root / VOCABULARY_FILE, spelled_terms(rows)
    if not os.path.lexists(path):
        return built_vocabulary(terms, _distractors()) if rows else None
    found = read_phrases(path, terms)
    if not found.distractors:
        sentence = (
            "expected the deployment's own vocabulary, in which the benchmark's terms are some among "
            "others; it holds no other phrase that can be confused with one, and would give the answers away"
        )
        raise InvalidInput([Fault(sentence, path.name)])
    return found


def spelled_terms(rows: Sequence[ClinicalRow]) -> list[str]:
    """Return the terms of rows and the spellings accepted for them, each once: a decoder may write any."""
    spelled = (name for row in rows for name in (row.term, *row.accepted))
    return list(dict.fromkeys(spelled))


def read_phrases(path: Path, terms: Sequence[str]) -> Vocabulary:
    """Read a person's list of phrases; raise InvalidInput for a file that is none."""
    try:
        text = read_regular(path, VOCABULARY_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        sentence = f"expected phrases in UTF-8, one a line; {path}: {error}"
        raise InvalidInput([Fault(sentence, path.name)]) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return given_vocabulary(text.removesuffix("\n").split("\n"), terms)


def phrases_of(config: DecodingConfig) -> list[str]:
    """Read the phrases of a boosted decoding; raise DamagedFile unless they are those it names."""
    path = Path(config.vocabulary)
    if not path.is_file() or file_sha256(path) != config.vocabulary_sha256:
        raise DamagedFile(f"{path} is not the list of phrases that was boosted: put it back")
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line]


def spelled_vocabulary(cycle: Cycle) -> tuple[Vocabulary | None, list[str]]:
    """Return the cycle's list as the comparison model spells it, and the phrases that it cannot write."""
    if cycle.vocabulary is None:
        return None, []
    alphabet = alphabet_of_model(cycle.comparison.path)
    return cycle.vocabulary.spelled_by(alphabet, spelled_terms(cycle.rows))


def boosted_phrases(*systems: System) -> tuple[str, ...]:
    """Return the phrases that these systems boost, each as its tokenizer spells it."""
    written = (
        phrase
        for system in systems
        if system.decoding.boost_alpha is not None
        for phrase in spelled(phrases_of(system.decoding), alphabet_of_model(system.path))[0]
    )
    return tuple(dict.fromkeys(written))


def write_vocabulary(cycle: Cycle, config: DecodingConfig) -> None:
    """Leave the list of a decoding that is boosted with this cycle's vocabulary, unless it is there."""
    known = cycle.vocabulary
    if known is None or config.vocabulary_sha256 != known.sha256:
        return
    path = Path(config.vocabulary)
    if not path.is_file() or file_sha256(path) != known.sha256:
        write_atomic(path, known.content)


@cache
def _distractors() -> tuple[str, ...]:
    return tuple(DISTRACTORS.read_text(encoding="utf-8").split())
