"""Overrides as the real Hydra reads them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.domain.recipe import override

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
