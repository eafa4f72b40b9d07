"""Two jobs on one host do not take each other's cores."""

from __future__ import annotations

import pytest

from tasks.domain.recipe import CPU, Hardware
from tasks.jobs.environment import job_environment


def test_threads_of_a_job_sleep_where_they_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    assert job_environment("transcribe", CPU)["OMP_WAIT_POLICY"] == "PASSIVE"
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    assert job_environment("transcribe", CPU)["OMP_WAIT_POLICY"] == "ACTIVE"


def test_only_a_download_reaches_the_hub_and_only_a_gpu_job_a_gpu() -> None:
    given = job_environment("fetch", Hardware("gpu"))
    assert not {"HF_HUB_OFFLINE", "CUDA_VISIBLE_DEVICES"} & given.keys()
    given = job_environment("finetune", CPU)
    assert (given["HF_HUB_OFFLINE"], given["CUDA_VISIBLE_DEVICES"]) == ("1", "")
