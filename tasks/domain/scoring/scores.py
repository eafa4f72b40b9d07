"""The scores of many rows, kept in columns: a row is a few numbers in arrays, not three objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int32]
NO_TERM = -1  # of general speech: there is nothing to miss


@dataclass(frozen=True)
class Rate:
    """Errors over a total; `+` sums counts, `value` is None over nothing.

    >>> (Rate(1, 4) + Rate(0, 4)).value
    0.125
    >>> Rate(0, 0).value is None
    True
    """

    errors: int
    total: int

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.errors + other.errors, self.total + other.total)

    @property
    def value(self) -> float | None:
        return self.errors / self.total if self.total else None


@dataclass(frozen=True)
class RowScore:
    """The scores of one row: word and character rates, and whether term and sentence were missed."""

    words: Rate
    characters: Rate
    ker: int | None
    ser: int

    @property
    def wer(self) -> float | None:
        return self.words.value

    @property
    def cer(self) -> float | None:
        return self.characters.value


class Scores(Sequence[RowScore]):
    """Scores in row order; its items are RowScores, made when they are asked for.

    `counts` has a line a row: word errors, words, character errors, characters, whether the term was
    missed (0, 1 or NO_TERM), whether the row differs at all (0 or 1).
    """

    def __init__(self, counts: Counts) -> None:
        self.counts = counts

    @classmethod
    def of(cls, rows: Iterable[RowScore]) -> Scores:
        """Give scores of single rows their columns; what has columns stays as it is."""
        if isinstance(rows, Scores):
            return rows
        lines = [
            (
                *(one.words.errors, one.words.total),
                *(one.characters.errors, one.characters.total),
                NO_TERM if one.ker is None else one.ker,
                one.ser,
            )
            for one in rows
        ]
        return cls(np.array(lines, np.int32).reshape(-1, 6))

    @property
    def word_errors(self) -> Counts:
        return self.counts[:, 0]

    @property
    def words(self) -> Counts:
        return self.counts[:, 1]

    @property
    def missed(self) -> Counts:
        return self.counts[:, 4]

    def at(self, positions: Sequence[int]) -> Scores:
        """The scores at these positions, in their order."""
        return Scores(self.counts[np.asarray(positions, np.intp)])

    def __len__(self) -> int:
        return len(self.counts)

    def __iter__(self) -> Iterator[RowScore]:
        return map(_row_score, self.counts.tolist())

    @overload
    def __getitem__(self, position: int) -> RowScore: ...
    @overload
    def __getitem__(self, position: slice) -> Scores: ...
    def __getitem__(self, position: int | slice) -> RowScore | Scores:
        if isinstance(position, slice):
            return Scores(self.counts[position])
        return _row_score(self.counts[position].tolist())


def _row_score(counts: Sequence[int]) -> RowScore:
    errors, words, wrong, characters, missed, changed = counts
    ker = None if missed == NO_TERM else missed
    return RowScore(Rate(errors, words), Rate(wrong, characters), ker, changed)
