"""Settings of one run lie over flywheel.yaml, and what they change is named."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import pytest
from prefect.utilities.schema_tools.validation import validate
from pydantic import ValidationError

from flows.cycle import flywheel_cycle
from tasks.domain.errors import InvalidInput
from tasks.domain.policy import Policy, Recipe
from tasks.logs import log
from tasks.orchestration.run_policy import (
    RunSettings,
    TrainingSettings,
    policy_of_run,
    run_settings,
)

FILE = "base: base.nemo\nsft: {epochs: 5, lr: 1.0e-4}\n"


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What the flywheel logs, wherever it is sent to."""
    logger = log()
    level = logger.level
    logger.addHandler(caplog.handler)
    logger.setLevel(logging.INFO)
    yield caplog
    logger.removeHandler(caplog.handler)
    logger.setLevel(level)


def given(**settings: object) -> RunSettings:
    return RunSettings.model_validate(settings)


def test_what_is_not_set_stays_as_the_file_has_it(
    workspace: Callable[..., Path], logged: pytest.LogCaptureFixture
) -> None:
    policy = policy_of_run(workspace([{}], policy=FILE), given(sft={"epochs": 2}))
    assert policy is not None
    assert (policy.base, policy.sft.epochs, policy.sft.lr) == ("base.nemo", 2, 1e-4)
    assert "policy, for this run: sft.epochs 5 → 2" in logged.text


def test_a_setting_that_is_the_files_already_changes_nothing(
    workspace: Callable[..., Path], logged: pytest.LogCaptureFixture
) -> None:
    policy = policy_of_run(workspace([{}], policy=FILE), given(sft={"epochs": 5}))
    assert policy is not None
    assert (
        policy.sha256
        == Policy.model_validate({"base": "base.nemo", "sft": {"epochs": 5, "lr": 1e-4}}).sha256
    )
    assert "for this run" not in logged.text


def test_without_settings_the_file_is_left_to_whoever_opens_the_cycle(
    workspace: Callable[..., Path],
) -> None:
    assert policy_of_run(workspace([{}], policy="nonsense: 1\n"), None) is None


def test_a_field_of_the_form_that_is_left_empty_sets_nothing(
    workspace: Callable[..., Path], logged: pytest.LogCaptureFixture
) -> None:
    """The form in the Prefect UI sends all fields as soon as one is looked at."""
    form = RunSettings(sft=TrainingSettings()).model_dump(mode="json")
    form["sft"]["epochs"] = 2
    policy = policy_of_run(workspace([{}], policy=f"approval: required\n{FILE}"), given(**form))
    assert policy is not None
    assert (policy.approval, policy.sft.epochs, policy.sft.lr) == ("required", 2, 1e-4)
    assert "policy, for this run: sft.epochs 5 → 2" in logged.text


def test_any_other_key_of_the_policy_can_be_set_too(workspace: Callable[..., Path]) -> None:
    policy = policy_of_run(
        workspace([{}], policy="folds: 3\n"), given(folds=None, sft={"lr": 0.01})
    )
    assert policy is not None
    assert (policy.folds, policy.sft.lr) == (None, 0.01)
    with pytest.raises(
        InvalidInput, match=r"policy of this run: sft\.epoch: did you mean 'epochs'"
    ):
        policy_of_run(workspace([{}]), given(sft={"epoch": 2}))


def test_a_command_hands_its_policy_on_as_settings_of_the_run() -> None:
    policy = Policy.model_validate({"base": "b.nemo", "gate": {"min_rows": 50}})
    settings = run_settings(policy)
    assert settings is not None
    assert settings.as_policy() == policy
    assert run_settings(None) is None


def test_a_field_of_the_form_has_the_bounds_of_the_policy() -> None:
    pairs = [(RunSettings, Policy, {"base": ""}), (TrainingSettings, Recipe, {"epochs": 1001})]
    for form, section, wrong in pairs:
        assert set(form.model_fields) <= set(section.model_fields)
        for model in (form, section):
            with pytest.raises(ValidationError):
                model.model_validate(wrong)
    for name in ("boost", "approval"):
        allowed = get_args(Policy.model_fields[name].annotation)
        assert allowed == get_args(get_args(RunSettings.model_fields[name].annotation)[0])


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"workspace": "drugs"}, "field 'workspace'.*'drugs' does not match '\\^/"),
        ({"workspace": ""}, "field 'workspace'"),
        ({"workspace": "/w", "cycle": 0}, "field 'cycle'.*0 is less than or equal to the minimum of 0"),
        ({"workspace": "/w", "policy": {"bse": "b"}}, "field 'policy'.*'bse' does not match.*base"),
        ({"workspace": "/w", "policy": {"sft": {"epochs": 0}}}, "field 'policy.sft.epochs'.*minimum of 1"),
        ({"workspace": "/w", "policy": {"sft": {"epoch": 2}}}, "field 'policy.sft'.*'epoch'"),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_run_is_refused_by_the_server_in_its_own_words(
    form: dict[str, object], sentence: str
) -> None:
    """The server checks the parameters of a deployment before it makes a run."""
    schema = flywheel_cycle.parameters.model_dump()
    with pytest.raises(Exception, match=sentence):
        validate(form, schema, raise_on_error=True)
    validate({"workspace": "/w", "cycle": None, "policy": None}, schema, raise_on_error=True)
    validate({"workspace": "/w", "policy": {"base": None, "folds": 3}}, schema, raise_on_error=True)


def test_settings_that_do_not_go_with_the_file_are_refused(workspace: Callable[..., Path]) -> None:
    root = workspace([{}], policy="folds: 3\n")
    with pytest.raises(InvalidInput, match=r"policy of this run: .*no folds"):
        policy_of_run(root, given(arms={}))
