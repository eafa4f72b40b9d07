"""Overrides as the real Hydra reads them, and what a training on one GPU does without."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.domain.recipe import override
from tests.with_nemo import torch

ROOT = Path(__file__).parents[3]


def script(name: str) -> ModuleType:
    """A script of tasks/nemo_jobs, which are run by path."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"tasks/nemo_jobs/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


finetune, transcribe, fetch = script("finetune"), script("transcribe"), script("fetch")
PATHS = st.lists(
    st.sampled_from(["\\", "'", '"', "${", "}", "$", "oc.env:HOME", "=", ",", "[", " ", "é", "/a"]),
    min_size=1,
    max_size=8,
).map("".join)


@settings(max_examples=40, deadline=None)
@given(PATHS)
def test_any_path_reaches_the_fine_tune_as_it_is(path: str) -> None:
    config = finetune.composed([override("init_from_nemo_model", path)])
    assert config.init_from_nemo_model == path


@settings(max_examples=40, deadline=None)
@given(PATHS)
def test_any_path_reaches_the_transcription_as_it_is(path: str) -> None:
    config = transcribe.composed([override("dataset_manifest", path)])
    assert config.dataset_manifest == path


@given(PATHS)
def test_any_name_reaches_the_download_as_it_is(name: str) -> None:
    assert fetch.values([override("name", name)]) == {"name": name}


@pytest.mark.parametrize(
    ("devices", "kind", "stays"), [(1, "cuda", True), (2, "cuda", False), (1, "cpu", False)]
)
def test_the_weights_stay_on_the_gpu_at_the_end_of_a_training_on_one(
    monkeypatch: pytest.MonkeyPatch, devices: int, kind: str, stays: bool
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tasks/nemo_jobs"))
    loss_kernels = ModuleType("loss_kernels")
    loss_kernels.keep_compiled = lambda: None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "loss_kernels", loss_kernels)
    strategy = SimpleNamespace(root_device=torch.device(kind), teardown=lambda: "to the CPU")
    finetune.prepare_gpu(SimpleNamespace(num_devices=devices, strategy=strategy))
    assert (strategy.teardown() is None) == stays
