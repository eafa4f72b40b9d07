"""What an operator set on the server stays; what was deployed and not touched follows the files."""

from __future__ import annotations

import doctest

import pytest

from deployments import settings
from deployments.settings import Settings, digest, file_settings, merge

DEPLOYED = {"limit": digest(1)}


def test_the_examples_of_the_module_hold() -> None:
    assert doctest.testmod(settings).attempted > 2
    assert not doctest.testmod(settings).failed


@pytest.mark.parametrize(
    ("file", "server", "merged"),
    [
        pytest.param({"limit": 1}, {"limit": 1}, {"limit": 1}, id="nothing differs"),
        pytest.param({"limit": 1}, {"limit": 3}, {"limit": 3}, id="set by an operator"),
        pytest.param({"limit": 2}, {"limit": 1}, {"limit": 2}, id="changed in the files"),
        pytest.param({"limit": 2}, {"limit": 3}, {"limit": 3}, id="changed in both"),
        pytest.param({"limit": 1}, {}, {}, id="removed by an operator"),
        pytest.param({}, {"limit": 1}, {}, id="removed from the files"),
        pytest.param({"limit": 1, "new": 5}, {"limit": 1}, {"limit": 1, "new": 5}, id="new"),
        pytest.param({}, {"own": 7}, {"own": 7}, id="added by an operator"),
    ],
)
def test_a_setting_follows_the_files_only_while_nobody_changed_it_on_the_server(
    file: Settings, server: Settings, merged: Settings
) -> None:
    assert merge(file, server, DEPLOYED)[0] == merged
    assert merge(file, server, DEPLOYED, reset=True)[0] == file


def test_a_server_of_which_nothing_is_recorded_keeps_its_settings_and_gets_new_ones() -> None:
    merged, sentences = merge({"limit": 1, "new": 5}, {"limit": 3}, {})
    assert merged == {"limit": 3, "new": 5}
    assert sentences == ["limit stays 3 (in the files: 1)", "new: none → 5"]


def test_the_value_of_a_job_variable_which_may_be_a_key_is_not_printed() -> None:
    file, server = (
        {"job variable env": {}},
        {"job variable env": {"FLYWHEEL_NGC_API_KEY": "secret"}},
    )
    assert merge(file, server, {})[1] == ["job variable env stays; it is not that of the files"]


def test_a_deployment_has_one_setting_for_each_thing_that_an_operator_can_set() -> None:
    entry = {
        "work_pool": {"name": "gpu", "job_variables": {"env": {}}},
        "parameters": {"pool": "gpu"},
        "concurrency_limit": {"limit": 1, "collision_strategy": "ENQUEUE"},
        "schedules": [{"slug": "nightly", "cron": "0 2 * * *", "timezone": "UTC", "active": False}],
    }
    assert file_settings(entry) == {
        "work pool": "gpu",
        "tags": [],
        "limit": 1,
        "over the limit": "ENQUEUE",
        "parameter pool": "gpu",
        "job variable env": {},
        "schedule nightly": {"cron": "0 2 * * *", "timezone": "UTC"},
        "schedule nightly active": False,
        "schedule nightly parameters": {},
    }
