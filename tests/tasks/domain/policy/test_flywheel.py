"""What the policy of a flywheel refuses, and what it decides on rows and bases."""

from __future__ import annotations

import pytest

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tests.conftest import FIELDS


def test_the_priority_rows_are_those_of_any_priority_category() -> None:
    categories = ("drug", "lab", "procedure", "drug")
    rows = [ClinicalRow.model_validate(FIELDS | {"entity_category": one}) for one in categories]
    assert Policy().priority_positions(rows) == [0, 3]
    assert Policy(priority_categories=("lab", "drug")).priority_positions(rows) == [0, 1, 3]


def test_a_workspace_starts_from_its_pretrained_model_until_there_is_a_champion() -> None:
    assert Policy(base="mine.nemo").starting_base == "mine.nemo"
    assert Policy(base="champion", pretrained="other.nemo").starting_base == "other.nemo"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"boost": "stop", "folds": 3}, "boost: stop needs decide.rule: held_out, and no folds"),
        ({"arms": {}, "folds": 3}, "arms needs decide.rule: held_out, and no folds"),
        ({"arms": {"boosted": True}, "boost": "off"}, "arms.boosted needs boost: report or stop"),
    ],
)
def test_systems_that_cannot_be_compared_honestly_are_refused(
    fields: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Policy.model_validate(fields)


def test_off_is_what_yaml_makes_of_it() -> None:
    assert Policy.model_validate({"boost": False}).boost == "off"
