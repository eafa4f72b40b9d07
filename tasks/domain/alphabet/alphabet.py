"""The alphabet of a base: every character that its tokenizer can write.

A tokenizer writes `<unk>` for any other character, and a fine-tune on `<unk>` unlearns words that the
base knew. So text is compared with the alphabet before anything is trained.
"""

from __future__ import annotations

import hashlib
import string
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from tasks.domain.alphabet.pieces import PieceModel

WORD_START = "▁"  # SentencePiece's mark of a space
CONTINUATION = "##"  # WordPiece's mark of a piece inside a word
FOLDING = ("nfkc", "nmt_nfkc", "nfkc_cf", "nmt_nfkc_cf")  # normalizers of SentencePiece
MARKS = ("So", "No")  # pictures, signs, small digits, fractions: NFKC changes what they mean


@dataclass(frozen=True)
class Alphabet:
    """The characters that a tokenizer can write, a space aside.

    `everything`: bytes encode every other character. `folds`: the tokenizer applies NFKC before
    it cuts a text, `lowers`: and lower case.
    """

    characters: frozenset[str]
    everything: bool = False
    folds: bool = False
    lowers: bool = False

    @cached_property
    def has_capitals(self) -> bool:
        return self.everything or self.lowers or any(map(str.isupper, self.characters))

    @cached_property
    def has_digits(self) -> bool:
        return self.everything or set(string.digits) <= self.characters

    @cached_property
    def has_punctuation(self) -> bool:
        """Whether a sentence's point and comma can be written."""
        return self.everything or {".", ","} <= self.characters

    @cached_property
    def has_accents(self) -> bool:
        """Whether any letter with an accent can be written."""
        return self.everything or any(
            len(unicodedata.normalize("NFD", one)) > 1 for one in self.characters
        )

    @cached_property
    def sha256(self) -> str:
        """The digest of all that decides how a text is written."""
        flags = f"{self.everything} {self.folds} {self.lowers} "
        return hashlib.sha256((flags + "".join(sorted(self.characters))).encode()).hexdigest()

    @property
    def words(self) -> str:
        """
        >>> Alphabet(frozenset(string.ascii_lowercase)).words
        '26 characters; no capitals, digits, punctuation, accents'
        """
        if self.everything:
            return "every character"
        has = {
            "capitals": self.has_capitals,
            "digits": self.has_digits,
            "punctuation": self.has_punctuation,
            "accents": self.has_accents,
        }
        lacks = ", ".join(name for name, there in has.items() if not there)
        return f"{len(self.characters)} characters" + (f"; no {lacks}" if lacks else "")

    def lacking(self, text: str) -> frozenset[str]:
        """Return the characters of a text that the tokenizer writes as `<unk>`; a space is none.

        >>> sorted(Alphabet(frozenset("ehs")).lacking("She, she"))
        [',', 'S']
        """
        if self.everything:
            return frozenset()
        left = set(text) - self.characters - {" "}
        if not left:  # the common case, and the fast one
            return frozenset()
        marks = {one for one in left if unicodedata.category(one) in MARKS}
        seen = self._as_cut("".join(one for one in text if one not in marks))
        return (seen - self.characters - {" "}) | marks

    def _as_cut(self, text: str) -> frozenset[str]:
        """Return the characters that the tokenizer sees of a text."""
        text = unicodedata.normalize("NFKC", text) if self.folds else text
        return frozenset(text.lower() if self.lowers else text)


@dataclass(frozen=True)
class UnknownAlphabet:
    """The alphabet of a tokenizer that could not be read, and why; text is left as it is."""

    reason: str

    @property
    def words(self) -> str:
        """
        >>> UnknownAlphabet("its file is not on this host yet").words
        'unknown: its file is not on this host yet'
        """
        return f"unknown: {self.reason}"


def alphabet_of_pieces(model: PieceModel) -> Alphabet:
    """Return the alphabet of a SentencePiece model.

    A character counts where it is a piece of its own: what occurs within longer pieces alone is
    `<unk>` in all other words.

    >>> alphabet_of_pieces(PieceModel(("▁", "▁the", "t", "e"), False, "nmt_nfkc")).lacking("the")
    frozenset({'h'})
    """
    bare = (piece.removeprefix(WORD_START) for piece in model.pieces)
    return Alphabet(
        frozenset(piece for piece in bare if len(piece) == 1),
        everything=model.byte_fallback,
        folds=model.normalizer in FOLDING,
        lowers=model.normalizer in FOLDING and model.normalizer.endswith("_cf"),
    )


def alphabet_of_word_pieces(pieces: Iterable[str]) -> Alphabet:
    """Return the alphabet of a WordPiece vocabulary, as BERT has them.

    A letter or digit has to begin a word and go on in one; punctuation is always cut off.

    >>> sorted(alphabet_of_word_pieces(["a", "##a", "b", "##c", ".", "[UNK]"]).characters)
    ['.', 'a']
    """
    listed = set(pieces)
    single = {piece for piece in listed if len(piece) == 1}
    inside = {piece[2:] for piece in listed if piece.startswith(CONTINUATION)}
    return Alphabet(frozenset(one for one in single if not one.isalnum() or one in inside))


def alphabet_of_labels(labels: Iterable[str]) -> Alphabet:
    """Return the alphabet of a model that writes single characters.

    NeMo's parser of such a model writes capitals in lower case by itself; the text that is trained is
    the same either way.

    >>> sorted(alphabet_of_labels([" ", "a", "b", "'"]).lacking("b-a's"))
    ['-', 's']
    """
    return Alphabet(frozenset(one for one in labels if len(one) == 1 and one != " "))


def alphabet_of_several(alphabets: Iterable[Alphabet]) -> Alphabet:
    """Return the characters that all of several alphabets can write.

    >>> both = alphabet_of_several([Alphabet(frozenset("ab")), Alphabet(frozenset("bc"))])
    >>> sorted(both.characters)
    ['b']
    """
    parts = list(alphabets)
    bounded = [part for part in parts if not part.everything]
    if not bounded:
        return parts[0]
    return Alphabet(
        frozenset.intersection(*(part.characters for part in bounded)),
        folds=all(part.folds for part in bounded),
        lowers=all(part.lowers for part in bounded),
    )
