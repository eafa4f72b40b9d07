"""Contractions spelled out, and possessives without their s."""

from __future__ import annotations

ENDINGS = {"re": "are", "ll": "will", "ve": "have", "m": "am", "d": "d"}
IRREGULAR = {
    "can't": "can not", "won't": "will not", "shan't": "shall not", "ain't": "aint",
    "let's": "let us", "o'clock": "oclock", "y'all": "you all", "ma'am": "maam",
}  # fmt: skip
# As recognizers without an apostrophe write them; those that are also other words ("wont", "were",
# "well", "ill", "its"), or "im", which is also intramuscular, are not here.
WITHOUT_APOSTROPHE = {
    "cannot": "can not", "cant": "can not", "dont": "do not", "doesnt": "does not",
    "didnt": "did not", "isnt": "is not", "wasnt": "was not", "arent": "are not",
    "werent": "were not", "hasnt": "has not", "havent": "have not", "hadnt": "had not",
    "shouldnt": "should not", "couldnt": "could not", "wouldnt": "would not", "wont": "will not",
    "mustnt": "must not", "neednt": "need not", "ive": "i have",
    "youre": "you are", "youve": "you have", "theyre": "they are", "theyve": "they have",
    "weve": "we have", "thats": "that is", "hes": "he is", "shes": "she is", "whats": "what is",
}  # fmt: skip
# After these words 's is "is"; after all others it is a possessive.
_IS_AFTER = (
    "it he she that what there here who where how when why this everything something nothing "
    "anything everyone someone one"
)
IS_AFTER = frozenset(_IS_AFTER.split())
# Diseases named after a person, as texts without apostrophes have them; names that are also other
# words ("downs", "bells") are not here.
_NAMES = (
    "crohn parkinson alzheimer hodgkin addison cushing hashimoto huntington raynaud sjogren meniere "
    "hirschsprung kaposi wegener paget behcet dupuytren bartholin ewing peyronie tourette wernicke"
)
EPONYMS = {f"{name}s": name for name in _NAMES.split()}

MOST_APOSTROPHES = 4  # of a word; what has more is none


def spelled_out(word: str) -> tuple[str, ...]:
    """Spell out a lower-case word that may have apostrophes.

    >>> spelled_out("doesn't"), spelled_out("cannot"), spelled_out("crohn's")
    (('does', 'not'), ('can', 'not'), ('crohn',))
    >>> spelled_out("it's"), spelled_out("o'brien"), spelled_out("patients'")
    (('it', 'is'), ('obrien',), ('patients',))
    """
    if "'" not in word:
        return tuple(WITHOUT_APOSTROPHE.get(word, EPONYMS.get(word, word)).split())
    if word in IRREGULAR:
        return tuple(IRREGULAR[word].split())
    if word.count("'") > MOST_APOSTROPHES:
        return spelled_out(word.replace("'", ""))
    base, _, ending = word.rpartition("'")
    if not base or not ending:
        return spelled_out(base or ending)
    if ending == "t" and base.endswith("n") and len(base) > 2:
        return (*spelled_out(base[:-1]), "not")
    if ending == "s":
        return (*spelled_out(base), *(["is"] if base in IS_AFTER else []))
    if ending in ENDINGS:
        return (*spelled_out(base), ENDINGS[ending])
    return spelled_out(base + ending) if "'" in base else (base + ending,)
