"""Change bytes of every input and record of a workspace at random, and open it again.

    python tests/faults/mutate.py --count 10000

Each mutation is one file of a workspace that is decided, approved and handed off, of one that is built and
auditioned, or of recordings to import, changed by a seed. What then opens the cycle, the ledger and the
hypotheses, prepares the next build, or reads what is imported, has to accept it rightly (rows in = rows
read) or refuse it in sentences, within a minute. A traceback, a hang, or a row that is lost is printed with
its seed, so that `--seed N --count 1` shows it again; the exit code is their number.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import trials  # it adds the root to the path
from mutated_workspace import (
    BUILT,
    FILES,
    IMPORTS,
    TABLES,
    look,
    look_at_build,
    look_at_imports,
    make_workspace,
)

from tasks.domain.errors import FlywheelError

GOOD = ("accepted", "refused")
LIMIT_SECONDS, LIMIT_BYTES = 60, 500_000_000  # a busy machine is no hang
HOSTILE = [
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\xc2\x85", b"\r", b"\t", b"\\", b'"',
    b"null", b"NaN", b"-1", b"1e999", b"9" * 5000, b"[" * 3000, b"{}", b"[]", b"true", b"!!python/x ",
    b"&a [*a, *a]", b"../../etc/passwd", b"/dev/zero", b"${oc.env:HOME}", b"<script>", b"\xf0\x9f\x92\x8a",
]  # fmt: skip


class TooLong(Exception):
    """A mutation that was not answered in time."""


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Change a file in one of many ways, some of them several times."""
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        content = rng.choice(MUTATIONS)(content, rng)
    return content


def flip(content: bytes, rng: random.Random) -> bytes:
    if not content:
        return content
    at = rng.randrange(min(len(content), rng.choice((64, 4096, len(content)))))
    return content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :]


def cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def take_out(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content) + 1)
    return content[:start] + content[start + rng.randrange(1, 40) :]


def put_in(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content) + 1)
    return content[:start] + rng.choice(HOSTILE) + content[start:]


def repeat(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content) + 1)
    part = content[start : start + rng.randrange(1, 400)]
    return content[:start] + part * rng.randrange(2, 5) + content[start:]


def swap_lines(content: bytes, rng: random.Random) -> bytes:
    lines = content.split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def change_value(content: bytes, rng: random.Random) -> bytes:
    """Return another value to one key of a line of JSON, or take the key away."""
    lines = content.split(b"\n")
    at = rng.randrange(len(lines))
    try:
        fields = json.loads(lines[at])
    except (ValueError, RecursionError):
        return put_in(content, rng)
    if not isinstance(fields, dict) or not fields:
        return put_in(content, rng)
    key = rng.choice(sorted(fields))
    values = [
        None,
        -1,
        10**400,
        1e308,
        "",
        "x" * 10_000,
        "\u2028",
        [],
        {},
        [[]],
        True,
        "../x",
        "a\nb",
    ]
    if rng.random() < 0.2:
        del fields[key]
    else:
        fields[key] = rng.choice(values)
    lines[at] = json.dumps(fields).encode()
    return b"\n".join(lines)


Mutation = Callable[[bytes, random.Random], bytes]
MUTATIONS: tuple[Mutation, ...] = (
    flip, flip, cut, take_out, put_in, put_in, repeat, swap_lines, change_value, change_value,
)  # fmt: skip


def outcome(root: Path, changed: Path | None = None) -> str:
    """Look at a workspace, where one of its files was changed at the part that reads it.

    Return what came of it: accepted, refused, or what is wrong.
    """
    top = changed.relative_to(root).parts[0] if changed else ""

    def stop(*_: object) -> None:
        raise TooLong

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, LIMIT_SECONDS)
    try:
        if top in ("", BUILT):
            look_at_build(root / BUILT)
        if top in ("", IMPORTS):
            look_at_imports(root / IMPORTS, changed)
        if top not in (BUILT, IMPORTS):
            look(root)
    except FlywheelError as error:
        return "refused" if str(error).strip() and "Traceback" not in str(error) else "no sentence"
    except TooLong:
        return "hang"
    except AssertionError as error:
        return f"row lost: {error}"
    except BaseException as error:
        return f"traceback: {type(error).__name__}: {error}"[:200]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return "accepted"


@dataclass(frozen=True)
class Mutated:
    """One mutation and what came of it."""

    seed: int
    name: str
    kind: str
    outcome: str
    seconds: float


def mutate_each(root: Path, seeds: Iterable[int]) -> Iterator[Mutated]:
    """Mutate one file of a decided workspace after the other, each whole again before the next."""
    files: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(root.rglob("*")):
        if path.is_file() and is_read(path):
            files[kind(path, root)].append(path)
    for seed in seeds:
        rng = random.Random(seed)
        group = rng.choice(sorted(files))
        path = rng.choice(files[group])
        whole = path.read_bytes()
        path.write_bytes(mutated(whole, rng))
        began = time.monotonic()
        found = outcome(root, path)
        seconds = time.monotonic() - began
        path.write_bytes(whole)
        yield Mutated(seed, str(path.relative_to(root)), group, found, seconds)


def main() -> int:
    """Mutate as often as the command line asks; return the number of mutations that went wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first mutation")
    given = parser.parse_args()
    os.environ |= trials.ENVIRONMENT
    counts: Counter[tuple[str, str]] = Counter()
    slowest, wrong = 0.0, 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "w"
        make_workspace(root)
        assert outcome(root) == "accepted"
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        for one in mutate_each(root, range(given.seed, given.seed + given.count)):
            slowest = max(slowest, one.seconds)
            counts[one.kind, one.outcome.split(":")[0]] += 1
            if one.outcome not in GOOD:
                wrong += 1
                print(f"seed {one.seed}: {one.name}: {one.outcome}", flush=True)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    for (name, found), number in sorted(counts.items()):
        print(f"{name:12} {found:10} {number}")
    print(
        f"{given.count} mutations, {wrong} wrong; slowest {slowest:.2f} s, {grown / 1e6:.0f} MB more"
    )
    return min(wrong + (grown > LIMIT_BYTES), 100)


def is_read(path: Path) -> bool:
    """Whether a command reads this file: no lock, log, page or table that is written for a person."""
    if IMPORTS in path.parts:
        return path.name != FILES
    if path.name in TABLES:
        return BUILT in path.parts
    return path.suffix in (".jsonl", ".json", ".yaml", ".wav", ".nemo", ".txt") and (
        ".locks" not in path.parts and path.name not in ("stages.jsonl", "train.jsonl")
    )


def kind(path: Path, root: Path) -> str:
    """Group files: manifests, audio, policy, archives, records, and those of a build."""
    top = path.relative_to(root).parts[0]
    if top == IMPORTS:
        return "imported"
    if path.suffix == ".wav":
        return "audio"
    if path.suffix == ".nemo":
        return "archive"
    if path.suffix == ".yaml":
        return "policy"
    if path.suffix == ".csv":
        return "table"
    if path.name in ("audition.json", "build.json") or (top == BUILT and path.suffix == ".json"):
        return "of a build"
    return "record" if path.suffix == ".json" or top.startswith("cycle") else "manifest"


if __name__ == "__main__":
    sys.exit(main())
