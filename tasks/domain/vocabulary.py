"""The phrases that a decoding is boosted with: the deployment's own, or the benchmark's terms among
others that nobody says.

A list of the benchmark's terms alone would give the answer away: whatever is unclear becomes one of
them. So others stand beside them, and the guard `false_keywords` watches what the list costs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tasks.domain.alphabet.alphabet import Alphabet, UnknownAlphabet
from tasks.domain.alphabet.respell import Unspellable, respell
from tasks.domain.scoring.normalize import normalize

MIN_DISTRACTORS = 1_000


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

    def without(self, phrases: Iterable[str], terms: Iterable[str]) -> Vocabulary:
        """Return the list without these phrases; `terms` are the benchmark's.

        >>> Vocabulary(("lung", "½ dose"), 1).without(["½ dose"], ["lung"])
        Vocabulary(phrases=('lung',), distractors=0, given=False, blank=0, repeated=0)
        """
        gone, known = set(phrases), {normalize(term) for term in terms}
        left = tuple(phrase for phrase in self.phrases if phrase not in gone)
        return replace(
            self, phrases=left, distractors=sum(normalize(phrase) not in known for phrase in left)
        )

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


def spelled(
    phrases: Sequence[str], alphabet: Alphabet | UnknownAlphabet
) -> tuple[list[str], list[str]]:
    """Write phrases in an alphabet, as text to be trained on is, and name those it cannot write.

    Where it has upper case each phrase is written lower, Capitalized and UPPER: NeMo 3.0 boosts just
    what is written. In an unknown alphabet all is written as it is.

    >>> spelled(["Lung", "½ lung"], Alphabet(frozenset("lung")))
    (['lung'], ['½ lung'])
    """
    if isinstance(alphabet, UnknownAlphabet):
        return list(phrases), []
    written: dict[str, None] = {}
    unspelled = []
    for phrase in phrases:
        found = respell(phrase, alphabet)
        if isinstance(found, Unspellable):
            unspelled.append(phrase)
            continue
        lower = found.text.lower()
        forms = [found.text]
        if alphabet.has_capitals:
            forms = [lower, lower.capitalize(), lower.upper(), found.text]
        possible = [form for form in forms if not alphabet.lacking(form)]
        written |= dict.fromkeys(possible)
    return list(written), unspelled
