"""The two views of a text, and what counts as a term in each."""

from tasks.domain.scoring.finding import found_in, place_of
from tasks.domain.scoring.views import forms_of, scoring_id, words_of


def test_a_record_names_the_view_and_the_version_of_its_rules() -> None:
    assert (scoring_id("published"), scoring_id("canonical")) == ("published 1", "canonical 1")


def test_only_the_published_view_loses_the_point_of_a_dose() -> None:
    texts = ("Warfarin 1.5 mg", "warfarin 15 mg")
    assert len({words_of(text, "published") for text in texts}) == 1
    assert len({words_of(text, "canonical") for text in texts}) == 2


def test_accepted_spellings_count_in_the_canonical_view_alone() -> None:
    published, canonical = (
        forms_of("paracetamol", ["acetaminophen"], view) for view in ("published", "canonical")
    )
    text = "acetaminophen 1 g"
    assert not found_in(published, text, text)
    assert found_in(canonical, text, text)


def test_the_place_of_a_term_is_found_in_either_view() -> None:
    words = words_of("Start 5-FU today", "canonical").split()
    assert place_of(forms_of("5-FU", (), "canonical"), words) == (1, 3)
    words = words_of("Start 5-FU today", "published").split()
    assert place_of(forms_of("5-FU", (), "published"), words) == (1, 2)
