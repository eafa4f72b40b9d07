"""Terms are found in a text whole, and in a time that does not grow with their number."""

import time

from tasks.domain.verdict.keywords import Keywords


def test_a_term_is_found_whole_and_in_any_case() -> None:
    known = Keywords.of(["mitral valve", "Insulin"])
    assert known.found_in("MITRAL valve; insulins") == {"mitral valve"}


def test_looking_for_many_terms_takes_no_longer_than_for_few() -> None:
    """Two equal lists of terms, as two guards make them, are not compared at each text."""

    def seconds(count: int) -> float:
        lists = [Keywords.of(f"term{number}" for number in range(count)) for _ in range(2)]
        began = time.process_time()
        found = [known.found_in("start term1 today") for known in lists for _ in range(1000)]
        assert set(map(len, found)) == {1}
        return time.process_time() - began

    assert seconds(50_000) < 20 * max(seconds(50), 0.01)
