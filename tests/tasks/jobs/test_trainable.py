"""A base that this host cannot train is refused before anything is decoded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.errors import JobFailed, JobFault
from tasks.domain.policy import Policy
from tasks.domain.progress import Stage
from tasks.jobs.trainable import check_trainable
from tasks.workspace.cycle import Run
from tasks.workspace.open import open_cycle

TDT = "joint: {}\nloss: {loss_name: tdt}\n"
Workspace = Callable[..., Path]


@pytest.fixture
def root(
    workspace: Workspace, fake_model: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A workspace with a TDT base, on a host that has a CPU alone."""
    monkeypatch.setenv("FLYWHEEL_ACCELERATOR", "cpu")
    root = workspace([{}], policy="base: base.nemo\n")
    fake_model(root / "base.nemo", 0.8, TDT)
    return root


@pytest.mark.parametrize("stop_after", [None, "sft", "score"])
def test_a_tdt_base_on_a_cpu_is_refused(root: Path, stop_after: Stage | None) -> None:
    with pytest.raises(JobFailed, match=r"no CPU path: .*; --stop-after boost shows") as raised:
        check_trainable(open_cycle(root, 1), None, stop_after)
    assert raised.value.fault is JobFault.NO_GPU


@pytest.mark.parametrize(
    ("policy", "pool", "stop_after"),
    [
        ({"base": "base.nemo"}, "gpu", None),
        ({"base": "base.nemo"}, None, "boost"),
        ({"base": "base.nemo", "boost": "stop"}, None, None),
        ({"base": "nvidia/parakeet-ctc-0.6b"}, None, None),
    ],
)
def test_where_nothing_is_trained_here_or_it_can_be_there_is_no_refusal(
    root: Path, policy: dict[str, str], pool: str | None, stop_after: Stage | None
) -> None:
    check_trainable(open_cycle(root, 1, Policy.model_validate(policy)), pool, stop_after)


def test_a_fine_tune_that_stands_needs_no_training(root: Path) -> None:
    run = Run(open_cycle(root, 1))
    run.folder.mkdir(parents=True)
    for path in (run.candidate, run.training_info):
        with pytest.raises(JobFailed):
            check_trainable(run.cycle, None, None)
        path.write_bytes(b"")
    check_trainable(run.cycle, None, None)
