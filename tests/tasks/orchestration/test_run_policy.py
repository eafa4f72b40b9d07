"""Settings of one run lie over flywheel.yaml, and what they change is named."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tasks.domain.errors import InvalidInput
from tasks.domain.policy import Policy
from tasks.logs import log
from tasks.orchestration.run_policy import policy_of_run

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


def given(**settings: object) -> Policy:
    return Policy.model_validate(settings)


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


def test_a_form_sends_every_default_and_sets_none_of_them(
    workspace: Callable[..., Path], logged: pytest.LogCaptureFixture
) -> None:
    """The form in the Prefect UI fills in all fields as soon as one is looked at."""
    form = Policy().model_dump(mode="json", exclude_none=True)
    form["sft"]["epochs"] = 2
    policy = policy_of_run(workspace([{}], policy=FILE), Policy.model_validate(form))
    assert policy is not None
    assert (policy.base, policy.sft.epochs, policy.sft.lr) == ("base.nemo", 2, 1e-4)
    assert "policy, for this run: sft.epochs 5 → 2" in logged.text


def test_settings_that_do_not_go_with_the_file_are_refused(workspace: Callable[..., Path]) -> None:
    root = workspace([{}], policy="folds: 3\n")
    with pytest.raises(InvalidInput, match=r"policy of this run: .*no folds"):
        policy_of_run(root, given(arms={}))
