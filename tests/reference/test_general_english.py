"""The project's general English: what its script writes, without a clinical word."""

from __future__ import annotations

import csv

from general_english import SENTENCES, sentences

from tasks.benchmark.general import fit_sentences, sentences_in
from tasks.benchmark.terms import NamedTerms
from tests.terminal import ROOT

TEXT = (ROOT / "tasks/benchmark/general_english.txt").read_text(encoding="utf-8")


def test_the_file_is_what_the_script_writes() -> None:
    assert TEXT.splitlines() == sentences()


def test_every_sentence_is_of_a_fit_length_and_is_there_once() -> None:
    assert sentences_in(TEXT) == TEXT.splitlines()
    assert len(TEXT.splitlines()) == SENTENCES


def test_none_names_a_term_of_the_reference_or_of_medicine() -> None:
    with (ROOT / "reference/terms.csv").open(encoding="utf-8", newline="") as file:
        terms = [row["term"] for row in csv.DictReader(file)]
    terms += (ROOT / "tasks/workspace/distractors.txt").read_text(encoding="utf-8").splitlines()
    assert len(fit_sentences(TEXT.splitlines(), NamedTerms.of(terms), ())) == SENTENCES
