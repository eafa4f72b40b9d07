"""Terms are found in a text whole, and in a time that does not grow with their number."""

from tasks.domain.verdict.keywords import Keywords
from tests.steps import steps


def test_a_term_is_found_whole_and_in_any_case() -> None:
    known = Keywords.of(["mitral valve", "Insulin"])
    assert known.found_in("MITRAL valve; insulins") == {"mitral valve"}


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
