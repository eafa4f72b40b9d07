"""The host that a job runs on."""

import pytest

from tasks.domain.jobs import JobFailed
from tasks.domain.recipe import CPU
from tasks.jobs.runner import local_hardware
from tasks.settings import Settings


def test_a_gpu_that_was_asked_for_and_is_not_there_is_one_sentence_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(JobFailed, match="nvidia-smi finds none: install the NVIDIA driver, or set"):
        local_hardware(Settings(accelerator="gpu"))
    assert local_hardware(Settings(accelerator="auto")) == CPU
