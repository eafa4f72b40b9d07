"""The shell commands that a rented machine is given; every value in them is quoted.

They ask for Ubuntu 22.04 or later, a user who may sudo without a password, and Docker with the NVIDIA
toolkit. They name no secret.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

FOLDER = "flywheel-rental"  # in the home of the machine's user
CODE = f"{FOLDER}/code"
LOG_CHARACTERS = 2000
OF_THE_SERVER = (" | prefect - ", "See https://docs.prefect.io")  # not of the cycle
LOG_HEAD = re.compile(r"^[\d:.]+ \| \w+ +\| .*? - ")  # time, level, run
NAME_LENGTH = 30


def machine_name(flywheel: str, cycle: int, token: str) -> str:
    """Name a machine so that providers, ssh and a person can read it.

    >>> machine_name("Drug names; rm -rf", 2, "a1b2c3")
    'flywheel-drug-names-rm-rf-cycle-2-a1b2c3'
    """
    slug = re.sub(r"[^a-z0-9]+", "-", flywheel.lower()).strip("-")[:NAME_LENGTH].strip("-")
    return "-".join(part for part in ("flywheel", slug, f"cycle-{cycle}", token) if part)


def shut_down_after(hours: float) -> str:
    """Let the machine shut itself down, whatever becomes of those who rented it.

    >>> shut_down_after(1.51)
    'sudo shutdown -h +91'
    """
    return f"sudo shutdown -h +{math.ceil(hours * 60)}"


def startup_script(hours: float) -> str:
    """Write what the machine runs when it boots, before anybody can reach it."""
    return f"#!/bin/bash\n{shut_down_after(hours)}\n"


def make_folders(folders: Sequence[str]) -> str:
    """Make the folders that files are sent to, for the user who runs the cycle.

    >>> make_folders(["/srv/my wheel"]).splitlines()[-1]
    'for folder in \\'/srv/my wheel\\'; do own "$folder"; done'
    """
    own = 'own() { [ -w "$1" ] || { sudo mkdir -p "$1" && sudo chown "$(id -u):$(id -g)" "$1"; }; }'
    quoted = " ".join(map(shlex.quote, folders))
    return f'set -e\nmkdir -p {CODE}\n{own}\nfor folder in {quoted}; do own "$folder"; done'


def set_up() -> str:
    """Install this project without NeMo, which runs in its image; print the GPU's name."""
    return f"""set -e
cd {CODE}
for version in 3.12 3.11; do
  sudo apt-get install -yqq "python$version-venv" >&2 && break
done
"python$version" -m venv .venv >&2
.venv/bin/pip install -q -c constraints.txt -e . >&2
nvidia-smi --query-gpu=name --format=csv,noheader"""


def start_cycle(root: str, cycle: int, image: str) -> str:
    """Start the cycle so that it goes on when the connection is lost; its exit code is left last.

    >>> start_cycle("/srv/my wheel", 1, "nemo:1").split(" sh ")[-1]
    "'/srv/my wheel' 1 nemo:1 >../log 2>&1 </dev/null &)"
    """
    inside = (
        'FLYWHEEL_RUNNER=container FLYWHEEL_IMAGE="$3" '
        '.venv/bin/python -m flows.cycle --workspace "$1" --cycle "$2"; '
        "echo $? >../exit.new; mv ../exit.new ../exit"
    )
    given = shlex.join(["setsid", "nohup", "sh", "-c", inside, "sh", root, str(cycle), image])
    return f"cd {CODE} && rm -f ../exit && ({given} >../log 2>&1 </dev/null &)"


LOOK = f"cd {FOLDER} && {{ cat exit 2>/dev/null || echo; }} && tail -c {LOG_CHARACTERS} log"


@dataclass(frozen=True)
class Look:
    """A look at the cycle at work: its exit code, None while it runs, and its last words."""

    exit_code: int | None
    line: str


def read_look(text: str) -> Look:
    """Read what LOOK printed.

    >>> read_look("2\\nsft: 3 of 9 steps\\n")
    Look(exit_code=2, line='sft: 3 of 9 steps')
    >>> read_look("1\\n12:00 | INFO    | Task run 'sft' - no GPU\\n12:00 | INFO | prefect - Stop").line
    'no GPU'
    >>> read_look("\\n")
    Look(exit_code=None, line='')
    """
    first, _, log = text.partition("\n")
    lines = [line.strip() for line in re.split(r"[\r\n]+", log)]
    lines = [line for line in lines if line and not any(one in line for one in OF_THE_SERVER)]
    return Look(int(first) if first.strip() else None, LOG_HEAD.sub("", lines[-1]) if lines else "")
