"""Every key of a policy is described, and a wrong one is answered with what is right."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tasks.domain.policy import Policy
from tasks.domain.policy_keys import policy_faults, policy_keys


def faults_of(policy: Any) -> list[str]:
    with pytest.raises(ValidationError) as raised:
        Policy.model_validate(policy)
    return [str(fault) for fault in policy_faults(raised.value, "flywheel.yaml")]


def test_every_key_of_every_section_is_given_with_what_it_may_be() -> None:
    keys = {key.name: key for key in policy_keys()}
    assert {name for name in keys if "." not in name} == set(Policy.model_fields)
    assert all(key.description for key in keys.values())
    assert (keys["sft.epochs"].kind, keys["sft.epochs"].bounds) == (
        "a whole number", "at least 1, at most 1,000",
    )  # fmt: skip
    assert keys["decoding.tried_alphas"].kind == "a list, each a number more than 0, at most 10"
    assert keys["decoding.tried_alphas"].bounds == "not empty, at most 8 long"
    assert keys["gate.power"].kind == "warn or stop"
    assert keys["replay.manifest"].required
    assert keys["arms"].default is None
    assert keys["arms"].section is not None


@pytest.mark.parametrize(
    ("policy", "end"),
    [
        (
            {"split": {"test_shar": 0.1}},
            "did you mean 'test_share'? There is no key 'test_shar' here",
        ),
        ({"fold": 3}, "did you mean 'folds'? There is no key 'fold' here"),
        ({"epochs": 3}, "did you mean 'sft.epochs'? There is no key 'epochs' here"),
        (
            {"seed": 3},
            "did you mean 'build.seed, split.seed, sft.seed'? There is no key 'seed' here",
        ),
    ],
)
def test_an_unknown_key_is_answered_with_what_may_be_meant_alone(
    policy: dict[str, Any], end: str
) -> None:
    (fault,) = faults_of(policy)
    assert fault.endswith(f": {end}")


def test_an_unknown_key_like_no_other_is_answered_with_those_there_are() -> None:
    (fault,) = faults_of({"hue": 3})
    assert ": expected one of base, " in fault
    assert fault.endswith("; got 'hue'")


def test_a_key_with_one_choice_is_that_word() -> None:
    keys = {key.name: key for key in policy_keys()}
    assert keys["rent.provider"].kind == "brev"


@pytest.mark.parametrize(
    ("policy", "fault"),
    [
        ({"boost": "reports"}, "boost: expected one of report, stop, off; got 'reports' (did you "
         "mean 'report'?)"),
        ({"sft": {"precision": 32}}, "sft.precision: expected one of auto, bf16-mixed, fp16-mixed, "
         "32; got 32 (did you mean '32'?)"),
        ({"folds": 1}, "folds: expected a whole number, at least 2, at most 20; got 1"),
        ({"base": ""}, "base: expected text, not empty; got ''"),
        ({"decide": "fast"}, "decide: expected keys and their values, such as rule; got 'fast'"),
        ({"replay": {}}, "replay.manifest: expected a value; the key is missing"),
        ({"priority_categories": ["lab", "drugs"]}, "priority_categories.1: expected one of drug, "
         "procedure, anatomy, condition, lab, role; got 'drugs' (did you mean 'drug'?)"),
        ({"priority_categories": ["drugs"]}, "priority_categories.0: expected one of drug, "
         "procedure, anatomy, condition, lab, role; got 'drugs' (did you mean 'drug'?)"),
        ({"boost": "stop", "folds": 2}, "policy: boost: stop needs decide.rule: held_out, and no "
         "folds"),
        ([], "policy: expected keys and their values, such as base; got []"),
        ({"sft": {0.1: None}}, "sft.0.1: expected keys that are words; got 0.1"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_sentence_with_what_was_expected(policy: Any, fault: str) -> None:
    assert faults_of(policy) == [f"flywheel.yaml: {fault}"]


def test_a_long_value_is_cut() -> None:
    (fault,) = faults_of({"folds": "x" * 10_000})
    assert len(fault) < 300
