"""Sentences of a person's own are read whole, or each fault is named by its line."""

from __future__ import annotations

import pytest

from tasks.benchmark.naming import NamedTerms
from tasks.benchmark.sentence_file import Sentence, read_sentences

HEAD = "term,context_type,text\n"
TERMS = NamedTerms.of(("timolol", "HbA1c"))


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
         "sentences.csv:3: text: expected each sentence once; it stands above"),
    ],
)  # fmt: skip
def test_a_fault_names_its_line(lines: str, fault: str) -> None:
    assert [str(one) for one in read_sentences(lines, "sentences.csv", TERMS)[1]] == [fault]
