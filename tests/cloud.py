"""A stand-in for a provider of machines, on the PATH of a test: tests/fakes/rented has its programs."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.skips import missing

SCRIPT = Path(__file__).parent / "fakes" / "rented" / "cloud.py"
PROGRAMS = {
    ".": ("brev", "ssh", "rsync"),
    "machine": ("sudo", "shutdown", "apt-get", "python3.12", "nvidia-smi"),
}


class Cloud:
    """What a test asks of the stand-in, and what it recorded."""

    def __init__(self, folder: Path, workspace: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        rsync = shutil.which("rsync")
        if rsync is None:
            missing("rsync is not installed", "apt-get install rsync")
        for place, names in PROGRAMS.items():
            (folder / "bin" / place).mkdir(parents=True, exist_ok=True)
            for name in names:
                path = folder / "bin" / place / name
                path.write_text(f'#!/bin/sh\nexec {sys.executable} {SCRIPT} {name} "$@"\n')
                path.chmod(0o755)
        patch.setenv("FAKE_CLOUD", str(folder))
        patch.setenv("FAKE_BIN", str(folder / "bin"))
        patch.setenv("FAKE_WORKSPACE", str(workspace))
        patch.setenv("FAKE_RSYNC", rsync)
        self._patch = patch
        self.look_every(seconds=0.2)
        patch.setenv("PATH", str(folder / "bin"), prepend=":")

    def look_every(self, seconds: float) -> None:
        """Let a renter wait so long between two looks at its machine, each of which starts two programs."""
        self._patch.setenv("FLYWHEEL_RENT_PAUSE", str(seconds))

    def fail_at(self, *steps: str) -> None:
        """Let steps of the stand-in fail from now on; none again without any."""
        (self.folder / "faults.txt").write_text(" ".join(steps))

    def hang_at(self, step: str) -> None:
        (self.folder / "hangs.txt").write_text(step)

    @property
    def hanging(self) -> bool:
        return (self.folder / "hanging").exists()

    def run_instead(self, script: str) -> None:
        """Let a machine run a shell script in place of the cycle."""
        (self.folder / "cycle.sh").write_text(script)

    @property
    def calls(self) -> list[list[str]]:
        path = self.folder / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def called(self, *start: str) -> list[list[str]]:
        """Return the calls that begin with these words."""
        return [call for call in self.calls if call[: len(start)] == list(start)]

    @property
    def states(self) -> list[str]:
        """What has become of every machine that was made, the oldest first."""
        made = sorted((self.folder / "machines").glob("*"), key=lambda path: path.stat().st_ctime)
        return [
            (one / "status").read_text() if (one / "status").exists() else "deleted" for one in made
        ]
