"""The whole policy of one flywheel: flywheel.yaml, `--policy` and the form in the Prefect UI."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from tasks.domain.manifest import Category, ClinicalRow
from tasks.domain.policy.build import AdvancePolicy, BuildPolicy
from tasks.domain.policy.cost import CostPolicy
from tasks.domain.policy.deciding import DecisionPolicy, GatePolicy, ReportPolicy
from tasks.domain.policy.rent import RentPolicy
from tasks.domain.policy.section import PolicySection, off_in_yaml
from tasks.domain.policy.systems import ArmsPolicy, DecodingPolicy
from tasks.domain.policy.training import Recipe, Replay, SplitPolicy
from tasks.domain.scoring.canonical import View

RECOMMENDED_BASE = "nvidia/parakeet-tdt-0.6b-v2"


class Policy(PolicySection):
    """One flywheel's policy."""

    shown_only: ClassVar[frozenset[str]] = frozenset(
        {
            *("name", "rent", "served_difference", "cost", "tracking", "build", "advance"),
            "preregister",
        }
    )

    base: str = Field(
        RECOMMENDED_BASE,
        min_length=1,
        description="What is trained: a pretrained name, a .nemo file, or pretrained | champion",
    )
    base_sha256: str | None = Field(
        None,
        pattern="^[0-9a-f]{64}$",
        description="Digest that the .nemo file of base must have; unset: it is only recorded",
    )
    pretrained: str = Field(
        RECOMMENDED_BASE,
        min_length=1,
        description="Name or .nemo file for base: pretrained, and for champion until there is one",
    )
    anchor: str | None = Field(
        None,
        min_length=1,
        description="Model that every guard is held against in all cycles, decoded greedily: a "
        "pretrained name or a .nemo file; unset: the first base of the workspace",
    )
    priority_categories: tuple[Category, ...] = Field(
        ("drug",), min_length=1, description="Categories that open the gate and decide"
    )
    decode_baseline: bool = Field(
        True, description="Decode the comparison model when the cycle has no per_sample.json"
    )
    build: BuildPolicy = BuildPolicy()
    advance: AdvancePolicy = AdvancePolicy()
    gate: GatePolicy = GatePolicy()
    split: SplitPolicy = SplitPolicy()
    sft: Recipe = Recipe()
    folds: int | None = Field(
        None, ge=2, le=20, description="Train this many models so that every row is judged held out"
    )
    replay: Replay | None = None
    decoding: DecodingPolicy = DecodingPolicy()
    boost: Literal["report", "stop", "off"] = Field(
        "report",
        description="What phrase boosting alone would give, before anything is trained; stop: a "
        "boosted system that is good enough by it is the candidate, and nothing is trained. stop needs "
        "`replay`: general speech is measured on those of its clips that do not train",
    )
    arms: ArmsPolicy | None = None
    scoring: View = Field(
        "canonical",
        description="View that gate and verdict judge by. canonical: numbers by value, units, hyphens "
        "and spellings written one way; published: as the method was published, which "
        "decide.rule: published implies",
    )
    decide: DecisionPolicy = DecisionPolicy()
    acceptance: Literal["report", "required"] = Field(
        "report",
        description="required: keep needs a significant drop on recorded rows of acceptance.jsonl; "
        "report: the verdict shows whether there is one",
    )
    preregister: bool = Field(
        False,
        description="Refuse a cycle whose limits (`decide`, `gate`, `priority_categories`, `acceptance`, "
        "`anchor`) differ from those of the first look at the same terms; otherwise the change is stamped on "
        "every output",
    )
    approval: Literal["off", "required"] = Field(
        "off", description="required: a person has to approve before a candidate becomes champion"
    )
    approval_hours: float | None = Field(
        None,
        gt=0,
        le=8760,
        description="Hours that a run in Prefect waits for approval; unset: any time",
    )
    cost: CostPolicy = CostPolicy()
    tracking: Literal["off", "mlflow"] = Field(
        "off", description="mlflow: each cycle is logged to the server of MLFLOW_TRACKING_URI"
    )
    report: ReportPolicy = ReportPolicy()
    served_difference: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of rows that a served model may transcribe differently from offline",
    )
    rent: RentPolicy = RentPolicy()
    name: str | None = Field(
        None,
        min_length=1,
        max_length=60,
        description="Name of the flywheel in the Prefect UI and in reports; unset: its folder's",
    )

    def over(self, in_file: Policy) -> tuple[Policy, tuple[str, ...]]:
        """Put what is set here over the policy of the file; return the result and what it changed.

        A section is merged key by key, a list is replaced. A policy that sets every section is one
        that a form filled in: what it leaves at its default is not set. Raises ValidationError where
        the two do not go together.

        >>> Policy.model_validate({"sft": {"epochs": 9}}).over(Policy(base="base.nemo"))[1]
        ('sft.epochs None → 9',)
        """
        before = in_file.model_dump(mode="json")
        sections = {
            name for name, field in Policy.model_fields.items() if field.default is not None
        }
        form = sections <= self.model_fields_set
        given = self.model_dump(mode="json", exclude_defaults=form, exclude_unset=not form)
        merged = _merged(before, given)
        policy = Policy.model_validate(merged)
        return policy, tuple(_differences(before, policy.model_dump(mode="json")))

    @field_validator("boost", "approval", "tracking", mode="before")
    @classmethod
    def _off_in_yaml(cls, value: object) -> object:
        return off_in_yaml(value)

    @model_validator(mode="after")
    def _arms_can_be_compared(self) -> Policy:
        every_row = self.folds or self.decide.rule == "published"
        if every_row and self.boost == "stop":  # rows that a boosting was chosen on would decide
            raise ValueError("boost: stop needs decide.rule: held_out, and no folds")
        if self.arms is None:
            return self
        if every_row:
            raise ValueError("arms needs decide.rule: held_out, and no folds")
        if self.arms.boosted and self.boost == "off":
            raise ValueError("arms.boosted needs boost: report or stop")
        return self

    @model_validator(mode="after")
    def _published_rule_has_the_published_split(self) -> Policy:
        if self.decide.rule == "published" and (self.split.group_by != "row" or self.folds):
            raise ValueError("decide.rule: published needs split.group_by: row, and no folds")
        return self

    def priority_positions(self, rows: Sequence[ClinicalRow]) -> list[int]:
        """The positions of the rows of priority categories."""
        return [n for n, row in enumerate(rows) if row.entity_category in self.priority_categories]

    @property
    def view(self) -> View:
        """The view that gate and verdict judge by."""
        return "published" if self.decide.rule == "published" else self.scoring

    @property
    def shares(self) -> tuple[float, ...]:
        """The shares of the base that a fine-tune is averaged with, the expected one first.

        None where only one system is made.
        """
        if self.arms is None:
            return ()
        return tuple(dict.fromkeys((self.sft.base_share, *self.arms.base_shares)))

    @property
    def starting_base(self) -> str:
        """The name or file that a fine-tune starts from while there is no champion."""
        return self.pretrained if self.base in ("pretrained", "champion") else self.base


def _merged(before: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    merged = dict(before)
    for key, value in given.items():
        section = before.get(key)
        both = isinstance(section, dict) and isinstance(value, dict)
        merged[key] = _merged(section or {}, value) if both else value
    return merged


def _differences(before: dict[str, Any], after: dict[str, Any], within: str = "") -> Iterator[str]:
    """Return the keys in which two dumps differ, nested ones by their path."""
    for key, value in after.items():
        old, path = before.get(key), f"{within}{key}"
        if isinstance(old, dict) and isinstance(value, dict):
            yield from _differences(old, value, f"{path}.")
        elif old != value:
            yield f"{path} {old} → {value}"
