"""Suspended runs are resumed where a server is known; tests/deployments has the real thing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.settings import PREFECT_API_URL, temporary_settings
from pydantic import ValidationError

from tasks.orchestration.suspended import Answer, ask_for_approval, is_of, resume_suspended
from tasks.workspace.open import open_cycle

ANSWER = {"decision": "yes", "reviewer": "Dr. Okafor", "reason": "checked it"}


@flow(name="flywheel-cycle")
def waits(workspace: str, cycle: int) -> None:
    """Stand in for a flow whose runs wait for a person."""


def test_without_a_server_nothing_is_resumed_and_none_is_started(
    workspace: Callable[..., Path],
) -> None:
    with temporary_settings({PREFECT_API_URL: None}):
        assert resume_suspended(open_cycle(workspace([{}]), 1), ANSWER) == 0


def test_a_server_that_does_not_answer_loses_no_answer(workspace: Callable[..., Path]) -> None:
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        assert resume_suspended(open_cycle(workspace([{}]), 1), ANSWER) == 0


@pytest.mark.usefixtures("prefect_server")
def test_where_no_run_waits_none_is_resumed(workspace: Callable[..., Path]) -> None:
    with get_client(sync_client=True) as client:
        assert client.hello().status_code == 200
    assert resume_suspended(open_cycle(workspace([{}]), 1), ANSWER) == 0


@pytest.mark.usefixtures("prefect_server")
def test_a_run_is_found_among_more_than_a_server_answers_with_at_once(
    workspace: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    cycle = open_cycle(workspace([{}]), 1)
    resumed: dict[UUID, object] = {}
    monkeypatch.setattr(
        "tasks.orchestration.suspended.resume_flow_run",
        lambda run_id, run_input: resumed.update({run_id: run_input}),
    )
    waiting = State(type=StateType.PAUSED, name="Suspended")
    with get_client(sync_client=True) as client:
        parameters = {"workspace": str(cycle.root), "cycle": 1}
        for _ in range(201):
            client.create_flow_run(waits, parameters=parameters, state=waiting)
    assert resume_suspended(cycle, ANSWER) == 201
    assert len(resumed) == 201
    assert all(answer == ANSWER for answer in resumed.values())


def test_a_run_is_of_a_cycle_by_workspace_and_number(workspace: Callable[..., Path]) -> None:
    cycle = open_cycle(workspace([{}]), 1)

    def run(*tags: str, **parameters: object) -> FlowRun:
        return FlowRun(flow_id=uuid4(), parameters=parameters, tags=tags)

    assert is_of(run("cycle:1", workspace=str(cycle.root), cycle=None), cycle)
    assert not is_of(run("cycle:2", workspace=str(cycle.root), cycle=None), cycle)
    assert is_of(run(workspace=f"{cycle.root}/../w", cycle=1), cycle)
    assert not is_of(run(workspace=str(cycle.root), cycle=2), cycle)
    assert not is_of(run(workspaces=[str(cycle.root)]), cycle)


def test_a_run_that_no_deployment_starts_again_names_the_command_and_waits_for_nothing(
    workspace: Callable[..., Path],
) -> None:
    assert ask_for_approval(open_cycle(workspace([{}]), 1)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"decision": "maybe"},
        {"reviewer": ""},
        {"reviewer": "   "},
        {"reason": "\n"},
        {"reason": "x" * 1001},
    ],
)
def test_an_answer_needs_a_yes_or_no_a_name_and_a_reason(wrong: dict[str, str]) -> None:
    right = {"decision": "yes", "reviewer": "Dr. Okafor", "reason": "checked it"}
    assert Answer.model_validate(right).reviewer == "Dr. Okafor"
    with pytest.raises(ValidationError):
        Answer.model_validate(right | wrong)
