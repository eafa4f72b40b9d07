"""The project's own sentences, for terms that come with none."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tasks.benchmark.templates import SENTENCES
from tasks.domain.manifest import Category

AN = re.compile(r"[aeioAEIO]|[uU](?![nr]i|[rst]e)|[hH](?=our|onest|eir)|[FHLMNRSX](?=[A-Z0-9])")
ARTICLE = re.compile(r"\b(a|an) \{\}", re.I)
TEMPLATES: dict[Category, dict[str, tuple[str, ...]]] = {
    category: {context: tuple(lines.split("\n")[1:-1]) for context, lines in contexts.items()}
    for category, contexts in SENTENCES.items()
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
