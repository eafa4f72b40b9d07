"""Each category has twenty sentences a context, and a term is the only clinical term in them."""

from __future__ import annotations

import csv
from itertools import chain
from typing import get_args

import pytest

from tasks.benchmark.naming import NamedTerms
from tasks.benchmark.sentences import TEMPLATES
from tasks.benchmark.templates import SENTENCES
from tasks.domain.manifest import Category
from tasks.domain.policy import BuildPolicy
from tests.terminal import ROOT

ALL = [text for contexts in TEMPLATES.values() for text in chain(*contexts.values())]


@pytest.mark.parametrize("category", get_args(Category))
def test_each_context_of_the_policy_has_twenty_sentences(category: Category) -> None:
    assert list(SENTENCES[category]) == list(BuildPolicy().contexts)
    assert {len(texts) for texts in TEMPLATES[category].values()} == {20}


def test_no_sentence_stands_twice() -> None:
    assert len(set(ALL)) == len(ALL)


def test_a_sentence_has_room_for_one_term_and_ten_to_thirty_words() -> None:
    unfit = [text for text in ALL if text.count("{}") != 1 or not 10 <= len(text.split()) <= 30]
    assert unfit == []


def test_no_sentence_names_a_term_of_the_reference() -> None:
    with (ROOT / "reference/terms.csv").open(encoding="utf-8", newline="") as file:
        terms = [row["term"] for row in csv.DictReader(file)]
    assert [text for text in ALL if NamedTerms.of(terms).others_in(text, "{}")] == []
