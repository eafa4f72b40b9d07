"""What is asked of a speech engine, and its error when it cannot."""

import pytest

from tasks.benchmark.engines.engine import NotSpoken, SpeechRequest


def test_two_requests_for_the_same_clip_are_equal() -> None:
    first, second = (SpeechRequest("one", "one", (("one", "wʌn"),), "en-us") for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)


@pytest.mark.parametrize("retry", [False, True])
def test_what_was_not_spoken_reports_whether_to_try_again(retry: bool) -> None:
    error = NotSpoken("no such voice", retry=retry)
    assert (str(error), error.retry) == ("no such voice", retry)
