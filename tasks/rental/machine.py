"""A rented machine over ssh: commands, files to it, files from it.

A workspace lies there under the same path as here, since records name files by their paths.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.domain.errors import RentalFailed
from tasks.rental.provider import output_of
from tasks.rental.remote import CODE

PROJECT = Path(__file__).parents[2]
PROJECT_FILES = ("pyproject.toml", "constraints.txt", "README.md", "flows", "tasks")
SSH = (
    *("ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=accept-new"),
    *("-o", "ConnectTimeout=15", "-o", "ServerAliveInterval=15"),
)
TRANSFER_SECONDS = 4 * 3600.0
TRIES = 3
HALF_WRITTEN = ("*.partial", "*.part", "*.work")


@dataclass(frozen=True)
class Machine:
    """A machine that ssh reaches by `host`; `pause` are the seconds before something is tried again."""

    host: str
    pause: float

    def run(self, command: str, seconds: float = 60) -> str:
        """Run a shell command there and return what it printed."""
        return output_of([*SSH, self.host, command], seconds=seconds)

    def wait_until_reached(self, tries: int) -> None:
        """Wait for ssh; raise RentalFailed when it never answers."""
        self._try([*SSH, self.host, "true"], tries, seconds=30)

    def send_project(self) -> None:
        """Send the code of this project; raise RentalFailed where it runs from no checkout."""
        absent = [name for name in PROJECT_FILES if not (PROJECT / name).exists()]
        if absent:
            raise RentalFailed(f"renting needs a checkout of this project; {absent[0]} is not here")
        named = [f"{PROJECT}/./{name}" for name in PROJECT_FILES]
        self._transfer(["-aR", "--exclude=__pycache__", *named, f"{self.host}:{CODE}/"])

    def send(self, files: Sequence[Path]) -> None:
        """Send files to the paths that they have here; a link is sent as what it leads to."""
        names = "".join(f"{str(path).removeprefix('/')}\0" for path in files)
        flags = ["-tLR", "--no-implied-dirs", "--files-from=-", "--from0"]
        self._transfer([*flags, "/", f"{self.host}:/"], given=names)

    def fetch(self, root: Path, folder: str, patterns: Sequence[str]) -> None:
        """Fetch files of a folder of a workspace that match a pattern, and nothing else.

        A pattern is one of rsync's, relative to the folder. Files arrive whole, and take their places
        together at the end.
        """
        there = f"{self.host}:{root}/./{folder}"
        flags = ["-rtRm", "--delay-updates", "--ignore-missing-args", "--protect-args"]
        only = [f"--include={rule}" for rule in fetch_rules(folder, patterns)]
        without = [f"--exclude={name}" for name in HALF_WRITTEN]
        self._transfer([*flags, *without, *only, "--exclude=*", there, f"{root}/"])

    def _transfer(self, arguments: Sequence[str], given: str | None = None) -> None:
        command = ["rsync", "-e", " ".join(SSH), *arguments]
        self._try(command, TRIES, seconds=TRANSFER_SECONDS, given=given)

    def _try(
        self, command: Sequence[str], tries: int, *, seconds: float, given: str | None = None
    ) -> None:
        """Run a command here until it succeeds; raise RentalFailed when it failed so many times."""
        for left in reversed(range(tries)):
            try:
                output_of(command, given=given, seconds=seconds)
            except RentalFailed:
                if not left:
                    raise
                time.sleep(self.pause)
            else:
                return


def fetch_rules(folder: str, patterns: Sequence[str]) -> list[str]:
    """Return rsync's rules that include these patterns and the folders above them.

    >>> fetch_rules("cycle1", ["boost.json", "decoded/*.jsonl"])
    ['/cycle1/', '/cycle1/boost.json', '/cycle1/decoded/', '/cycle1/decoded/*.jsonl']
    """
    rules: dict[str, None] = {}
    for pattern in patterns:
        parts = f"/{folder}/{pattern}".split("/")
        rules |= {f"{'/'.join(parts[:depth])}/": None for depth in range(2, len(parts))}
        rules[f"/{folder}/{pattern}"] = None
    return list(rules)


def folders_of(root: Path, files: Sequence[Path]) -> list[str]:
    """Return the folders that have to be there before files can be sent."""
    return [str(root), *sorted({os.path.dirname(path) for path in files} - {str(root)})]  # noqa: PTH120
