"""Each category has sentences of every context, with room for one term."""

from __future__ import annotations

from typing import get_args

import pytest

from tasks.benchmark.sentences import fill, templates
from tasks.benchmark.templates import SENTENCES
from tasks.domain.manifest import Category
from tasks.domain.policy import BuildPolicy


@pytest.mark.parametrize("category", get_args(Category))
def test_sentences_are_given_by_their_context(category: Category) -> None:
    assert set(BuildPolicy().contexts) <= set(templates(category))
    assert templates(category)["handoff"][0] in SENTENCES[category]["handoff"]


@pytest.mark.parametrize(
    ("term", "article"),
    [("angiogram", "an"), ("stent", "a"), ("MRI", "an"), ("CT", "a"), ("ultrasound", "an"),
     ("uric acid", "a"), ("hour", "an")],
)  # fmt: skip
def test_the_article_follows_the_first_sound(term: str, article: str) -> None:
    assert fill("Plan a {} today.", term) == f"Plan {article} {term} today."
    assert fill("An {} is due.", term) == f"{article.capitalize()} {term} is due."
