"""Words that change care: numbers and doses, units, negations, laterality."""

from __future__ import annotations

from collections.abc import Sequence

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
    """Critical reference words of each row that the word alignment deletes or substitutes, by kind.

    >>> critical_errors(["no left lung", "ten units"], ["left lung", "ten unit"])
    [{'negation': 1}, {'unit': 1}]
    """
    expected = [normalize(text) for text in references]
    predicted = [normalize(text) for text in hypotheses]
    lost: list[dict[str, int]] = [{} for _ in expected]
    critical = [n for n, text in enumerate(expected) if critical_words(text)]
    if not critical:
        return lost
    aligned = jiwer.process_words([expected[n] for n in critical], [predicted[n] for n in critical])
    for number, chunks in zip(critical, aligned.alignments, strict=True):
        words = expected[number].split()
        for chunk in chunks:
            if chunk.type in ("delete", "substitute"):
                for word in words[chunk.ref_start_idx : chunk.ref_end_idx]:
                    if kind := kind_of(word):
                        lost[number][kind] = lost[number].get(kind, 0) + 1
    return lost
