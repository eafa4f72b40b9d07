"""Each category has sentences of every context, with room for one term."""

from __future__ import annotations

import csv
from itertools import chain
from typing import get_args

import pytest

from tasks.benchmark.sentences import Sentence, fill, own_sentences, read_sentences, templates
from tasks.benchmark.terms import NamedTerms
from tasks.domain.manifest import Category
from tasks.domain.policy import BuildPolicy
from tests.terminal import ROOT

HEAD = "term,context_type,text\n"
TERMS = NamedTerms.of(("timolol", "HbA1c"))
ALL = [text for contexts in own_sentences().values() for text in chain(*contexts.values())]


@pytest.mark.parametrize("category", get_args(Category))
def test_sentences_are_given_by_their_context(category: Category) -> None:
    assert set(BuildPolicy().contexts) <= set(templates(category))
    assert all("{}" in text for text in templates(category)["handoff"])


@pytest.mark.parametrize(
    ("term", "article"),
    [("angiogram", "an"), ("stent", "a"), ("MRI", "an"), ("CT", "a"), ("ultrasound", "an"),
     ("uric acid", "a"), ("hour", "an")],
)  # fmt: skip
def test_the_article_follows_the_first_sound(term: str, article: str) -> None:
    assert fill("Plan a {} today.", term) == f"Plan {article} {term} today."
    assert fill("An {} is due.", term) == f"{article.capitalize()} {term} is due."


def test_sentences_are_read_in_order() -> None:
    text = f'\ufeff{HEAD}timolol,order,"Start timolol, please."\nhba1c,lab,The HbA1c was high.\n'
    sentences, faults = read_sentences(text, "sentences.csv", TERMS)
    assert faults == []
    assert sentences == [
        Sentence("timolol", "order", "Start timolol, please."),
        Sentence("hba1c", "lab", "The HbA1c was high."),
    ]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ("a,b\n", "sentences.csv:1: expected the columns term,context_type,text; got 'a,b'"),
        (f"{HEAD}insulin,order,Start insulin.\n",
         "sentences.csv:2: term: expected a term of terms.csv; got 'insulin'"),
        (f"{HEAD}timolol,,Start timolol.\n",
         "sentences.csv:2: context_type: expected a word, as dictation or handoff"),
        (f"{HEAD}timolol,order,Start it.\n",
         "sentences.csv:2: text: expected 'timolol' in it; got 'Start it.'"),
        (f"{HEAD}timolol,order,HbA1c on timolol.\n",
         "sentences.csv:2: text: expected no other term in it; got 'HbA1c on timolol.'"),
        (f"{HEAD}timolol,order,Start timolol 😀.\n",
         "sentences.csv:2: text: expected no '😀'; got 'Start timolol 😀.'"),
        (f"{HEAD}timolol,order,Start timolol.\ntimolol,order,start timolol\n",
         "sentences.csv:3: text: expected each sentence once; it is above already"),
    ],
)  # fmt: skip
def test_a_fault_names_its_line(lines: str, fault: str) -> None:
    assert [str(one) for one in read_sentences(lines, "sentences.csv", TERMS)[1]] == [fault]


@pytest.mark.parametrize("category", get_args(Category))
def test_each_context_of_the_policy_has_twenty_sentences(category: Category) -> None:
    assert list(templates(category)) == list(BuildPolicy().contexts)
    assert {len(texts) for texts in templates(category).values()} == {20}


def test_no_sentence_is_there_twice() -> None:
    assert len(set(ALL)) == len(ALL)


def test_a_sentence_has_room_for_one_term_and_ten_to_thirty_words() -> None:
    unfit = [text for text in ALL if text.count("{}") != 1 or not 10 <= len(text.split()) <= 30]
    assert unfit == []


def test_no_sentence_names_a_term_of_the_reference() -> None:
    with (ROOT / "reference/terms.csv").open(encoding="utf-8", newline="") as file:
        terms = [row["term"] for row in csv.DictReader(file)]
    assert [text for text in ALL if NamedTerms.of(terms).others_in(text, "{}")] == []
