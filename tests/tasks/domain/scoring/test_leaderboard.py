"""The five sections of the leaderboard."""

from collections.abc import Callable

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.leaderboard import leaderboard
from tasks.domain.scoring.scores import RowScore


def test_the_five_sections_stand_in_their_order(
    row: Callable[..., ClinicalRow], score: Callable[[int], RowScore]
) -> None:
    rows = [row(), row(term="aspirin", text="aspirin"), row(noise_level="snr_5db")]
    text = leaderboard("Cycle 1", rows, [score(0), score(1), score(0)])
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Headline",
        "## KER by entity_category",
        "## KER by ipa_source",
        "## KER by noise_level",
        "## Per-term KER, worst first",
    ]
    terms = text.split("worst first")[1]
    assert terms.index("aspirin") < terms.index("metoprolol")


def test_a_pipe_in_a_term_does_not_break_the_table(
    row: Callable[..., ClinicalRow], score: Callable[[int], RowScore]
) -> None:
    odd = row(term="a|b", text="a|b")
    assert "| a\\|b |" in leaderboard("Cycle 1", [odd], [score(1)])
