"""Measure a comparison of systems: its time, and how often equal systems are called different.

    python benchmarks/compare.py                      # on rows made here
    python benchmarks/compare.py FOLDER               # rows.jsonl and a file of transcripts a system
    python benchmarks/compare.py --small

Equal systems: of two real ones each term, or each row, is given the transcripts of one by chance, on drug
terms that are drawn with replacement. Intervals: how often the KER of all drug rows is within that of drawn
terms.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tasks.compare import check_request, compare
from tasks.domain.policy import Policy
from tasks.domain.verdict.rates import share_interval
from tasks.domain.verdict.systems import compare_systems, decide_pairs
from tasks.workspace.systems import GivenSystems, read_systems

SYSTEMS, ROWS = 5, 3_000
WORDS = (
    "please", "start", "the", "patient", "on", "this", "now", "and", "watch", "blood", "pressure", "over",
    "two", "days",
)  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """The rows that decide: for each term their voices, and what two systems miss of them."""

    voices: list[list[str]]
    missed: list[tuple[list[int], list[int]]]


def made_files(folder: Path, rows: int, systems: int) -> tuple[Path, list[Path]]:
    """Write a manifest of text alone, and the transcripts of systems that miss and change words by chance."""
    draw = random.Random(1)
    lines = []
    for n in range(rows):
        words = [draw.choice(WORDS) for _ in range(10)]
        term = f"drug{chr(97 + n % 26)}{chr(97 + n // 26 % 6)}"
        words[draw.randrange(10)] = term
        category = "drug" if n % 6 == 0 else "condition"
        lines.append(
            {"id": f"r{n}", "text": " ".join(words), "term": term, "entity_category": category}
            | {"voice_id": f"v{n % 55}"}
        )
    manifest = folder / "rows.jsonl"
    manifest.write_text("".join(json.dumps(line) + "\n" for line in lines))
    files = []
    for system in range(systems):
        files.append(folder / f"system-{system}.jsonl")
        spoken = (
            " ".join(
                draw.choice(WORDS) if draw.random() < 0.12 else word
                for word in line["text"].split()
            )
            for line in lines
        )
        text = (json.dumps({"id": f"r{n}", "hyp": hyp}) + "\n" for n, hyp in enumerate(spoken))
        files[-1].write_text("".join(text))
    return manifest, files


def mixed_files(folder: Path, manifest: Path, files: Sequence[Path], systems: int) -> list[Path]:
    """Add systems that have each transcript of one of the first two by chance, until there are enough."""
    texts, made = list(read_systems(manifest, files[:2]).texts.values()), list(files)
    ids = [json.loads(line)["id"] for line in manifest.read_text().splitlines()]
    for system in range(len(files), systems):
        draw = random.Random(system)
        made.append(folder / f"mixed-{system}.jsonl")
        lines = (
            json.dumps({"id": name, "hyp": draw.choice(both)}) + "\n"
            for name, *both in zip(ids, *texts, strict=True)
        )
        made[-1].write_text("".join(lines))
    return made


def terms_of(given: GivenSystems) -> Terms:
    """Group the rows that decide by term."""
    found = compare_systems(given.rows, given.texts, Policy())
    decides = [n for n, row in enumerate(given.rows) if row.entity_category in found.judged]
    a, b = (one.missed for one in found.systems[:2])
    groups: dict[str, list[int]] = {}
    for n in decides:
        groups.setdefault(given.rows[n].term.lower(), []).append(n)
    return Terms(
        [[given.rows[n].voice_id for n in group] for group in groups.values()],
        [([a[n] for n in group], [b[n] for n in group]) for group in groups.values()],
    )


def called_different(terms: Terms, systems: int, by: str, trials: int, seed: int = 1) -> int:
    """Count the draws in which any two of so many equal systems are called different.

    `by` is what is exchanged between them by chance: term or row.
    """
    draw, wrong = random.Random(f"{systems} {by} {seed}"), 0
    for _ in range(trials):
        drawn = draw.choices(range(len(terms.voices)), k=len(terms.voices))
        names = [str(n) for n, term in enumerate(drawn) for _ in terms.voices[term]]
        voices = [voice for term in drawn for voice in terms.voices[term]]
        missed = {
            str(system): list(_exchanged(terms, drawn, by, draw)) for system in range(systems)
        }
        if systems == 2:  # what the first has not been given, the second has
            both = [
                one + other
                for term in drawn
                for one, other in zip(*terms.missed[term], strict=True)
            ]
            missed["1"] = [total - one for total, one in zip(both, missed["0"], strict=True)]
        wrong += any(one.differs for one in decide_pairs(names, voices, missed).values())
    return wrong


def _exchanged(terms: Terms, drawn: Sequence[int], by: str, draw: random.Random) -> Iterator[int]:
    for term in drawn:
        of_term = draw.randrange(2)
        for both in zip(*terms.missed[term], strict=True):
            yield both[of_term if by == "term" else draw.randrange(2)]


def within(terms: Terms, system: int, trials: int) -> int:
    """Count the draws of terms whose interval has the KER of all rows."""
    draw = np.random.default_rng(1)
    missed = np.array([sum(both[system]) for both in terms.missed])
    sizes = np.array([len(voices) for voices in terms.voices])
    ker, inside = missed.sum() / sizes.sum(), 0
    for _ in range(trials):
        at = draw.integers(0, len(sizes), len(sizes))
        low, high = share_interval(missed[at], sizes[at]) or (0.0, 1.0)
        inside += low <= ker <= high
    return inside


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, help="rows.jsonl, and a file a system")
    parser.add_argument("--trials", type=int, default=1_000)
    parser.add_argument("--small", action="store_true", help="a look at whether it runs")
    given = parser.parse_args()
    rows, trials = (200, 20) if given.small else (ROWS, given.trials)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.folder:
            manifest = given.folder / "rows.jsonl"
            own = sorted(set(given.folder.glob("*.jsonl")) - {manifest})
            files = mixed_files(folder, manifest, own, SYSTEMS)
        else:
            manifest, files = made_files(folder, rows, SYSTEMS)
        begun = time.perf_counter()
        compare(check_request(manifest, files, out=folder / "out"))
        seconds = time.perf_counter() - begun
        two = read_systems(manifest, files[:2])
    print(f"| {len(two.rows)} rows, {len(files)} systems, with the page | {seconds:.1f} s |")
    terms = terms_of(two)
    print(f"| equal systems, {len(terms.voices)} terms drawn | called different, of {trials} |")
    print("|---|---|")
    for systems in (2, SYSTEMS):
        for by in ("term", "row"):
            wrong = called_different(terms, systems, by, trials)
            print(f"| {systems}, exchanged by {by} | {wrong} ({wrong / trials:.1%}) |")
    for system, name in enumerate(two.texts):
        inside = within(terms, system, trials)
        print(f"| 95 % interval of {name} has its KER | {inside} ({inside / trials:.1%}) |")


if __name__ == "__main__":
    main()
