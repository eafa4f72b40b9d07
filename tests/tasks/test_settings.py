"""The environment of a process: names, bounds and secrets."""

from __future__ import annotations

import os

import pytest
from pydantic import ValidationError

from tasks.settings import Settings, prepare_prefect


@pytest.mark.parametrize(
    ("variable", "value", "field", "expected"),
    [
        ("FLYWHEEL_RUNNER", "container", "runner", "container"),
        ("FLYWHEEL_JOB_TIMEOUT", "60", "job_timeout", 60.0),
        ("FLYWHEEL_CONTAINER_ENV", '{"A": "1"}', "container_env", {"A": "1"}),
        ("ASR_ENDPOINT", "riva:50051", "asr_endpoint", "riva:50051"),
        ("FLYWHEEL_ASR_ENDPOINT", "riva:50052", "asr_endpoint", "riva:50052"),
    ],
)
def test_a_variable_sets_its_field(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, field: str, expected: object
) -> None:
    monkeypatch.setenv(variable, value)
    assert getattr(Settings(), field) == expected


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FLYWHEEL_ACCELERATOR", "tpu"),
        ("FLYWHEEL_JOB_TIMEOUT", "0"),
        ("FLYWHEEL_ASR_PARALLEL", "65"),
        ("FLYWHEEL_CONTAINER_ENV", "[1]"),
    ],
)
def test_a_value_out_of_bounds_is_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValidationError):
        Settings()


def test_a_secret_shows_in_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("FLYWHEEL_NGC_API_KEY", "FLYWHEEL_NVCF_API_KEY"):
        monkeypatch.setenv(variable, "nvapi-hidden")
    settings = Settings()
    assert settings.ngc_api_key is not None
    assert settings.ngc_api_key.get_secret_value() == "nvapi-hidden"
    assert "hidden" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_what_a_person_set_for_prefect_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"
    monkeypatch.setenv(name, "7")
    prepare_prefect()
    assert os.environ[name] == "7"
    monkeypatch.delenv(name)
    prepare_prefect()
    assert os.environ[name] == "120"
