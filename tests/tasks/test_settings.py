"""Settings come from the environment, each under its own name, and a wrong one is refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsError

from tasks.settings import Settings

VARIABLES: dict[str, tuple[str, str, Any]] = {  # field: its variable, a value, what is read
    "runner": ("FLYWHEEL_RUNNER", "container", "container"),
    "accelerator": ("FLYWHEEL_ACCELERATOR", "gpu", "gpu"),
    "job_timeout": ("FLYWHEEL_JOB_TIMEOUT", "90.5", 90.5),
    "nemo_scripts": ("FLYWHEEL_NEMO_SCRIPTS", "/usr/lib", Path("/usr/lib")),
    "nemo_python": ("FLYWHEEL_NEMO_PYTHON", "/bin/sh", "/bin/sh"),
    "image": ("FLYWHEEL_IMAGE", "nemo@sha256:ab", "nemo@sha256:ab"),
    "gpus": ("FLYWHEEL_GPUS", "0,2", "0,2"),
    "shm_size": ("FLYWHEEL_SHM_SIZE", "1g", "1g"),
    "network": ("FLYWHEEL_NETWORK", "host", "host"),
    "fetch_network": ("FLYWHEEL_FETCH_NETWORK", "proxy", "proxy"),
    "read_only": ("FLYWHEEL_READ_ONLY", "0", False),
    "memory": ("FLYWHEEL_MEMORY", "64g", "64g"),
    "container_env": ("FLYWHEEL_CONTAINER_ENV", '{"A": "1"}', {"A": "1"}),
    "hf_cache": ("FLYWHEEL_HF_CACHE", "/cache", Path("/cache")),
    "ngc_api_key": ("FLYWHEEL_NGC_API_KEY", "ngc-secret", SecretStr("ngc-secret")),
    "asr_endpoint": ("ASR_ENDPOINT", "riva:50051", "riva:50051"),
    "asr_language": ("FLYWHEEL_ASR_LANGUAGE", "en-GB", "en-GB"),
    "asr_parallel": ("FLYWHEEL_ASR_PARALLEL", "8", 8),
    "asr_backoff": ("FLYWHEEL_ASR_BACKOFF", "0.5", 0.5),
    "rent_pause": ("FLYWHEEL_RENT_PAUSE", "0.5", 0.5),
    "nvcf_function_id": ("FLYWHEEL_NVCF_FUNCTION_ID", "f-1", "f-1"),
    "nvcf_api_key": ("FLYWHEEL_NVCF_API_KEY", "nvapi-secret", SecretStr("nvapi-secret")),
    "merriam_webster_key": ("FLYWHEEL_MERRIAM_WEBSTER_KEY", "mw-secret", SecretStr("mw-secret")),
}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*os.environ]:
        if name.startswith(("FLYWHEEL_", "ASR_")):
            monkeypatch.delenv(name)


def test_every_field_is_read_from_its_variable_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(VARIABLES) == set(Settings.model_fields)
    defaults = Settings().model_dump()
    for field, (name, value, expected) in VARIABLES.items():
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert Settings().model_dump() == defaults | {field: expected}, name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FLYWHEEL_RUNNER", "docker"),
        ("FLYWHEEL_ACCELERATOR", "cuda"),
        ("FLYWHEEL_JOB_TIMEOUT", "0"),
        ("FLYWHEEL_JOB_TIMEOUT", "two hours"),
        ("FLYWHEEL_CONTAINER_ENV", '["A"]'),
        ("FLYWHEEL_NEMO_PYTHON", "/nowhere/python"),
        ("FLYWHEEL_NEMO_SCRIPTS", "/nowhere"),
        ("FLYWHEEL_MEMORY", "half"),
        ("FLYWHEEL_SHM_SIZE", "16 GB"),
        ("FLYWHEEL_ASR_PARALLEL", "0"),
        ("FLYWHEEL_ASR_PARALLEL", "65"),
        ("FLYWHEEL_ASR_BACKOFF", "0"),
    ],
)
def test_a_value_out_of_its_bounds_is_refused_by_its_field(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as raised:
        Settings()
    (fault,) = raised.value.errors()
    assert fault["loc"] == (name.removeprefix("FLYWHEEL_").lower(),)


def test_paths_are_read_from_where_the_command_runs_and_links_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job runs in its own folder; a virtual environment's Python is a link."""
    (tmp_path / "python").symlink_to("/bin/sh")
    (tmp_path / "asr").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLYWHEEL_NEMO_PYTHON", "./python")
    monkeypatch.setenv("FLYWHEEL_NEMO_SCRIPTS", "asr")
    assert Settings().nemo_python == str(tmp_path / "python")
    assert Settings().nemo_scripts == tmp_path / "asr"


def test_a_container_environment_that_is_no_json_is_refused_by_its_field(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLYWHEEL_CONTAINER_ENV", "A=1")
    with pytest.raises(SettingsError, match="container_env"):
        Settings()


def test_a_key_is_in_no_text_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FLYWHEEL_NGC_API_KEY", "FLYWHEEL_NVCF_API_KEY"):
        monkeypatch.setenv(name, "a-secret")
    settings = Settings()
    assert "a-secret" not in f"{settings!r} {settings} {settings.model_dump()}"
    assert "a-secret" not in settings.model_dump_json()


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = Settings().model_dump()
    for name, _, _ in VARIABLES.values():
        monkeypatch.setenv(name, "")
    assert Settings().model_dump() == defaults
