"""A list of terms is read whole, or each fault is named by its line."""

from __future__ import annotations

import pytest

from tasks.benchmark.terms import NamedTerms, Term, read_terms

HEAD = "term,entity_category\n"
TERMS = NamedTerms.of(["Mitral valve", "valve", "aorta", "INR"])


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
            f"{HEAD}factor 5^2,lab\n",
            "terms.csv:2: term: expected words; '5^2' has none in 'factor 5^2'",
        ),
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


def test_accepted_spellings_are_parted_by_bars() -> None:
    text = "term,entity_category,accepted\nbeta-blocker,drug,beta blocker | β-blocker\nINR,lab,\n"
    terms, faults = read_terms(text, "terms.csv")
    assert faults == []
    assert [one.accepted for one in terms] == [("beta blocker", "β-blocker"), ()]


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("Timoptol|", "expected words; got ''"),
        ("TIMOLOL", "expected another spelling than the term; got 'TIMOLOL'"),
        ("Heparin", "expected a spelling of this term alone; 'Heparin' is 'heparin'"),
        ("HEP", "expected a spelling of this term alone; 'HEP' counts as 'heparin'"),
    ],
)
def test_an_accepted_spelling_is_of_its_term_alone(cell: str, fault: str) -> None:
    text = f"term,entity_category,accepted\nheparin,drug,hep\ntimolol,drug,{cell}\n"
    assert [str(one) for one in read_terms(text, "terms.csv")[1]] == [
        f"terms.csv:3: accepted: {fault}"
    ]


def test_a_sentence_that_has_an_accepted_spelling_of_another_term_names_that_term() -> None:
    text = (
        "term,entity_category,sentences,accepted\n"
        "heparin,drug,Give heparin after Timoptol.,\ntimolol,drug,,Timoptol\n"
    )
    (fault,) = read_terms(text, "terms.csv")[1]
    assert "expected no other term in it" in str(fault)


def test_a_sentence_of_a_term_has_the_term_itself_as_its_pronunciation_is_the_rows() -> None:
    text = "term,entity_category,sentences,accepted\ntimolol,drug,Give Timoptol.,Timoptol\n"
    (fault,) = read_terms(text, "terms.csv")[1]
    assert "expected 'timolol' in it" in str(fault)


def test_a_term_that_is_part_of_another_is_not_named_by_it() -> None:
    assert TERMS.others_in("The mitral valve is normal.", "mitral valve") == set()
    assert TERMS.others_in("The mitral valve and the aorta.", "mitral valve") == {"aorta"}


def test_a_term_of_two_words_is_named_where_both_are_adjacent() -> None:
    assert TERMS.others_in("The mitral, VALVE of it.", "aorta") == {"mitral valve", "valve"}
    assert TERMS.others_in("Mitral and tricuspid.", "") == set()


def test_without_terms_nothing_is_named() -> None:
    assert NamedTerms.of([]).others_in("The aorta.", "") == set()


def test_a_sentence_of_a_term_has_it_whole_and_no_other_and_nothing_that_is_not_spoken() -> None:
    assert TERMS.wrong_with("The mitral valve is normal.", "mitral valve") == ""
    assert "expected 'INR' in it" in TERMS.wrong_with("...", "INR")
    assert "no other term" in TERMS.wrong_with("INR and aorta.", "INR")
    assert "no '®'" in TERMS.wrong_with("INR®.", "INR")


def test_a_sentence_with_a_sign_that_has_no_words_is_named_with_the_sign() -> None:
    assert TERMS.wrong_with("The INR is 5^2.", "INR") == (
        "expected words; '5^2' has none in 'The INR is 5^2.'"
    )


def test_an_accepted_spelling_names_its_term_and_is_part_of_the_terms_own_text() -> None:
    named = NamedTerms.of(["lung", "heart"], {"lung": ["pulmo sinister"], "heart": ["pulmo"]})
    assert named.longest == 2
    assert named.others_in("The pulmo sinister.", "lung") == set()
    assert named.others_in("The pulmo.", "lung") == {"heart"}
    assert named.others_in("The pulmo sinister.", "") == {"lung", "heart"}
