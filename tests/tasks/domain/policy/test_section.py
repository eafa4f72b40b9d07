"""The identity of a policy: what differs from the defaults, and the version of the method."""

from __future__ import annotations

import pytest
from pydantic import Field, ValidationError

from tasks.domain.policy import Policy, PolicySection, SplitPolicy, section


class GrownSplit(SplitPolicy):
    """The split of a later version, with a setting that this one does not know."""

    shuffle: bool = Field(True)


class GrownPolicy(Policy):
    """The policy of a later version: a new setting at the top and one in a section."""

    mixing: float = Field(0.5)
    split: SplitPolicy = GrownSplit()


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"base": "base.nemo", "folds": 5},
        {"split": {"seed": 7, "group_by": "text"}, "sft": {"epochs": 4}},
    ],
)
def test_a_field_added_with_a_default_keeps_every_digest(values: dict[str, object]) -> None:
    split = values.get("split", {})
    grown = GrownPolicy.model_validate({**values, "split": GrownSplit.model_validate(split)})
    assert "mixing" in grown.model_dump()
    assert "shuffle" in grown.split.model_dump()
    assert grown.sha256 == Policy.model_validate(values).sha256
    assert grown.split.sha256 == SplitPolicy.model_validate(split).sha256


def test_the_added_field_counts_as_soon_as_it_is_changed() -> None:
    assert GrownPolicy(mixing=0.4).sha256 != Policy().sha256
    assert GrownPolicy(split=GrownSplit(shuffle=False)).sha256 != Policy().sha256


@pytest.mark.parametrize(
    "values",
    [{"base": "x.nemo"}, {"gate": {"min_rows": 99}}, {"decoding": {"batch_size": 1}}, {"folds": 2}],
)
def test_every_changed_value_changes_the_digest(values: dict[str, object]) -> None:
    assert Policy.model_validate(values).sha256 != Policy().sha256


def test_a_default_that_is_written_out_is_the_default() -> None:
    written = {"priority_categories": ["drug"], "sft": {"lr": 0.0003}, "split": {"seed": 42}}
    assert Policy.model_validate(written).sha256 == Policy().sha256


@pytest.mark.parametrize("version", ["METHOD_VERSION", "TRAINING_VERSION"])
def test_a_raised_version_asks_for_new_verdicts_or_for_new_fine_tunes(
    monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """Another rule of the verdict trains nothing again."""
    policy = Policy.model_validate({"replay": {"manifest": "replay.jsonl"}})
    before = policy.sha256, [one.sha256 for one in of_fine_tune(policy)]
    monkeypatch.setattr(section, version, getattr(section, version) + 1)
    after = policy.sha256, [one.sha256 for one in of_fine_tune(policy)]
    changed = [before[0] != after[0], before[1] != after[1]]
    assert changed == [version == "METHOD_VERSION", version == "TRAINING_VERSION"]


def of_fine_tune(policy: Policy) -> list[PolicySection]:
    assert policy.replay is not None
    return [policy.sft, policy.split, policy.replay]


def test_an_unknown_key_is_refused_at_every_depth() -> None:
    for values in ({"seed": 1}, {"split": {"seeds": 1}}):
        with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
            Policy.model_validate(values)


def test_a_section_cannot_be_changed_after_it_was_read() -> None:
    split: PolicySection = Policy().split
    with pytest.raises(ValidationError, match="frozen"):
        split.seed = 3  # type: ignore[attr-defined]
