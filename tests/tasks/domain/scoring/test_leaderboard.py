"""The five sections of the leaderboard."""

from collections.abc import Callable

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.leaderboard import leaderboard
from tasks.domain.scoring.metrics import Rate, RowScore


def test_the_five_sections_stand_in_their_order(
    row: Callable[..., ClinicalRow], score: Callable[[int], RowScore]
) -> None:
    rows = [row(), row(term="aspirin", text="aspirin"), row(noise_level="snr_5db")]
    scores = [score(0), score(1), score(0)]
    text = leaderboard("Cycle 1", rows, scores, scores)
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Headline",
        "## KER by entity_category",
        "## KER by ipa_source",
        "## KER by noise_level",
        "## Per-term KER, worst first",
        "## Canonical view: what was spoken, however it is written",
    ]
    terms = text.split("worst first")[1]
    assert terms.index("aspirin") < terms.index("metoprolol")


def test_a_pipe_in_a_term_does_not_break_the_table(
    row: Callable[..., ClinicalRow], score: Callable[[int], RowScore]
) -> None:
    odd = row(term="a|b", text="a|b")
    assert "| a\\|b |" in leaderboard("Cycle 1", [odd], [score(1)], [score(1)])


def test_groups_come_worst_first_and_those_without_a_term_to_miss_last(
    row: Callable[..., ClinicalRow], score: Callable[[int], RowScore]
) -> None:
    given = {"snr_1db": [1, 0, 1], "snr_2db": [1, 1], "snr_3db": [0], "snr_4db": [None]}
    rows = [row(noise_level=name) for name, missed in given.items() for _ in missed]
    scores = [
        score(1 if missed else 0)
        if missed is not None
        else RowScore(Rate(0, 4), Rate(0, 9), None, 0)
        for missed_of in given.values()
        for missed in missed_of
    ]
    text = leaderboard("Cycle 1", rows, scores, scores).split("noise_level\n\n")[1].split("\n\n")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    assert cells[2:] == [
        ["snr_2db", "2", "2", "1.000"],
        ["snr_1db", "3", "2", "0.667"],
        ["snr_3db", "1", "0", "0.000"],
        ["snr_4db", "1", "0", "–"],
    ]


def test_misses_that_are_spelling_alone_are_counted_after_the_published_sections(
    row: Callable[..., ClinicalRow], score: Callable[[int], RowScore]
) -> None:
    rows, published = [row(), row(), row()], [score(1), score(1), score(0)]
    text = leaderboard("Cycle 1", rows, published, [score(0), score(1), score(0)])
    before, after = text.split("## Canonical view")
    assert "| 3    | 0.167 | 0.033 | 0.667" in before
    cells = [line.split("|") for line in after.splitlines() if line.startswith("| 3 ")]
    assert [cell.strip() for cell in cells[0][1:-1]] == [
        *("3", "0.167", "0.083", "0.667", "0.333", "1")
    ]
