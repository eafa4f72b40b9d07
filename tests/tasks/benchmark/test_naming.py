"""A text names a term where its words stand whole, in order and adjacent."""

from __future__ import annotations

from tasks.benchmark.naming import NamedTerms

TERMS = NamedTerms.of(["Mitral valve", "valve", "aorta", "INR"])


def test_a_term_that_is_part_of_another_is_not_named_by_it() -> None:
    assert TERMS.others_in("The mitral valve is normal.", "mitral valve") == set()
    assert TERMS.others_in("The mitral valve and the aorta.", "mitral valve") == {"aorta"}


def test_a_term_of_two_words_is_named_where_both_are_adjacent() -> None:
    assert TERMS.others_in("The mitral, VALVE of it.", "aorta") == {"mitral valve", "valve"}
    assert TERMS.others_in("Mitral and tricuspid.", "") == set()


def test_without_terms_nothing_is_named() -> None:
    assert NamedTerms.of([]).others_in("The aorta.", "") == set()


def test_a_sentence_of_a_term_has_it_whole_and_no_other_and_nothing_that_is_not_said() -> None:
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
