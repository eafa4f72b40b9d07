"""Words that change care: numbers and doses, units, negations, laterality."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest

import jiwer

from tasks.domain.scoring.normalize import normalize

CRITICAL = {
    "number": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty "
    "ninety hundred thousand half quarter point once twice",
    "unit": "mg mcg g kg ml cc l iu meq mmol mmhg milligram milligrams microgram micrograms gram "
    "grams kilogram kilograms milliliter milliliters millilitre millilitres liter liters litre "
    "litres unit units percent tablet tablets capsule capsules drop drops puff puffs hourly daily "
    "weekly",
    "negation": "no not never none nor without denies denied deny negative absent cannot cant dont "
    "doesnt didnt isnt wasnt arent werent wont hasnt havent hadnt shouldnt couldnt wouldnt",
    "laterality": "left right bilateral bilaterally unilateral ipsilateral contralateral",
}
KINDS = {word: kind for kind, words in CRITICAL.items() for word in words.split()}


def critical_words(text: str) -> list[str]:
    """The kinds of a normalized text's words that change care.

    >>> critical_words("No aspirin, 5 mg on the left")
    ['negation', 'number', 'unit', 'laterality']
    """
    return [kind for word in normalize(text).split() if (kind := kind_of(word))]


def kind_of(word: str) -> str | None:
    return "number" if any(letter.isdigit() for letter in word) else KINDS.get(word)


def critical_errors(references: Sequence[str], hypotheses: Sequence[str]) -> list[dict[str, int]]:
    """Errors of each row that change care, by kind: a critical word that the word alignment deletes,
    inserts, or puts in another's place. One critical word for another counts once.

    >>> critical_errors(["no left lung", "ten units", "has pain"], ["left lung", "six units", "has no pain"])
    [{'negation': 1}, {'number': 1}, {'negation': 1}]
    """
    expected = [normalize(text) for text in references]
    predicted = [normalize(text) for text in hypotheses]
    found: list[dict[str, int]] = [{} for _ in expected]
    concerned = [
        n
        for n, (reference, hypothesis) in enumerate(zip(expected, predicted, strict=True))
        if reference != hypothesis and (critical_words(reference) or critical_words(hypothesis))
    ]
    empty = [n for n in concerned if not expected[n]]  # jiwer aligns no empty reference
    for number in empty:
        found[number] = dict(Counter(critical_words(predicted[number])))
    concerned = [n for n in concerned if expected[n]]
    if not concerned:
        return found
    aligned = jiwer.process_words(
        [expected[n] for n in concerned], [predicted[n] for n in concerned]
    )
    for number, chunks in zip(concerned, aligned.alignments, strict=True):
        words, heard = expected[number].split(), predicted[number].split()
        changed = [
            pair
            for chunk in chunks
            if chunk.type != "equal"
            for pair in zip_longest(
                words[chunk.ref_start_idx : chunk.ref_end_idx],
                heard[chunk.hyp_start_idx : chunk.hyp_end_idx],
                fillvalue="",
            )
        ]
        kinds = (kind_of(word) or kind_of(instead) for word, instead in changed)
        found[number] = dict(Counter(kind for kind in kinds if kind))
    return found
