"""Terms are found in a text whole, and in a time that does not grow with their number."""

from collections.abc import Callable

from tasks.domain.manifest import ClinicalRow
from tasks.domain.verdict.comparison import clinical_pair
from tasks.domain.verdict.keywords import Invented, Keywords, invented, known_terms
from tests.steps import steps


def test_a_term_is_found_whole_and_in_any_case() -> None:
    known = Keywords.of(["mitral valve", "Insulin"])
    assert known.found_in("MITRAL valve; insulins") == {"mitral valve"}


def test_a_boosted_spelling_of_the_term_that_was_spoken_is_not_invented(
    row: Callable[..., ClinicalRow],
) -> None:
    """What is boosted has the accepted spellings of terms too."""
    rows = [row(text="start 5-FU now", term="5-FU", accepted=("fluorouracil",))] * 2
    texts, boosted = ["start fluorouracil now", "start 5 fu now"], ["5 fu", "fluorouracil", "zol"]
    known = known_terms(rows, "canonical", boosted)
    assert [known.found_in(text) - known.found_in(rows[0].text) for text in texts] == [set()] * 2
    pair = clinical_pair(rows, ["start zol now"] * 2, texts, "canonical")
    assert invented([pair], rows, boosted, known) == (Invented("zol", 2, 0),)


def test_looking_for_many_terms_takes_no_longer_than_for_few() -> None:
    """No term is compared with another, nor are the equal lists that two guards make."""
    compared = []

    class Term(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            compared.append(self)
            return str.__eq__(self, other)

    def looked_for(count: int) -> int:
        terms = [frozenset(Term(f"term{number}") for number in range(count)) for _ in range(2)]
        lists = [Keywords(one, (1,)) for one in terms]
        lists[0].found_in("start term1 today")  # normalized once
        compared.clear()
        return steps(lambda: [known.found_in("start term1 today") for known in lists])

    assert looked_for(50) == looked_for(5_000)
    assert len(compared) <= 6, "the words of a text, looked up in a table of the terms"
