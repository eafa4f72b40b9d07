"""The phrases that a decoding is boosted with: the deployment's own, or the benchmark's terms among
others that nobody speaks.

A list of the benchmark's terms alone would give the answer away: whatever is unclear becomes one of
them. So others are listed beside them, and the guard `false_keywords` watches what the list costs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tasks.domain.alphabet.alphabet import Alphabet, UnknownAlphabet
from tasks.domain.alphabet.respell import Unspellable, respell
from tasks.domain.scoring.normalize import normalize

MIN_DISTRACTORS = 1_000
MIN_LETTERS = 3  # of a distractor


@dataclass(frozen=True)
class Vocabulary:
    """Phrases to boost, none twice; `distractors` of them are no benchmark term, and can be confused
    with one.

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
        """The boosted phrases, and those left out of a given list."""
        source = "vocabulary.txt" if self.given else "the benchmark's terms and distractors"
        listed = (
            f"{len(self.phrases)} phrases of {source}, {self.distractors} of them no benchmark term"
        )
        left = [
            f"{count} {what}"
            for count, what in ((self.blank, "blank lines"), (self.repeated, "repeated phrases"))
            if count
        ]
        return f"{listed}; {' and '.join(left)} left out" if left else listed

    def spelled_by(
        self, alphabet: Alphabet | UnknownAlphabet, terms: Iterable[str]
    ) -> tuple[Vocabulary, list[str]]:
        """Return the list that a decoder boosts, and the phrases that its tokenizer cannot write.

        The distractors are counted as they are spelled: two that are spelled alike are one.

        >>> listed = Vocabulary(("lung", "½ dose", "B12", "b twelve"), 3)
        >>> left, cannot = listed.spelled_by(Alphabet(frozenset("lungbtwev")), ["lung"])
        >>> left.phrases, left.distractors, cannot
        (('lung', 'B12', 'b twelve'), 1, ['½ dose'])
        """
        written, cannot = spelled(self.phrases, alphabet)
        gone, own = set(cannot), list(terms)
        left = tuple(phrase for phrase in self.phrases if phrase not in gone)
        others = _confusable(written, [*own, *spelled(own, alphabet)[0]])
        return replace(self, phrases=left, distractors=len(others)), cannot

    @property
    def warning(self) -> str | None:
        """Return a warning where the list is short of distractors."""
        if self.distractors >= MIN_DISTRACTORS:
            return None
        return (
            f"The boosted list has {self.distractors} phrases that are no benchmark term and can be "
            f"confused with one, under {MIN_DISTRACTORS:,}: part of what boosting gains is that the list "
            "knows the answers."
        )


def built_vocabulary(terms: Iterable[str], pool: Sequence[str]) -> Vocabulary:
    """The benchmark's terms with `MIN_DISTRACTORS` phrases drawn from a pool.

    They are drawn by their digests: a benchmark that grows has the same distractors.
    """
    own = sorted({normalize(term): term for term in terms}.values())
    others = _confusable(pool, own).values()
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
    return Vocabulary(
        phrases=tuple(unique.values()),
        distractors=len(_confusable(unique.values(), terms)),
        given=True,
        blank=len(stripped) - len(written),
        repeated=len(written) - len(unique),
    )


def _confusable(phrases: Iterable[str], terms: Iterable[str]) -> dict[str, str]:
    """Return the phrases, by how they are compared, that may be transcribed in place of a term.

    They are other ones, of three letters or more and at most twice as long as the longest term: no
    decoder takes a sentence for a drug.

    >>> list(_confusable(["Lung", "lobe", "x", "the whole of the upper lobe"], ["lung"]))
    ['lobe']
    """
    known = {normalize(term) for term in terms}
    longest = 2 * max(map(len, known), default=0)
    names = {normalize(phrase): phrase for phrase in phrases}
    return {
        name: phrase
        for name, phrase in names.items()
        if name not in known and len(name) <= longest and sum(map(str.isalpha, name)) >= MIN_LETTERS
    }


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
