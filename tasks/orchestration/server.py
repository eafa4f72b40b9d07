"""Prefect's temporary server, which runs where none is configured, ends with this process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from prefect.settings import PREFECT_API_URL, get_current_settings

from tasks.processes import die_with_parent

ENVIRONMENT = {
    "PREFECT_UI_ENABLED": "0",
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT__SERVER_FINAL": "1",
}


def start_own_server() -> None:
    """Start the temporary server unless another is configured; call from the main thread.

    It does not receive the terminal's Ctrl-C, so that Prefect can still record what was
    interrupted, and does not outlive a kill -9 of this process.
    """
    if PREFECT_API_URL.value():
        return
    from prefect.server.api.server import SubprocessASGIServer  # takes seconds to load

    class OwnServer(SubprocessASGIServer):
        def _run_uvicorn_command(self) -> subprocess.Popen[Any]:
            settings = get_current_settings().to_environment_variables(exclude_unset=True)
            listen = ["--host", "127.0.0.1", "--port", str(self.port)]
            quiet = ["--log-level", "error", "--lifespan", "on"]
            return subprocess.Popen(
                [sys.executable, "-m", "uvicorn", *listen, *quiet]
                + ["--factory", "prefect.server.api.server:create_app"],
                env=os.environ | ENVIRONMENT | settings,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call
            )

    OwnServer().start()  # Prefect finds the one that was made first
