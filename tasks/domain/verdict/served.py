"""Whether a served model still transcribes what it transcribed offline, by the harms that guards count.

Both transcripts of a row are of one model, so the margins of a verdict, which compare two models, would
hide most of what a conversion or a server can break. Here a row is *worse* where it is harmed more often
served than offline, and *better* where less often. Other batches and other hardware change a few rows, and as
many for the better as for the worse; what is beyond that is found in one night.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import DecisionPolicy
from tasks.domain.scoring.canonical import View
from tasks.domain.scoring.normalize import normalize
from tasks.domain.unheard import both_beside_terms
from tasks.domain.verdict.comparison import GuardSet, Pair
from tasks.domain.verdict.critical import new_changes
from tasks.domain.verdict.guards import Harms, check_guards, count_harms
from tasks.domain.verdict.keywords import KnownTerms
from tasks.domain.verdict.statistics import Counts, alpha_of_look

LEVEL = 0.005  # of one guard in one check: a wrong alarm in some years of nights, for all of them together
JITTER = 0.01  # rows that a server may make worse by chance, before it was seen to make any better
WORD_JITTER = 0.03  # the same of rows with one more wrong word of any kind
LOST_ROWS = 2  # empty transcripts that are lost requests, and no pattern


@dataclass(frozen=True)
class ServedGuard:
    """A harm among the rows of one set: rows that are worse served than offline, and better.

    The guard breaks where more than `most` rows are worse. `note` describes them.
    """

    name: str
    rows: int
    worse: int
    better: int
    most: int
    note: str = ""

    @property
    def broke(self) -> bool:
        return self.worse > self.most

    @property
    def sentence(self) -> str:
        """
        >>> ServedGuard("terms", 100, 10, 1, 5).sentence
        'Guard terms broke: 10 of 100 rows are worse and 1 better; at most 5 may be worse.'
        """
        state = "broke" if self.broke else "held"
        note = f" {self.note}" if self.note else ""
        return (
            f"Guard {self.name} {state}: {self.worse} of {self.rows} rows are worse and {self.better} "
            f"better; at most {self.most} may be worse.{note}"
        )


@dataclass(frozen=True)
class ServedRows:
    """One set of rows as they were transcribed offline (`comparison`) and served (`candidate`).

    `rows` are those of clinical speech, in the order of the pair; none for general speech.
    """

    name: str
    pair: Pair
    rows: Sequence[ClinicalRow] = ()

    @property
    def texts(self) -> tuple[Sequence[str], Sequence[str]]:
        return self.pair.comparison.texts, self.pair.candidate.texts


def check_rows(given: ServedRows, known: KnownTerms, view: View) -> list[ServedGuard]:
    """Check every guard of one set; `known` are the terms of the benchmark and every boosted phrase."""
    references, name = given.pair.references, given.name
    offline, served = given.pair.comparison, given.pair.candidate
    guards = []
    if given.rows:
        terms = "terms" if name == "clinical" else name
        guards.append(_guard(terms, _rise(offline.missed, served.missed), JITTER))
        beside = both_beside_terms(given.rows, given.texts, view)
        errors = [[rate.errors for rate in rates] for rates in beside]
    else:
        errors = [one.scores.word_errors.tolist() for one in (offline, served)]
    before, after = count_harms(references, given.texts, known)
    return [
        *guards,
        _guard(f"{name}_wer", _rise(*errors), WORD_JITTER),
        _guard(f"false_keywords_{name}", _rise(before.invented, after.invented), JITTER),
        _with_limit(
            _guard(f"empty_or_unknown_{name}", _rise(before.empty, after.empty)), LOST_ROWS
        ),
        _critical(f"critical_tokens_{name}", before, after, clinical=bool(given.rows)),
    ]


def _rise(offline: Sequence[int], served: Sequence[int]) -> Counts:
    """Return the rise in harm of each row from offline to served; both run in row order."""
    return np.asarray(served, np.int64) - np.asarray(offline, np.int64)


def _guard(name: str, rise: Counts, share: float = 0.0) -> ServedGuard:
    """Count the rows that are worse and better."""
    worse, better = int((rise > 0).sum()), int((rise < 0).sum())
    return ServedGuard(name, len(rise), worse, better, most_worse(len(rise), better, share))


def _with_limit(guard: ServedGuard, most: int, note: str = "") -> ServedGuard:
    return replace(guard, most=most, note=note)


def _critical(
    name: str,
    offline: Harms,
    served: Harms,
    *,
    clinical: bool,
) -> ServedGuard:
    """Count rows with more critical changes; no clinical row may have a number of another value.

    A number that was left out may be a word that was lost. Another one in its place is a dose.
    """
    rise = _rise(offline.critical, served.critical)
    revalued = np.array(
        [
            any(change.factor is not None for change in new_changes(before, after))
            for before, after in zip(offline.changes, served.changes, strict=True)
        ],
        bool,
    )
    if not (clinical and revalued.any()):
        return _guard(name, rise, JITTER)
    note = f"In {revalued.sum()} a number has another value, which none may have."
    return _with_limit(_guard(name, np.where(revalued, 1, rise)), 0, note)


def most_worse(rows: int, better: int, share: float, level: float = LEVEL) -> int:
    """Return the number of rows that may be worse, by chance, where `better` are better.

    Equal systems make as many rows worse as better. What is expected is learned from the rows that are
    better and, with the weight of one earlier check, from a `share` of all rows: a gamma prior, so that
    the count of worse rows is negative binomial.

    >>> [most_worse(100, better, 0.01) for better in (0, 1, 3, 10)]
    [4, 6, 8, 15]
    >>> most_worse(20, 0, 0.01), most_worse(1_000, 0, 0.01), most_worse(1_000, 10, 0.01)
    (2, 14, 22)
    """
    from scipy.special import betainc  # only a check pays its import

    counts = np.arange(1, rows + 1)
    unlikely = betainc(counts, max(share * rows + better, 1e-9), 1 / 3) < level
    return int(np.argmax(unlikely)) if unlikely.any() else rows


def verdict_breaks(
    clinical: ServedRows,
    general: GuardSet | None,
    known: KnownTerms,
    limits: DecisionPolicy,
    view: View,
) -> list[str]:
    """Name the guards of a verdict that a served model would break as a candidate against itself offline.

    They weigh errors and not rows, so that a few rows of many wrong words count too.
    """
    keys = [normalize(row.term) for row in clinical.rows]
    after, before = both_beside_terms(clinical.rows, [*clinical.texts][::-1], view)
    guards = check_guards(
        clinical.pair, keys, range(len(keys)), known, general, limits, alpha_of_look(1),
        (before, after),
    )  # fmt: skip
    broke = [guard.name for guard in guards if guard.state == "broke"]
    return ["terms" if name == "other_terms" else name for name in broke]
