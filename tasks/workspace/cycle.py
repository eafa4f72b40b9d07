"""A cycle and its runs: checked inputs, their identities, and the path of every file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tasks.domain.alphabet.alphabet import Alphabet, UnknownAlphabet
from tasks.domain.alphabet.spelling import spell_texts
from tasks.domain.bases import Architecture
from tasks.domain.decoding import GREEDY, DecodingConfig
from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.manifest import ClinicalRow, GeneralRow
from tasks.domain.policy import Policy
from tasks.domain.scoring.canonical import scoring_id
from tasks.domain.vocabulary import Vocabulary
from tasks.records.files import digest, file_sha256
from tasks.records.record import ModelRecord, read_record
from tasks.records.stages import DecisionRecord, GateRecord
from tasks.workspace.archives import alphabet_of_model
from tasks.workspace.manifests import Manifest


@dataclass(frozen=True)
class Model:
    """A model: its architecture, its file (None until a pretrained name is fetched), its digest."""

    architecture: Architecture
    path: Path | None
    sha256: str | None

    @property
    def identity(self) -> str:
        """The digest of its file, or its pretrained name."""
        return self.sha256 or self.architecture.name

    @property
    def label(self) -> str:
        """Its file or pretrained name, with the start of its digest."""
        name = self.path.name if self.path else self.architecture.name
        return f"{name} {self.sha256[:8]}" if self.sha256 else name

    def record(self) -> ModelRecord:
        path = str(self.path or "")
        return ModelRecord(name=self.architecture.name, path=path, sha256=self.sha256)


@dataclass(frozen=True)
class System:
    """A model and how it decodes: what is compared, kept and handed on."""

    model: Model
    decoding: DecodingConfig = GREEDY

    @property
    def path(self) -> Path | None:
        return self.model.path

    @property
    def sha256(self) -> str | None:
        """The digest of its model's file."""
        return self.model.sha256

    @property
    def identity(self) -> str:
        """The digest of model and decoding."""
        return digest(self.model.identity, self.decoding.sha256)

    def record(self) -> ModelRecord:
        return self.model.record().model_copy(update={"decoding": self.decoding})


@dataclass(frozen=True)
class Cycle:
    """One cycle with its inputs, read and checked once; an input that is absent is None.

    `base` is what is trained, `comparison` what a candidate is judged against: the champion, or
    the base while there is none. `vocabulary` are the phrases that a boosted decoding knows.
    """

    root: Path
    number: int
    policy: Policy
    base: Model
    comparison: System
    benchmark: Manifest[ClinicalRow] | None
    general: Manifest[GeneralRow] | None
    replay: Manifest[GeneralRow] | None
    acceptance: Manifest[ClinicalRow] | None = None
    vocabulary: Vocabulary | None = None

    @property
    def name(self) -> str:
        """The name of the flywheel: the policy's, or that of its folder."""
        return self.policy.name or self.root.name

    @property
    def folder(self) -> Path:
        return self.root / f"cycle{self.number}"

    @property
    def next_folder(self) -> Path:
        return self.root / f"cycle{self.number + 1}"

    @property
    def rows(self) -> tuple[ClinicalRow, ...]:
        """The benchmark's rows, in manifest order."""
        return self.require_benchmark.rows

    @property
    def require_benchmark(self) -> Manifest[ClinicalRow]:
        """The benchmark; raise InvalidInput where the cycle has none."""
        if self.benchmark is None:
            path = self.folder / "manifest.jsonl"
            raise InvalidInput([Fault(f"expected a manifest; {path} does not exist", path.name)])
        return self.benchmark

    @cached_property
    def alphabet(self) -> Alphabet | UnknownAlphabet:
        """The characters that the tokenizer of the base can write."""
        return alphabet_of_model(self.base.path)

    @cached_property
    def respelled_sha256(self) -> str | None:
        """The digest of all text that may be trained, as the base can write it; None where that is
        the text that was given."""
        benchmark = self.benchmark.rows if self.benchmark else ()
        rows = [*benchmark, *(self.replay.rows if self.replay else ())]
        spelled = spell_texts([row.text for row in rows], self.alphabet)
        return spelled.sha256 if spelled.changed else None

    @property
    def manifest_sha256(self) -> str | None:
        return self.benchmark.sha256 if self.benchmark else None

    @property
    def audio_sha256(self) -> str | None:
        return self.benchmark.audio_sha256 if self.benchmark else None

    @property
    def general_sha256(self) -> str | None:
        return self.general.identity if self.general else None

    @property
    def replay_sha256(self) -> str | None:
        return self.replay.identity if self.replay else None

    @property
    def acceptance_sha256(self) -> str | None:
        return self.acceptance.identity if self.acceptance else None

    @property
    def scoring(self) -> str:
        """The view that gate and verdict judge by, with the version of its rules."""
        return scoring_id(self.policy.view)

    @property
    def inputs_sha256(self) -> str:
        """The identity of everything that a person gave to this cycle, and of how it is scored.

        A cycle that was decided by another version of the scoring is scored again.
        """
        return digest(
            self.manifest_sha256,
            self.audio_sha256,
            self.general_sha256,
            self.replay_sha256,
            self.acceptance_sha256,
            self.base.identity,
            self.policy.sha256,
            self.scoring,
            *([self.vocabulary.sha256] if self.vocabulary and self.vocabulary.given else []),
        )

    def boosted(self, config: DecodingConfig) -> DecodingConfig:
        """Name the phrases of a decoding that is boosted with this cycle's vocabulary."""
        if config.boost_alpha is None or self.vocabulary is None:
            return config
        sha256 = self.vocabulary.sha256
        path = self.folder / f"vocabulary-{sha256[:12]}.txt"
        return config.model_copy(update={"vocabulary": str(path), "vocabulary_sha256": sha256})

    @property
    def per_sample(self) -> Path:
        return self.folder / "per_sample.json"

    @property
    def baseline_sha256(self) -> str | None:
        """The digest of per_sample.json as it is now; None where there is none."""
        return file_sha256(self.per_sample) if self.per_sample.is_file() else None

    @property
    def boost(self) -> Path:
        """The record of phrase boosting of the comparison model."""
        return self.folder / "boost.json"

    @property
    def gate(self) -> Path:
        return self.folder / "gate.json"

    @property
    def stages(self) -> Path:
        """The log of stage times."""
        return self.folder / "stages.jsonl"

    @property
    def decision(self) -> Path:
        return self.next_folder / "decision.json"

    @property
    def runs(self) -> list[Run]:
        """The fine-tunes of this cycle: of each fold, then of the candidate."""
        return [*self.folds, Run(self)]

    @property
    def folds(self) -> list[Run]:
        """One run a fold; none where the policy asks for none."""
        return [Run(self, number + 1) for number in range(self.policy.folds or 0)]


@dataclass(frozen=True)
class Run:
    """One fine-tune of a cycle: of its candidate, or of the fold with this number, from 1."""

    cycle: Cycle
    fold: int | None = None

    @property
    def folder(self) -> Path:
        """Named by the digest of rows, base and recipe, and of text that the base writes otherwise."""
        cycle, policy = self.cycle, self.cycle.policy
        identity = digest(
            cycle.manifest_sha256,
            cycle.audio_sha256,
            cycle.replay_sha256,
            cycle.base.identity,
            policy.sft.sha256,
            policy.split.sha256,
            policy.replay.sha256 if policy.replay else None,
            "published" if policy.decide.rule == "published" else None,  # it has another split
            *(["arms"] if policy.arms else []),  # the fine-tune itself is kept beside its averages
            *([cycle.respelled_sha256] if cycle.respelled_sha256 else []),
        )
        folder = cycle.folder / "models" / f"{policy.sft.preset}-{identity[:12]}"
        return folder if self.fold is None else folder / f"fold{self.fold}-of-{policy.folds}"

    @property
    def name(self) -> str:
        """The name of the fine-tune, for locks and records."""
        return "-".join(self.folder.relative_to(self.cycle.folder / "models").parts)

    @property
    def train(self) -> Path:
        return self.folder / "train.jsonl"

    @property
    def validation(self) -> Path:
        return self.folder / "validation.jsonl"

    @property
    def split(self) -> Path:
        """The record of the split; written last, after both manifests."""
        return self.folder / "split.json"

    @property
    def work(self) -> Path:
        """The folder of the training job; it is removed when the candidate is complete."""
        return self.folder / "work"

    @property
    def candidate(self) -> Path:
        return self.folder / "adapted_model.nemo"

    @property
    def tensorboard(self) -> Path:
        """The folder of NeMo's TensorBoard files, kept when the job's own folder goes."""
        return self.folder / "tensorboard"

    def arm(self, base_share: float) -> Path:
        """The fine-tune averaged with this share of its base; kept where arms are compared."""
        return self.folder / "arms" / f"share-{base_share:g}.nemo"

    @property
    def arms(self) -> Path:
        """The record of the choice among arms."""
        return self.folder / "arms.json"

    @property
    def training_info(self) -> Path:
        """The record of the fine-tune; written last, after the candidate is complete."""
        return self.folder / "training_run_info.json"


def decision_of(cycle: Cycle) -> DecisionRecord | None:
    """Return the decision of this cycle for just these inputs, if it was taken."""
    record = read_record(cycle.decision, DecisionRecord)
    return record if record and record.inputs_sha256 == cycle.inputs_sha256 else None


def not_decided(cycle: Cycle) -> str:
    """Return why the cycle is not decided for these inputs: never, or by a version that asked for less."""
    record = read_record(cycle.decision, DecisionRecord)
    if record is not None and record.schema_version == 1:
        return (
            f"cycle {cycle.number} was decided by an earlier version: its guards were not held against the "
            "first base of the workspace, nor its gain against boosting alone. Run the cycle again: what "
            "was trained and decoded is used"
        )
    return (
        f"cycle {cycle.number} is not decided for its present inputs; where it was run with --policy "
        "FILE, give the same here"
    )


def gate_of(cycle: Cycle) -> GateRecord | None:
    """Return the gate of this cycle for just these inputs and this baseline, if it was checked."""
    gate = read_record(cycle.gate, GateRecord)
    if gate is None or gate.inputs_sha256 != cycle.inputs_sha256:
        return None
    return gate if gate.baseline_sha256 == cycle.baseline_sha256 else None


def is_finished(cycle: Cycle) -> bool:
    """Whether the cycle is decided for these inputs, and its arms described where the policy asks.

    Where the gain of a fine-tune is boosting's, it ends with the verdict on the boosted model.
    """
    decision, arms = decision_of(cycle), cycle.policy.arms
    if decision is None or decision.judges_boosted:
        return False
    if arms is None or not arms.describe:
        return decision is not None
    tuned = any(arm.base_share is not None for arm in decision.arms)
    return not tuned or all(arm.test_rows for arm in decision.arms)
