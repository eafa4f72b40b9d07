"""The environment of a NeMo job, in a process of this host and in a container alike."""

from __future__ import annotations

import os

from tasks.domain.jobs import Script
from tasks.domain.recipe import Hardware


def job_environment(script: Script, hardware: Hardware) -> dict[str, str]:
    """Give what a job has besides what its host has.

    Threads of OpenMP sleep where they wait: by default they spin, and two jobs on one host, such as two
    shards, then take each other's cores (`benchmarks/RESULTS.md`, several GPUs).
    """
    policy = os.environ.get("OMP_WAIT_POLICY", "PASSIVE")
    values = {"PYTHONUNBUFFERED": "1", "OMP_WAIT_POLICY": policy}
    if script != "fetch":
        values["HF_HUB_OFFLINE"] = "1"
    if hardware.accelerator == "cpu":
        values["CUDA_VISIBLE_DEVICES"] = ""
    return values
