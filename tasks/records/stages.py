"""The records of a flywheel: what gate, split, training, decision, champion and ledger leave.

Each is a frozen model that is written as JSON with its `schema_version`. Their JSON Schemas are
in docs/schemas (`python -m tasks.records.schemas`). Raise SCHEMA_VERSION when a field changes its
meaning or goes; a reader of another version fails instead of guessing.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from tasks.domain.alphabet.spelling import BenchmarkSpelling
from tasks.domain.cost import Spent
from tasks.domain.decoding import GREEDY, DecodingConfig
from tasks.domain.gate import Opened, Route
from tasks.domain.manifest import Category
from tasks.domain.policy import Recipe
from tasks.domain.recipe import Hardware, Hyperparameters
from tasks.domain.split import Side
from tasks.domain.verdict.against import AgainstAnchor, AgainstBoosting, every_guard
from tasks.domain.verdict.arms import Arm
from tasks.domain.verdict.audits import Audits
from tasks.domain.verdict.changes import Changes
from tasks.domain.verdict.decide import Scope
from tasks.domain.verdict.keywords import Invented
from tasks.domain.verdict.noninferiority import Guard
from tasks.domain.verdict.power import Power
from tasks.domain.verdict.priority import Priority
from tasks.domain.verdict.rule import Verdict
from tasks.records.record import (
    FIRST_SCORING,
    ModelRecord,
    Part,
    Record,
    Scoring,
    Sha256,
    Timestamp,
)
from tasks.records.spelled import SplitSpelling

Approval = Literal["waiting", "yes", "no"]


class GateRecord(Record):
    """gate.json: what the gate saw of a cycle and where it sends it."""

    cycle: int
    passed: bool
    route: Route
    reasons: tuple[str, ...]
    rows: int
    rows_per_category: dict[str, int]
    priority_categories: tuple[Category, ...]
    priority_ker: float | None
    priority_ker_published: float | None = None
    spelling_alone: int = Field(
        0, description="Priority rows that the published scoring alone counts as missed"
    )
    hinted_ker: float | None = Field(description="Of priority rows with a given pronunciation")
    g2p_ker: float | None = Field(description="Of priority rows that g2p pronounced")
    power: Power | None
    spelling: BenchmarkSpelling | None = Field(
        None, description="How the rows are written in the alphabet of the base; None without rows"
    )
    next: str
    needs: str = Field("", description="What has to be changed before the command helps")
    command: str = Field("", description="The command that comes next, where it is another")
    base: ModelRecord = Field(description="What would be trained")
    comparison: ModelRecord = Field(description="What a candidate would be compared with")
    manifest_sha256: Sha256 | None
    baseline_sha256: Sha256 | None = Field(description="Of the per_sample.json that was read")
    system: str = Field(
        "",
        description="System whose given transcripts the figures are of; empty: the comparison model's own",
    )
    stopped_by_given: bool = Field(
        False, description="Whether the comparison model's own transcripts may lead elsewhere"
    )
    opened_by: Opened | None = Field(
        None, description="The gate by given transcripts, where the comparison model's own decided"
    )
    policy_sha256: Sha256
    inputs_sha256: Sha256
    scoring: Scoring = FIRST_SCORING


class SplitRecord(Record):
    """split.json: the side of every row, by its audio_filepath in the manifest.

    The counts of rows are those used: rows that the base cannot write have a side and are not trained.
    """

    test_share: float
    validation_share: float
    seed: int
    group_by: str
    fold: int | None
    manifest_sha256: Sha256 | None
    train_rows: int
    validation_rows: int
    test_rows: int
    replay_rows: int
    warnings: tuple[str, ...]
    spelling: SplitSpelling = Field(
        SplitSpelling(), description="How the text of the rows is written for the base"
    )
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    groups: dict[str, Side] = Field(description="Side of each group, by the digest of its key")
    trained_audio: tuple[str, ...] = Field(
        description="Clips of train and validation, the first 16 digits of their sha256"
    )
    trained_sentences: tuple[str, ...] = Field(description="Their normalized texts, likewise")
    test_audio: tuple[str, ...] = Field(description="Clips of test, likewise")
    train_sha256: Sha256 = Field(description="Of train.jsonl")
    validation_sha256: Sha256 = Field(description="Of validation.jsonl")
    sides_sha256: Sha256 | None = Field(
        None, description="Of the sides and digests above; None before that was recorded"
    )


class TrainedRows(Part):
    """Rows of a fine-tune: written by us, and those that NeMo loaded, by its log."""

    train: int
    replay: int
    validation: int
    written: int
    loaded: int | None
    filtered: int
    rewritten: int = Field(
        0, description="With text in the alphabet of the base, all sets together"
    )
    refused: int = Field(0, description="Not used: the base cannot write them, all sets together")


class TrainingDigests(Part):
    """Digests of what a fine-tune was made from."""

    manifest: Sha256 | None
    audio: Sha256 | None
    replay: Sha256 | None
    policy: Sha256
    split: Sha256 | None = Field(None, description="Of the sides in split.json")


class SeedRecord(Record):
    """seed.json: one fine-tune of several that are averaged; it goes when their average is complete."""

    way_out: ClassVar[str] = "remove it to train this seed again"
    hyperparameters: Hyperparameters
    warnings: tuple[str, ...]
    overrides: tuple[str, ...]
    image: dict[str, str] | None
    loaded: int | None
    filtered: int
    metrics_per_epoch: tuple[dict[str, float], ...]


class SeedFigures(Part):
    """The figures of one fine-tune of several that were averaged."""

    seed: int
    metrics_per_epoch: tuple[dict[str, float], ...]


class TrainingRecord(Record):
    """training_run_info.json: how a candidate was trained; written last, when it is complete."""

    way_out: ClassVar[str] = "remove it to train this candidate again"
    base: ModelRecord
    candidate_sha256: Sha256
    source_architecture: str
    decoder: str = Field(description="Decoder that a deployment has to be configured with")
    preset: str
    hyperparameters: Hyperparameters
    overrides: tuple[str, ...]
    image: dict[str, str] | None = Field(description="Container image; None on this host")
    warnings: tuple[str, ...]
    hardware: Hardware
    rows: TrainedRows
    spelling: SplitSpelling = Field(
        SplitSpelling(), description="How the text of the rows was written for the base"
    )
    digests: TrainingDigests
    metrics_per_epoch: tuple[dict[str, float], ...] = Field(
        description="Of the first seed, where several are averaged"
    )
    seeds: tuple[SeedFigures, ...] = Field(
        (), description="The fine-tunes that were averaged; empty where there is one"
    )
    tensorboard: tuple[str, ...] = Field((), description="NeMo's event files, beside this record")
    seconds: float
    versions: dict[str, str]


class BoostRecord(Record):
    """boost.json: what phrase boosting of the comparison model gives, before anything is trained."""

    cycle: int
    arms: tuple[Arm, ...]
    measured_on: str
    chosen: DecodingConfig | None = Field(description="The boosting chosen, on rows that train")
    is_candidate: bool = Field(description="Whether the boosted model is what is judged")
    reasons: tuple[str, ...]
    comparison: ModelRecord
    inputs_sha256: Sha256
    scoring: Scoring = FIRST_SCORING


class ArmsRecord(Record):
    """arms.json: the systems of one fine-tune as validation rows show them, and the one chosen."""

    way_out: ClassVar[str] = "remove it and rerun to choose again"
    arms: tuple[Arm, ...]
    measured_on: str
    base_share: float
    decoding: DecodingConfig
    candidate_sha256: Sha256
    reasons: tuple[str, ...]
    inputs_sha256: Sha256
    scoring: Scoring = FIRST_SCORING


class ApprovalRecord(Record):
    """approval.json: who let a kept candidate become the champion, or did not, and why."""

    way_out: ClassVar[str] = "remove it and run `python -m flows.approve` again"
    cycle: int
    decision: Literal["yes", "no"]
    reviewer: str
    reason: str
    candidate: ModelRecord
    inputs_sha256: Sha256
    answered_at: Timestamp
    overridden: tuple[str, ...] = Field(
        (), description="What was not proven, where the verdict was overridden"
    )

    @property
    def sentence(self) -> str:
        """Return a sentence with decision, person, date and reason."""
        what = "Approved" if self.decision == "yes" else "Declined"
        who = f"by {self.reviewer} on {self.answered_at[:10]}"
        if self.overridden:
            return f"{what} by override {who}, while {'; '.join(self.overridden)}: {self.reason}"
        return f"{what} {who}: {self.reason}"


class DecisionRecord(Record):
    """decision.json: the verdict of a cycle with every figure that led to it."""

    way_out: ClassVar[str] = (
        "remove it, or run the cycle with --repair, which sets it aside; either decides again from what "
        "is stored"
    )
    versions_read: ClassVar[tuple[int, ...]] = (1, 2)
    schema_version: Literal[1, 2] = 2  # type: ignore[assignment]  # decisions of version 1 are read
    cycle: int
    verdict: Verdict
    rule: str
    reasons: tuple[str, ...]
    next: str
    scopes: dict[str, Scope]
    categories: dict[str, Scope]
    priority: Priority
    changes: Changes = Field(Changes(), description="Terms of the rows that decide, by outcome")
    guards: tuple[Guard, ...]
    arms: tuple[Arm, ...] = Field((), description="Systems as rows that do not decide show them")
    invented: tuple[Invented, ...] | None = Field(
        None,
        description="Boosted phrases that were written where nobody spoke them; None: nothing is boosted",
    )
    left_out: int = Field(description="Test rows that an ancestor of a model was trained on")
    approval: Approval | None = Field(
        None, description="The answer of a person about a kept candidate, where the policy asks one"
    )
    override: str = Field(
        "", description="Who made the candidate champion against the verdict, when and why"
    )
    anchor: ModelRecord | None = Field(
        None, description="The first base, which guards are held against; None without guards"
    )
    against_anchor: AgainstAnchor | None = Field(
        None, description="Every guard against the first base; None before schema_version 2"
    )
    against_boosting: AgainstBoosting | None = Field(
        None, description="Comparison with boosting alone; None where none was chosen"
    )
    limits_changed: str = Field("", description="Limits that changed after an earlier look")
    evidence: str = Field("", description="What speech the judged rows are")
    spent: Spent | None = Field(None, description="What its jobs took; None where nothing is known")
    summary: str = Field(description="All of it in markdown")
    audits: Audits
    base: ModelRecord = Field(description="The comparison model")
    candidate: ModelRecord
    trained_from: ModelRecord
    hand_off: dict[str, str]
    manifest_sha256: Sha256 | None
    audio_sha256: Sha256 | None
    general_sha256: Sha256 | None
    replay_sha256: Sha256 | None
    acceptance_sha256: Sha256 | None
    recipe: Recipe
    run: str
    folds: int | None
    split_sha256: Sha256 | None = Field(
        None, description="Of the sides in split.json; None before that was recorded"
    )
    policy_sha256: Sha256
    inputs_sha256: Sha256
    scoring: Scoring = FIRST_SCORING
    versions: dict[str, str]
    image: dict[str, str] | None
    decided_at: Timestamp

    @property
    def every_guard(self) -> tuple[Guard, ...]:
        """The guards against the comparison model and against the first base."""
        return every_guard(self.guards, self.against_anchor)

    @property
    def judges_boosted(self) -> bool:
        """Whether the boosted comparison model is judged next, as the gain is boosting's."""
        return self.against_boosting is not None and self.against_boosting.is_judged


class HandOffRecord(Record):
    """hand_off.json: a kept model as it was handed on; written last, when the folder is complete."""

    way_out: ClassVar[str] = "remove the folder and hand the model on again"
    cycle: int
    model_sha256: Sha256
    source_architecture: str
    decoder: str = Field(description="Value of riva-build's decoder")
    container_family: str
    decoding: DecodingConfig
    vocabulary_sha256: Sha256 | None = Field(description="Of vocabulary.txt; None without boosting")
    commands: tuple[str, ...]
    decision_sha256: Sha256
    override: str = Field("", description="Who kept the model against the verdict, when and why")
    not_champion: str = Field(
        "", description="Why the model was not the champion when it was handed off"
    )


class Champion(Record):
    """champion.json: the model now kept, and the champions before it."""

    way_out: ClassVar[str] = (
        "put back a copy of it, run `python -m flows.rollback --to CYCLE` to write it again, or the "
        "cycle with --repair, which sets it aside"
    )
    path: str = Field(description="Empty for a pretrained model that has no file here")
    sha256: Sha256 = Field(description="Of the file; without one the pretrained name")
    cycle: int
    decided_at: Timestamp
    previous: Champion | None
    inputs_sha256: Sha256 | None = Field(
        None, description="Of the inputs that its cycle had; None before that was recorded"
    )
    approval: str | None = Field(None, description="Who approved it, when and why, if it was asked")
    override: bool = Field(False, description="Whether that was against the verdict")
    decoding: DecodingConfig = GREEDY
