"""A list of terms is read whole, or each fault is named by its line."""

from __future__ import annotations

import pytest

from tasks.domain.benchmark.terms import Term, read_terms

HEAD = "term,entity_category\n"


def test_terms_are_read_in_order_with_their_ipa_and_sentences() -> None:
    text = (
        "\ufeffterm, entity_category ,ipa,sentences,notes\n"
        'timolol,drug,/ˈtɪ.mə.lɒl/,"Start timolol today. | Hold, then, timolol."\n'
        "HbA1c,lab,,\n"
    )
    terms, faults = read_terms(text, "terms.csv")
    assert faults == []
    assert terms == [
        Term("timolol", "drug", "ˈtɪməlɒl", ("Start timolol today.", "Hold, then, timolol.")),
        Term("HbA1c", "lab"),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "word,kind\nx,drug\n",
            "terms.csv:1: expected the columns term,entity_category; got 'word,kind'",
        ),
        ("", "terms.csv:1: expected the columns term,entity_category; got ''"),
        (HEAD, "terms.csv: expected terms; the file has none"),
        (f"{HEAD}a,drug\n,drug\n", "terms.csv:3: term: expected words; got ''"),
        (f"{HEAD}a,drug\nA!,lab\n", "terms.csv:3: term: expected each term once; got 'A!' again"),
        (f"{HEAD}-,drug\n", "terms.csv:2: term: expected words; got '-'"),
        (f"{HEAD}a😀b®,drug\n", "terms.csv:2: term: expected no '😀®'; got 'a😀b®'"),
        (
            f'{HEAD[:-1]},sentences\na,lab,"Hi a.| Its a \u200b."\n',
            "terms.csv:2: sentences: expected no '\\u200b'; got 'Its a \\u200b.'",
        ),
        (
            f"{HEAD[:-1]},sentences\ntimolol,drug,Give timolol.|Give it now.\n",
            "terms.csv:2: sentences: expected 'timolol' in it; got 'Give it now.'",
        ),
        (
            f"{HEAD[:-1]},sentences\ntimolol,drug,Give timolol and heparin.\nheparin,drug,\n",
            "terms.csv:2: sentences: expected no other term in it; got 'Give timolol and heparin.'",
        ),
        (
            f"{HEAD}a,drgu\n",
            "terms.csv:2: entity_category: expected one of drug, procedure, anatomy, condition, lab, "
            "role; got 'drgu' (did you mean 'drug'?)",
        ),
    ],
)
def test_a_fault_names_its_line_and_what_was_expected(text: str, fault: str) -> None:
    assert [str(one) for one in read_terms(text, "terms.csv")[1]] == [fault]


def test_every_fault_is_found_at_once() -> None:
    assert len(read_terms(f"{HEAD},drug\na,x\nb,drug\nb,drug\n", "terms.csv")[1]) == 3
