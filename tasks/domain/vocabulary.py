"""The phrases that a decoding is boosted with: the deployment's own, or the benchmark's terms among
others that nobody says.

A list of the benchmark's terms alone would give the answer away: whatever is unclear becomes one of
them. So others stand beside them, and the guard `false_keywords` watches what the list costs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tasks.domain.scoring.normalize import normalize

MIN_DISTRACTORS = 1_000
WORD_START = "▁"  # SentencePiece's mark


@dataclass(frozen=True)
class Vocabulary:
    """Phrases to boost, none twice; `distractors` of them are no benchmark term.

    `given` by a person, who also left `blank` lines and `repeated` phrases; else built.
    """

    phrases: tuple[str, ...]
    distractors: int
    given: bool = False
    blank: int = 0
    repeated: int = 0

    @property
    def content(self) -> bytes:
        return "".join(f"{phrase}\n" for phrase in self.phrases).encode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def sentence(self) -> str:
        """What is boosted, and what was left out of a given list."""
        source = "vocabulary.txt" if self.given else "the benchmark's terms and distractors"
        said = (
            f"{len(self.phrases)} phrases of {source}, {self.distractors} of them no benchmark term"
        )
        left = [
            f"{count} {what}"
            for count, what in ((self.blank, "blank lines"), (self.repeated, "repeated phrases"))
            if count
        ]
        return f"{said}; {' and '.join(left)} left out" if left else said

    @property
    def warning(self) -> str | None:
        """Say that the list is short of distractors."""
        if self.distractors >= MIN_DISTRACTORS:
            return None
        return (
            f"The boosted list has {self.distractors} phrases that are no benchmark term, under "
            f"{MIN_DISTRACTORS:,}: part of what boosting gains is that the list knows the answers."
        )


def built_vocabulary(terms: Iterable[str], pool: Sequence[str]) -> Vocabulary:
    """The benchmark's terms with `MIN_DISTRACTORS` phrases drawn from a pool.

    They are drawn by their digests: a benchmark that grows has the same distractors.
    """
    own = sorted({normalize(term): term for term in terms}.values())
    known = {normalize(term) for term in own}
    others = {phrase for phrase in pool if normalize(phrase) not in known}
    drawn = sorted(others, key=_digest)[:MIN_DISTRACTORS]
    return Vocabulary((*own, *sorted(drawn)), len(drawn))


def _digest(phrase: str) -> str:
    return hashlib.sha256(phrase.encode()).hexdigest()


def given_vocabulary(lines: Sequence[str], terms: Iterable[str]) -> Vocabulary:
    """The phrases of a person's list, one a line.

    >>> given_vocabulary(["Metoprolol", "", "metoprolol ", "lung"], ["metoprolol"])
    Vocabulary(phrases=('Metoprolol', 'lung'), distractors=1, given=True, blank=1, repeated=1)
    """
    stripped = [line.strip() for line in lines]
    written = [phrase for phrase in stripped if normalize(phrase)]
    unique: dict[str, str] = {}
    for phrase in written:
        unique.setdefault(normalize(phrase), phrase)
    known = {normalize(term) for term in terms}
    return Vocabulary(
        phrases=tuple(unique.values()),
        distractors=sum(name not in known for name in unique),
        given=True,
        blank=len(stripped) - len(written),
        repeated=len(written) - len(unique),
    )


def spelled(phrases: Sequence[str], pieces: Sequence[str]) -> tuple[list[str], list[str]]:
    """Write phrases as a tokenizer with these pieces can spell them, and name those it cannot.

    Where it has upper case each phrase is written lower, Capitalized and UPPER: NeMo 3.0 boosts just
    what is written. Without pieces nothing is known, and all is written as it stands.

    >>> spelled(["Lung", "β-blocker"], ["▁l", "u", "n", "g"])
    (['lung'], ['β-blocker'])
    """
    known = set("".join(piece for piece in pieces if not piece.startswith("<"))) - {WORD_START}
    if not known:
        return list(phrases), []
    has_case = any(letter.isupper() for letter in known)
    written: dict[str, None] = {}
    unspelled = []
    for phrase in phrases:
        lower = phrase.lower()
        forms = [lower, lower.capitalize(), lower.upper(), phrase] if has_case else [lower]
        possible = [form for form in forms if set(form) - {" "} <= known]
        written |= dict.fromkeys(possible)
        if not possible:
            unspelled.append(phrase)
    return list(written), unspelled
