"""The project's own sentences, for terms that come with none."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tasks.domain.manifest import Category

AN = re.compile(r"[aeioAEIO]|[uU](?![nr]i|[rst]e)|[hH](?=our|onest|eir)|[FHLMNRSX](?=[A-Z0-9])")
ARTICLE = re.compile(r"\b(a|an) \{\}", re.I)
TEMPLATES: dict[Category, dict[str, tuple[str, ...]]] = {
    "drug": {
        "dictation": (
            "The plan is to continue {} at the present dose and to see him again in two weeks.",
            "She tolerated the first dose of {} well and had no reaction during the infusion.",
        ),
        "handoff": (
            "Bed four got {} at six this morning and is due for the next dose at noon.",
            "Please hold the {} tonight until the morning labs are back and reviewed.",
        ),
        "chart_note": (
            "Patient takes {} at home every day and reports good adherence since the last visit.",
            "Started {} on admission, no side effects were noted during the first two days.",
        ),
        "history": (
            "He had a rash after {} about three years ago and has avoided it since then.",
            "She was on {} for several months before her symptoms finally began to improve.",
        ),
    },
    "procedure": {
        "dictation": (
            "The {} was completed without difficulty and the patient went back to the ward.",
            "We discussed the risks and benefits of {} and the patient agreed to go ahead.",
        ),
        "handoff": (
            "She is waiting for {} tomorrow, so nothing to eat or drink after midnight.",
            "The {} this afternoon went well, please check on the site every two hours.",
        ),
        "chart_note": (
            "Consent for {} was signed this morning and placed in the front of the chart.",
            "Status after {} on day two, doing well and walking in the hall with help.",
        ),
        "history": (
            "He had {} at another hospital last year and we have asked for the report.",
            "She has never had {} before and was quite anxious about what to expect.",
        ),
    },
    "anatomy": {
        "dictation": (
            "There is mild tenderness over the {} but no swelling and no redness today.",
            "The {} appears normal in size and shape on the images from this morning.",
        ),
        "handoff": (
            "Watch the {} closely tonight and call us if the swelling gets any worse.",
            "The dressing over the {} was changed at four and should stay dry until morning.",
        ),
        "chart_note": (
            "Exam of the {} is unchanged from yesterday, with good color and no drainage.",
            "Pain near the {} is better today and he now rates it two out of ten.",
        ),
        "history": (
            "She injured the {} in a fall many years ago and still has pain in the winter.",
            "He noticed a lump near the {} about a month before he came to the clinic.",
        ),
    },
    "condition": {
        "dictation": (
            "The findings are most consistent with {} and we will start treatment today.",
            "I explained to the family that {} is the most likely cause of her symptoms.",
        ),
        "handoff": (
            "He came in last night with {} and has been stable on the floor since then.",
            "We are still ruling out {} in bed nine, and the results should be back soon.",
        ),
        "chart_note": (
            "Assessment is {} with slow improvement, continue the current plan and follow up.",
            "Admitted for {} three days ago, now without fever and eating a normal diet.",
        ),
        "history": (
            "Her mother and her older sister were both treated for {} in their fifties.",
            "He was first told that he had {} when he was in college and has done well.",
        ),
    },
    "lab": {
        "dictation": (
            "The {} came back a little higher than last week, so we will repeat it tomorrow.",
            "Please add {} to the blood that was drawn this morning if there is enough left.",
        ),
        "handoff": (
            "The {} is still pending and the night team should follow up on the result.",
            "His last {} was normal, so there is no need to wake him for another draw.",
        ),
        "chart_note": (
            "The {} was within normal limits today and has been stable since admission.",
            "We will trend {} every morning and call the specialist if it keeps rising.",
        ),
        "history": (
            "Her {} has been checked twice a year since she was first seen in our clinic.",
            "He was sent to us because his {} was found to be high on a routine visit.",
        ),
    },
    "role": {
        "dictation": (
            "I discussed the case with the {} this afternoon and we agreed on the plan.",
            "The {} will see the patient before discharge and review the home exercises.",
        ),
        "handoff": (
            "Page the {} if her pressure drops again or if she becomes short of breath.",
            "The {} on call tonight already knows about him and will come by at eight.",
        ),
        "chart_note": (
            "Seen with the {} on rounds today, family at bedside, all questions answered.",
            "A note from the {} was reviewed and the suggested changes were made today.",
        ),
        "history": (
            "He was followed by the {} in his home town until he moved here last spring.",
            "She has seen the {} twice this year and has another visit in the summer.",
        ),
    },
}


def templates(category: Category) -> Mapping[str, tuple[str, ...]]:
    """Give the project's sentences for a category by their context, each with {} for the term."""
    return TEMPLATES[category]


def fill(template: str, term: str) -> str:
    """Put a term into a template; `a` and `an` follow its first sound.

    >>> fill("She had a {} today.", "angiogram"), fill("He needs an {} now.", "stent")
    ('She had an angiogram today.', 'He needs a stent now.')
    """

    def article(match: re.Match[str]) -> str:
        word = "an" if AN.match(term) else "a"
        return f"{word.capitalize() if match[1][0].isupper() else word} {{}}"

    return ARTICLE.sub(article, template).replace("{}", term)
