"""Where this process runs: the environment's FLYWHEEL_* variables, and nothing scientific."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once for each job; every field is an environment variable with the prefix FLYWHEEL_."""

    model_config = SettingsConfigDict(env_prefix="FLYWHEEL_", frozen=True)

    nemo_scripts: Path | None = Field(
        None, description="examples/asr of a NeMo checkout, to run the stock scripts locally"
    )
    nemo_python: str = Field(sys.executable, description="Python that has NeMo")
    accelerator: Literal["auto", "cpu", "gpu"] = Field("auto", description="Device of local jobs")
    transcribe_batch_size: int = Field(32, ge=1, description="Clips decoded together")


def prepare_prefect() -> None:
    """Give Prefect's own server time to migrate a fresh database; call before importing prefect."""
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
