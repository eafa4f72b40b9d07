"""Measure scoring and judging over the number of rows, beside the published way of scoring.

    python benchmarks/scale.py --rows 10000 100000 1000000
    python benchmarks/scale.py --rows 10000 100000 --rows-per-term 5

Rows are made up: 8 to 12 words, 50 rows a term, a dose in every tenth row, one word in seven of a
hypothesis wrong. *Judge* is the verdict on the test rows alone; *with folds* it is on all rows, with a
first base, boosting alone and every term boosted. Each size is measured in a process of its own, so that
its peak memory is its own, and in seconds of processor time, which other work on the machine changes
little. The published way is a word-by-word dynamic program in Python for each row, as the method's
notebook has it; written here from its description.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.scoring.leaderboard import leaderboard, table
from tasks.domain.scoring.metrics import score_rows, summarize
from tasks.domain.scoring.normalize import normalize
from tasks.domain.split import split_rows
from tasks.domain.verdict.against import Alternative, Anchored
from tasks.domain.verdict.comparison import guard_set, score_pair
from tasks.domain.verdict.decide import decide

ROWS_PER_TERM, VOICES, WORDS, DOSE_EVERY = 50, 12, 5_000, 10
CATEGORIES = ("drug", "procedure", "anatomy", "condition", "lab", "role")
PUBLISHED_ROWS = 2_000  # it takes as long for each row, however many there are


@dataclass(frozen=True)
class Benchmark:
    """Rows, and the transcripts of two models."""

    rows: list[ClinicalRow]
    before: list[str]
    after: list[str]


def made_up(count: int, rows_per_term: int = ROWS_PER_TERM) -> Benchmark:
    """Make rows and hypotheses from a fixed seed."""
    rng = np.random.default_rng(11)
    vocabulary = np.array([f"w{spelled(number)}" for number in rng.permutation(WORDS)])
    terms = [f"term{spelled(number)}ol" for number in range(max(1, count // rows_per_term))]
    rows: list[ClinicalRow] = []
    transcripts: tuple[list[str], list[str]] = ([], [])
    for number in range(count):
        words = list(rng.choice(vocabulary, rng.integers(7, 12)))
        term = terms[number % len(terms)]
        place = int(rng.integers(len(words)))
        dose = [f"{rng.integers(1, 20) / 2:g}", "mg"] if number % DOSE_EVERY == 0 else []
        spoken = [*words[:place], term, *dose, *words[place:]]
        rows.append(
            ClinicalRow(
                audio_filepath=f"audio/{number:07d}.wav",
                text=f"{' '.join(spoken).capitalize()}.",
                term=term,
                entity_category=CATEGORIES[number % len(terms) % len(CATEGORIES)],
                ipa_source="espeak_g2p",
                voice_id=f"voice{number // len(terms) % VOICES}",
                noise_level="clean",
                context_type="order",
            )
        )
        for texts, missed in zip(transcripts, (0.6, 0.2), strict=True):
            wrong = rng.random(len(spoken)) < 1 / 7
            wrong[place] = rng.random() < missed
            swapped = rng.choice(vocabulary, len(spoken))
            texts.append(" ".join(np.where(wrong, swapped, spoken)))
    return Benchmark(rows, *transcripts)


def spelled(number: int) -> str:
    """Write a number in letters, so that a word is one word in either view.

    >>> spelled(0), spelled(27)
    ('a', 'bb')
    """
    letters = ""
    while True:
        number, letter = divmod(number, 26)
        letters = chr(ord("a") + letter) + letters
        if not number:
            return letters


def published_scores(
    references: Sequence[str], hypotheses: Sequence[str], terms: Sequence[str]
) -> list[tuple[float, float, int, int]]:
    """Return WER, CER, KER and SER of each row the published way."""
    scores = []
    for reference, hypothesis, term in zip(references, hypotheses, terms, strict=True):
        spoken, recognized = normalize(reference), normalize(hypothesis)
        wer = edit_distance(spoken.split(), recognized.split()) / len(spoken.split())
        cer = edit_distance(spoken, recognized) / len(spoken)
        missed = int(f" {normalize(term)} " not in f" {recognized} ")
        scores.append((wer, cer, missed, int(spoken != recognized)))
    return scores


def edit_distance(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    """Count the least insertions, deletions and substitutions, a row of the table at a time."""
    above = list(range(len(hypothesis) + 1))
    for number, unit in enumerate(reference, start=1):
        line = [number]
        for place, other in enumerate(hypothesis, start=1):
            line.append(min(above[place] + 1, line[-1] + 1, above[place - 1] + (unit != other)))
        above = line
    return above[-1]


def measure(count: int, rows_per_term: int, times: dict[str, float]) -> None:
    """Score, split, tabulate and judge so many rows; `times` receives the seconds of each."""

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        began = time.process_time()
        yield
        times[name] = time.process_time() - began

    made = made_up(count, rows_per_term)
    times["memory of rows"] = peak_gigabytes()
    rows, policy = made.rows, Policy()
    texts, terms = [row.text for row in rows], [row.term for row in rows]
    some = min(count, PUBLISHED_ROWS)
    with timed("published"):
        published = published_scores(texts[:some], made.before[:some], terms[:some])
    times["published"] *= count / some
    normalize.cache_clear()
    with timed("score"):
        scores = score_rows(texts, made.before, terms)
    ours = [(one.wer, one.cer, one.ker, one.ser) for one in scores[:some]]
    assert ours == published, "the published way gives other figures"
    del scores
    with timed("canonical"):
        score_rows(texts, made.before, terms, view="canonical")
    with timed("compare"):
        pair = score_pair(texts, terms, made.before, made.after)
    with timed("tabulate"):
        leaderboard("Benchmark", rows, pair.candidate.published, pair.candidate.canonical)
    with timed("split"):
        split = split_rows(rows, policy.split)
    with timed("judge"):
        nothing = [None] * min(count, 2_000)
        some_texts = texts[: len(nothing)]
        general = guard_set(score_pair(some_texts, nothing, some_texts, some_texts), nothing)
        decide(rows, split, pair, general, policy)
    with timed("judge with folds"):
        first, free = Anchored([True], pair.comparison, general), Alternative("", pair.comparison)
        decide(
            rows, split, pair, general, policy, pair.candidate,
            anchor=first, alternative=free, boosted=sorted(set(terms)),
        )  # fmt: skip
    assert summarize(pair.candidate.scores).rows == count
    times["memory"] = peak_gigabytes()


def peak_gigabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def in_a_process(count: int, rows_per_term: int) -> dict[str, float]:
    with multiprocessing.Manager() as manager:
        times = manager.dict()
        process = multiprocessing.get_context("spawn").Process(
            target=measure, args=(count, rows_per_term, times)
        )
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(process.exitcode)
        return dict(times)


COLUMNS: dict[str, Callable[[int, dict[str, float]], str]] = {
    "Rows": lambda count, _: f"{count:,}",
    "Published, s": lambda _, t: f"{t['published']:.1f}",
    "Score, s": lambda _, t: f"{t['score']:.2f}",
    "Rows/s": lambda count, t: f"{count / t['score']:,.0f}",
    "Times published": lambda _, t: f"{t['published'] / t['score']:.0f}",
    "Canonical, s": lambda _, t: f"{t['canonical']:.2f}",
    "Both views, times published": lambda _, t: (
        f"{t['published'] / (t['score'] + t['canonical']):.0f}"
    ),
    "Score two models, s": lambda _, t: f"{t['compare']:.2f}",
    "Tabulate, s": lambda _, t: f"{t['tabulate']:.2f}",
    "Split, s": lambda _, t: f"{t['split']:.2f}",
    "Judge, s": lambda _, t: f"{t['judge']:.2f}",
    "Judge with folds, s": lambda _, t: f"{t['judge with folds']:.2f}",
    "All, s": lambda _, t: f"{sum(t[n] for n in ('compare', 'tabulate', 'split', 'judge')):.1f}",
    "Peak, GB": lambda _, t: f"{t['memory']:.2f} ({t['memory of rows']:.2f} the rows)",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--rows-per-term", type=int, default=ROWS_PER_TERM)
    arguments = parser.parse_args()
    measured = {count: in_a_process(count, arguments.rows_per_term) for count in arguments.rows}
    lines = [[write(count, t) for write in COLUMNS.values()] for count, t in measured.items()]
    print(table(list(COLUMNS), lines))


if __name__ == "__main__":
    main()
