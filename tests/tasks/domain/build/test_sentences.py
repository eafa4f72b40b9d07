"""Each category has sentences of every context, with room for one term."""

from __future__ import annotations

from typing import get_args

import pytest

from tasks.domain.build.sentences import fill, templates
from tasks.domain.manifest import Category
from tasks.domain.policy import BuildPolicy


@pytest.mark.parametrize("category", get_args(Category))
def test_every_context_of_the_policy_has_sentences_of_ten_to_thirty_words(
    category: Category,
) -> None:
    found = templates(category)
    assert set(BuildPolicy().contexts) <= set(found)
    for sentences in found.values():
        assert len(set(sentences)) == len(sentences) > 1
        for sentence in sentences:
            assert sentence.count("{}") == 1
            assert 10 <= len(sentence.split()) <= 30


@pytest.mark.parametrize(
    ("term", "article"),
    [("angiogram", "an"), ("stent", "a"), ("MRI", "an"), ("CT", "a"), ("ultrasound", "an"),
     ("uric acid", "a"), ("hour", "an")],
)  # fmt: skip
def test_the_article_follows_the_first_sound(term: str, article: str) -> None:
    assert fill("Plan a {} today.", term) == f"Plan {article} {term} today."
    assert fill("An {} is due.", term) == f"{article.capitalize()} {term} is due."
