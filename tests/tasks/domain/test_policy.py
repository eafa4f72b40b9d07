"""The identity of a policy, and what it refuses."""

from __future__ import annotations

import pytest
from pydantic import Field, ValidationError

from tasks.domain import policy as module
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy, PolicySection, SplitPolicy
from tests.conftest import FIELDS


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


def test_a_raised_method_version_changes_every_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Policy().sha256
    monkeypatch.setattr(module, "METHOD_VERSION", module.METHOD_VERSION + 1)
    assert Policy().sha256 != before


def test_an_unknown_key_is_refused_at_every_depth() -> None:
    for values in ({"seed": 1}, {"split": {"seeds": 1}}):
        with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
            Policy.model_validate(values)


def test_a_section_cannot_be_changed_after_it_was_read() -> None:
    section: PolicySection = Policy().split
    with pytest.raises(ValidationError, match="frozen"):
        section.seed = 3  # type: ignore[attr-defined]


def test_the_priority_rows_are_those_of_any_priority_category() -> None:
    categories = ("drug", "lab", "procedure", "drug")
    rows = [ClinicalRow.model_validate(FIELDS | {"entity_category": one}) for one in categories]
    assert Policy().priority_positions(rows) == [0, 3]
    assert Policy(priority_categories=("lab", "drug")).priority_positions(rows) == [0, 1, 3]


def test_a_workspace_starts_from_its_pretrained_model_until_there_is_a_champion() -> None:
    assert Policy(base="mine.nemo").starting_base == "mine.nemo"
    assert Policy(base="champion", pretrained="other.nemo").starting_base == "other.nemo"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"boost": "stop", "folds": 3}, "boost: stop needs decide.rule: held_out, and no folds"),
        ({"arms": {}, "folds": 3}, "arms needs decide.rule: held_out, and no folds"),
        ({"arms": {"boosted": True}, "boost": "off"}, "arms.boosted needs boost: report or stop"),
    ],
)
def test_systems_that_cannot_be_compared_honestly_are_refused(
    fields: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Policy.model_validate(fields)


def test_off_is_what_yaml_makes_of_it() -> None:
    assert Policy.model_validate({"boost": False}).boost == "off"


@pytest.mark.parametrize("limit", [-1, 1001, 0.5])
def test_the_limit_of_embedded_audio_is_a_whole_number_of_megabytes_in_bounds(limit: float) -> None:
    assert Policy().report.embed_audio_mb == 20
    with pytest.raises(ValidationError, match="embed_audio_mb"):
        Policy.model_validate({"report": {"embed_audio_mb": limit}})
