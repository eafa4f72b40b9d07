"""The environment of this process: FLYWHEEL_* variables, and nothing scientific."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

BYTES = r"^\d+[bkmgBKMG]?$"


def _program(name: str) -> str:
    """Return a program as an absolute path, since a job runs in its own folder; keep its links."""
    found = shutil.which(os.path.expanduser(name))  # noqa: PTH111 - Path drops a leading ./
    if found is None:
        raise ValueError(f"expected a program that this host has; got {name!r}")
    return str(Path(found).absolute())


def _folder(path: Path) -> Path:
    """Return a folder that exists as an absolute path."""
    if not path.expanduser().is_dir():
        raise ValueError(f"expected a folder of this host; got {str(path)!r}")
    return path.expanduser().absolute()


class Settings(BaseSettings):
    """Read once for each job; every field is an environment variable with the prefix FLYWHEEL_."""

    model_config = SettingsConfigDict(env_prefix="FLYWHEEL_", env_ignore_empty=True, frozen=True)

    runner: Literal["local", "container"] = Field("local", description="Where NeMo jobs run")
    accelerator: Literal["auto", "cpu", "gpu"] = Field("auto", description="Device of the jobs")
    job_timeout: float | None = Field(None, gt=0, description="Seconds that one job may take")

    nemo_scripts: Annotated[Path, AfterValidator(_folder)] | None = Field(
        None, description="examples/asr of a NeMo checkout, to run the stock scripts locally"
    )
    nemo_python: Annotated[str, AfterValidator(_program)] = Field(
        sys.executable, description="Python that has NeMo"
    )

    image: str = Field(
        "nvcr.io/nvidia/nemo:25.11.01", description="NeMo image; name@sha256:… pins its digest"
    )
    gpus: str = Field("all", description="all, none, a count, or ids as 0,2")
    shm_size: str = Field(
        "16g", pattern=BYTES, description="Shared memory of the container, for loader workers"
    )
    network: str = Field("none", description="Network of a training or decoding container")
    fetch_network: str = Field("bridge", description="Network of the container that gets a base")
    read_only: bool = Field(
        True, description="The container's root cannot be written to, only /tmp and its work folder"
    )
    memory: str | None = Field(
        None,
        pattern=BYTES,
        description="Most memory of a container, as 64g; default: nine tenths of its host's",
    )
    container_env: dict[str, str] = Field(
        default_factory=dict, description="More environment for the container, as JSON"
    )
    hf_cache: Path = Field(
        Path.home() / ".cache/huggingface", description="Cache of pretrained bases, mounted"
    )
    ngc_api_key: SecretStr | None = Field(None, description="To pull the image from nvcr.io")

    asr_endpoint: str | None = Field(
        None,
        validation_alias=AliasChoices("ASR_ENDPOINT", "FLYWHEEL_ASR_ENDPOINT"),
        description="host:port of a Riva or NIM server that score-baseline asks",
    )
    asr_language: str = Field("en-US", description="Language that the endpoint is asked for")
    asr_parallel: int = Field(4, ge=1, le=64, description="Clips asked of the endpoint at once")
    asr_backoff: float = Field(2.0, gt=0, description="Seconds before the first of four retries")
    nvcf_function_id: str | None = Field(None, description="Function of NVIDIA's cloud to call")
    rent_pause: float = Field(
        10.0, gt=0, description="Seconds between two looks at a rented machine"
    )
    nvcf_api_key: SecretStr | None = Field(None, description="Key for it; sent over TLS only")
    merriam_webster_key: SecretStr | None = Field(
        None, description="Key of Merriam-Webster's medical API, for pronunciations"
    )
