"""A database of Prefect's server with all its tables, which the server takes nine seconds to make."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock

NAME = "prefect.db"
MAKE = """
import asyncio
from prefect.server.database import provide_database_interface
asyncio.run(provide_database_interface().create_db())
"""


def copy_database(folder: Path, name: str = NAME) -> None:
    """Copy one into a folder; it is made once for all test runs with this version of Prefect."""
    kept = (
        Path(tempfile.gettempdir())
        / f"flywheel-tests-{os.getuid()}"
        / f"prefect-{version('prefect')}"
    )
    kept.parent.mkdir(mode=0o700, exist_ok=True)
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            with tempfile.TemporaryDirectory(dir=kept.parent) as home:
                environment = os.environ | {"PREFECT_HOME": home}
                subprocess.run([sys.executable, "-c", MAKE], env=environment, check=True)
                (Path(home) / NAME).rename(kept)
    shutil.copy(kept, folder / name)
