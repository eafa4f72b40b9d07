"""Confusions: what a missed term was transcribed as."""

from collections.abc import Callable

import jiwer
import pytest

from tasks.domain.manifest import ClinicalRow
from tasks.domain.verdict.comparison import score_pair
from tasks.domain.verdict.confusions import confusions, transcribed_as
from tests.steps import IN_PROPORTION, growth

Maker = Callable[..., ClinicalRow]


@pytest.mark.parametrize(
    ("hypothesis", "instead"),
    [
        ("give cefa zolin now", "cefa zolin"),
        ("give cephalexin now", "cephalexin"),
        ("givecefazolin now", "givecefazolin"),
        ("give now", ""),
        ("", ""),
    ],
)
def test_a_missed_term_is_transcribed_as_what_is_in_its_place(
    hypothesis: str, instead: str
) -> None:
    reference = "give cefazolin now"
    chunks = jiwer.process_words(reference, hypothesis).alignments[0]
    assert transcribed_as((1, 2), hypothesis, chunks) == instead


def test_another_benchmark_term_in_its_place_is_a_look_alike(row: Maker) -> None:
    rows = [row(term="hydralazine", text="give hydralazine now") for _ in range(3)]
    texts = ["give hydroxyzine now", "give hydroxyzine now", "give hydra lazy now"]
    hypotheses = score_pair(
        ["give hydralazine now"] * 3, ["hydralazine"] * 3, texts, texts
    ).comparison
    found = confusions(rows, hypotheses, [*rows, row(term="hydroxyzine")])
    assert [(one.heard_as, one.rows, one.look_alike) for one in found] == [
        ("hydroxyzine", 2, True),
        ("hydra lazy", 1, False),
    ]


@pytest.mark.slow
def test_confusions_take_time_in_proportion_to_rows_and_terms(row: Maker) -> None:
    def prepare(count: int) -> Callable[[], object]:
        terms = [f"term{n}" for n in range(count)]
        references, texts = [f"give {term} now" for term in terms], ["give it now"] * count
        rows = [row(term=term, text=text) for term, text in zip(terms, references, strict=True)]
        missed = score_pair(references, terms, texts, texts).comparison
        assert len(confusions(rows, missed, rows)) == count
        return lambda: confusions(rows, missed, rows)

    assert growth(prepare, 1_000) < IN_PROPORTION
