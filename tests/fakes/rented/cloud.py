"""A stand-in for a provider and its machines: brev, ssh, rsync, and the programs of a machine.

A machine is a folder of FAKE_CLOUD with a status, a home, and a root under which the paths of a workspace
lie; ssh runs commands there with bash. Every call is a line of calls.jsonl. A step that faults.txt
names fails, one that hangs.txt names waits to be killed. cycle.sh, where it is, is run in place of
the cycle. FAKE_MINUTE are the seconds of a minute until a machine shuts itself down.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

CLOUD = Path(os.environ["FAKE_CLOUD"])
HERE = os.environ["FAKE_WORKSPACE"]
BIN = Path(os.environ["FAKE_BIN"])
STEPS = {  # of ssh, by what is in the command; the first that fits
    "shutdown": "watchdog", "mkdir -p": "folders", "pip install": "setup", "setsid": "start",
    "tail -c": "look", "true": "reach",
}  # fmt: skip


def step(name):
    """Fail or hang where a test asks for it."""
    for kind in ("hangs", "faults"):
        asked = CLOUD / f"{kind}.txt"
        if asked.exists() and name in asked.read_text().split():
            if kind == "faults":
                sys.exit(f"the stand-in was asked to fail at {name}")
            (CLOUD / "hanging").write_text(name)
            time.sleep(600)


def machine(name):
    return CLOUD / "machines" / name


def status(name):
    path = machine(name) / "status"
    return path.read_text() if path.exists() else None


def here(name, path):
    """Print where a path of a machine lies."""
    return f"{machine(name)}/{'root' if path.startswith('/') else 'home/'}{path}"


def shell(name, command):
    environment = {"PATH": f"{BIN}/machine:{os.environ['PATH']}", "FAKE_MACHINE": name}
    environment["HOME"] = str(machine(name) / "home")
    there = command.replace(HERE, here(name, HERE))
    return subprocess.run(
        ["bash", "-c", there],
        env=os.environ | environment,
        cwd=environment["HOME"],
        check=False,
        stdin=subprocess.DEVNULL,
    ).returncode


def brev(action, *given):
    if action == "create":
        name = given[0]
        step("create")
        for part in ("home", "root"):
            (machine(name) / part).mkdir(parents=True)
        (machine(name) / "status").write_text("RUNNING")
        script = Path(given[given.index("--startup-script") + 1].removeprefix("@"))
        shell(name, script.read_text())
        step("created")
    elif action == "search":
        print(json.dumps([{"type": "g6e.xlarge", "price_per_hour": 1.86}]))
    elif action == "ls":
        step("ls")
        names = sorted(path.name for path in (CLOUD / "machines").glob("*"))
        found = [{"name": name, "status": status(name)} for name in names if status(name)]
        print(json.dumps({"workspaces": found or None}))
    elif action in ("stop", "delete"):
        step(action)
        if action == "stop":
            (machine(given[0]) / "status").write_text("STOPPED")
        else:
            (machine(given[0]) / "status").unlink()


def ssh(*given):
    name, command = given[-2:]
    if status(name) != "RUNNING":
        sys.exit(255)
    step(next(name for part, name in STEPS.items() if part in command))
    sys.exit(shell(name, command))


def rsync(_flag, _ssh, *given):
    hosts = {one.split(":")[0] for one in given if ":" in one}
    (name,) = hosts
    if status(name) != "RUNNING":
        sys.exit(255)
    kind = "fetch" if ":" not in given[-1] else "code" if "flywheel-rental" in given[-1] else "send"
    step(kind)
    local = [here(name, one.removeprefix(f"{name}:")) if ":" in one else one for one in given]
    sys.exit(subprocess.run([os.environ["FAKE_RSYNC"], *local], check=False).returncode)


def shutdown(_flag, minutes):
    folder = machine(os.environ["FAKE_MACHINE"])
    (folder / "life").write_text(minutes)
    if seconds := float(os.environ.get("FAKE_MINUTE", "0")) * int(minutes):
        subprocess.Popen(
            [sys.executable, __file__, "off", str(folder / "status"), str(seconds)],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def off(path, seconds):
    time.sleep(float(seconds))
    if Path(path).exists():
        Path(path).write_text("STOPPED")


def venv(*_given):
    """Make an environment whose Python is that of the tests."""
    bin_folder = Path(".venv/bin")
    bin_folder.mkdir(parents=True)
    cycle = CLOUD / "cycle.sh"
    python = f"[ -e {cycle} ] && exec sh {cycle}\nexec env -u FLYWHEEL_RUNNER {sys.executable}"
    for name, line in (("pip", "exit 0"), ("python", f'{python} "$@"')):
        (bin_folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (bin_folder / name).chmod(0o755)


def sudo(*given):
    sys.exit(subprocess.run(given, check=False).returncode)


PROGRAMS = {
    "brev": brev, "ssh": ssh, "rsync": rsync, "off": off, "sudo": sudo, "shutdown": shutdown,
    "python3.12": venv, "apt-get": lambda *_given: None, "nvidia-smi": lambda *_given: print("L40S"),
}  # fmt: skip

if __name__ == "__main__":
    program, *arguments = sys.argv[1:]
    with (CLOUD / "calls.jsonl").open("a") as file:
        file.write(json.dumps([program, *arguments]) + "\n")
    PROGRAMS[program](*arguments)
