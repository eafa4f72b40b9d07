"""A build is timed, and has the same bytes each time and in another order of terms."""

from __future__ import annotations

from collections.abc import Callable


def test_each_build_has_the_same_bytes_and_the_second_makes_no_clip(
    run_small: Callable[[str], list[list[str]]],
) -> None:
    _, _, *builds = run_small("building")
    assert [(name, rows, made) for name, rows, _, made, _, _ in builds] == [
        ("from scratch", "6", "6"), ("once more", "6", "0"),
        ("from scratch, terms in another order", "6", "6"),
    ]  # fmt: skip
    assert len({row[-1] for row in builds}) == 1
