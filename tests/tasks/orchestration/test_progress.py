"""Progress in the log and in Prefect."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import Artifact
from prefect.context import FlowRunContext

import tasks.orchestration.progress as module
from tasks.domain.progress import Progress
from tasks.logs import at_stage, log, report, reported_to
from tasks.orchestration.names import artifact_key
from tasks.orchestration.progress import Lines, ProgressArtifact, cycle_shown, progress_of
from tasks.workspace.cycle import Cycle
from tasks.workspace.open import open_cycle


@pytest.fixture
def cycle(workspace: Callable[..., Path]) -> Cycle:
    return open_cycle(workspace([{}]), 1)


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What the flywheel logs."""
    found: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    collector, level = Collector(), log().level
    log().addHandler(collector)
    log().setLevel(logging.INFO)
    yield found
    log().removeHandler(collector)
    log().setLevel(level)


def artifacts_of(cycle: Cycle) -> list[Artifact]:
    key = artifact_key(cycle.root, cycle.name, "cycle-1-progress-turn")
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
    with get_client(sync_client=True) as client:
        return client.read_artifacts(artifact_filter=wanted)


def test_a_line_is_logged_when_the_work_changes_and_when_it_is_done(lines: list[str]) -> None:
    show = Lines()
    show(Progress("sft"))
    for step in range(1, 11):
        show(Progress("sft", step, 10, "steps", None, f"epoch {1 + step // 6} of 2"))
    assert lines == [
        "sft: 1 of 10 steps, epoch 1 of 2",
        "sft: 6 of 10 steps, epoch 2 of 2",
        "sft: 10 of 10 steps, epoch 2 of 2",
    ]
    for loss in (0.3, 0.2):
        show(Progress("sft", 10, 10, "steps", None, f"epoch 2 of 2, val_wer {loss}"))
    assert len(lines) == 3, "the last line comes once, whatever figures follow"


def test_the_bar_of_a_cycle_goes_by_its_stages_never_back_and_is_full_at_its_end(
    cycle: Cycle,
) -> None:
    seen: list[Progress] = []
    with reported_to(seen.append), cycle_shown(cycle):
        for stage in ("gate", "transcribe-baseline", "gate", "split", "sft", "arms", "decide"):
            with at_stage(stage):
                report(Progress(done=3, total=4, unit="steps"))
                report(Progress(done=1, total=4, unit="steps"))  # of a job after the first
    percents = [one.percent for one in seen]
    assert percents == sorted(percents)
    assert (percents[0], percents[-1]) == (0, 100)
    assert "sft (4 of 7): 3 of 4 steps" in [one.text for one in seen]
    assert {one.place for one in seen if one.stage == "arms"} == {"4 of 7"}


@pytest.mark.usefixtures("prefect_server")
def test_a_second_attempt_at_a_flow_run_replaces_the_progress_of_the_first(
    cycle: Cycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is another process, which knows nothing of the first."""

    @flow
    def turn() -> None:
        context = FlowRunContext.get()
        assert context is not None
        assert context.flow_run is not None
        key = artifact_key(cycle.root, cycle.name, "cycle-1-progress-turn")
        with get_client(sync_client=True) as client:
            for done in (3, 1):
                attempt = ProgressArtifact(context.flow_run.id, key)
                attempt._publish(Progress("sft", done, 4, "steps"), client)

    turn()
    (artifact,) = artifacts_of(cycle)
    assert (artifact.data, artifact.description) == (25, "sft: 1 of 4 steps")


@pytest.mark.usefixtures("prefect_server")
def test_a_flow_run_has_one_artifact_that_is_updated(
    cycle: Cycle, wait_for: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PUBLISH_SECONDS", 0.1)

    def published(stage: str) -> bool:
        return any(stage in str(one.description) for one in artifacts_of(cycle))

    @flow
    def turn() -> None:
        for stage in ("sft", "transcribe"):
            with progress_of(cycle):
                report(Progress(stage, 1, 4, "steps", 102, "epoch 1 of 1"))
                wait_for(partial(published, stage))

    turn()
    (artifact,) = artifacts_of(cycle)
    assert artifact.type == "progress"
    assert artifact.data == 25
    assert artifact.description == "transcribe: 1 of 4 steps, 1:42 left, epoch 1 of 1"
    assert artifact.flow_run_id is not None
    assert artifact.key == artifact.key.lower()


class Recorded(ProgressArtifact):
    """Keeps what it would publish."""

    def __init__(self) -> None:
        super().__init__(uuid4(), "progress")
        self.sent: list[str] = []

    def _publish(self, now: Progress, _client: object) -> None:
        self.sent.append(now.text)


@pytest.mark.usefixtures("prefect_server")
def test_updates_are_rare_and_the_last_one_is_never_lost(
    wait_for: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PUBLISH_SECONDS", 0.5)
    show, began = Recorded(), time.monotonic()
    for step in range(100):
        show(Progress("sft", step + 1, 100, "steps"))
        time.sleep(0.01)
    wait_for(lambda: show.sent and show.sent[-1] == "sft: 100 of 100 steps")
    assert 2 <= len(show.sent) <= 2 + (time.monotonic() - began) / 0.5


@pytest.mark.usefixtures("prefect_server")
def test_a_server_that_does_not_answer_neither_fails_nor_slows_the_work(
    cycle: Cycle, wait_for: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked by a thread of its own, at whose end nobody waits."""
    asked, answer = list[threading.Thread](), threading.Event()

    def unanswered(*_: object) -> None:
        asked.append(threading.current_thread())
        answer.wait(600)
        raise ConnectionError("refused")

    monkeypatch.setattr(ProgressArtifact, "_publish", unanswered)

    @flow
    def turn() -> None:
        with progress_of(cycle):
            for step in range(10):
                report(Progress("sft", step, 10, "steps"))
            wait_for(lambda: asked)  # on a busy machine the thread begins late

    turn()
    assert [one.is_alive() for one in asked] == [True], "the work is over, and one request is not"
    answer.set()
    asked[0].join()
    assert artifacts_of(cycle) == []
