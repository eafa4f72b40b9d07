"""The form of a run: its few settings, put over the policy of the workspace, and the types of its fields.

The server checks a form against these types before it makes a run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict

from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.policy import Policy, Recipe
from tasks.domain.policy_keys import policy_faults
from tasks.logs import log
from tasks.workspace.open import policy_over_file, read_policy

HostPath = Annotated[
    Path, WithJsonSchema({"type": "string", "format": "path", "pattern": "^/."})
]  # absolute in a form: a worker runs in a folder of its own


def _keys_of(model: type[BaseModel]) -> JsonDict:
    """Return the part of a JSON schema that refuses keys which a section of the policy does not have."""
    return {
        "additionalProperties": False,
        "patternProperties": {f"^({'|'.join(model.model_fields)})$": {}},
    }


class TrainingSettings(BaseModel):
    """The settings of the fine-tune in a run's form; any other key of `sft` in flywheel.yaml may be added."""

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=_keys_of(Recipe))

    preset: Literal["smoke", "production"] | None = Field(
        None, description="smoke: 3 epochs; production: up to 30, stopped early"
    )
    epochs: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        None, description="Epochs; empty: as the preset has it"
    )
    batch_size: PositiveInt | None = Field(
        None, description="Rows a step and device; empty: by GPU memory"
    )
    devices: PositiveInt | None = Field(None, description="GPUs of the host to train on")


class RunSettings(BaseModel):
    """Settings of one run, put over flywheel.yaml; empty ones stay as the file has them.

    Any other key of flywheel.yaml may be added.
    """

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=_keys_of(Policy))

    base: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="What is trained: a pretrained name, a .nemo file, or champion"
    )
    boost: Literal["report", "stop", "off"] | None = Field(
        None,
        description="What phrase boosting alone gives: report it, stop where it is enough, or off",
    )
    approval: Literal["off", "required"] | None = Field(
        None, description="required: a person has to approve before a candidate becomes champion"
    )
    sft: TrainingSettings | None = Field(None, description="The fine-tune")

    @model_validator(mode="before")
    @classmethod
    def _of_a_policy(cls, given: object) -> object:
        if isinstance(given, Policy):
            return given.model_dump(mode="json", exclude_unset=True)
        return given

    def as_policy(self) -> Policy:
        """Return the policy that has these settings alone; raise InvalidInput with every fault."""
        given = self.model_dump(mode="json", exclude_unset=True)
        try:
            return Policy.model_validate(_filled(given, self))
        except ValidationError as error:
            raise InvalidInput(policy_faults(error, "policy of this run")) from None


def _filled(given: dict[str, Any], form: BaseModel) -> dict[str, Any]:
    """Return the settings, without the fields of the form that were left empty."""
    filled = {}
    for key, value in given.items():
        field = getattr(form, key)
        if isinstance(field, BaseModel):
            filled[key] = _filled(value, field)
        elif value is not None or key not in type(form).model_fields:
            filled[key] = value
    return filled


def run_settings(policy: Policy | None) -> RunSettings | None:
    """Return the keys of a policy as the settings of a run."""
    return None if policy is None else RunSettings.model_validate(policy)


def policy_of_run(root: Path, given: RunSettings | None) -> Policy | None:
    """Put settings of a run over flywheel.yaml, and log what they change; None leaves the file."""
    policy, changes = policy_over_file(root, given.as_policy() if given else None)
    if changes:
        log().info("policy, for this run: %s", "; ".join(changes))
    return policy


def given_policy(path: Path | None) -> Policy | None:
    """Read the policy a command names; None leaves the choice to the workspace."""
    if path is None:
        return None
    if not path.is_file():
        raise InvalidInput([Fault(f"expected a YAML file; {path} does not exist", "--policy")])
    return read_policy(path)
