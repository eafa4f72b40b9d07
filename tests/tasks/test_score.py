"""The candidate's results: every row with its side of the split and the comparison model's hit."""

from __future__ import annotations

import csv
import inspect
from collections.abc import Callable

import pytest

from tasks import score
from tasks.domain.errors import DamagedFile
from tasks.workspace.cycle import Cycle

score_candidate: Callable[[Cycle], score.ScoreSummary] = inspect.unwrap(score.score_candidate)
TEXTS = [f"start metoprolol {number}" for number in range(4)]
ROWS = [{"text": text} for text in TEXTS]


def test_a_row_shows_both_models_and_whether_it_was_trained_on(
    decoded: Callable[..., Cycle],
) -> None:
    before, after = ["", *TEXTS[1:]], [*TEXTS[:3], "start metro 3"]
    cycle = decoded(ROWS, before, after, held_out=2)
    assert score_candidate(cycle) == score.ScoreSummary(
        rows=4, ker_canonical=0.25, ker_published=0.25
    )
    with (cycle.next_folder / "results.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["split"] for line in lines] == ["train", "train", "test", "test"]
    assert [(line["hyp"], line["ker"]) for line in lines][-1] == ("start metro 3", "1")
    assert [(line["base_hyp"], line["base_ker"], line["base_wer"]) for line in lines][:2] == [
        ("", "1", "1.0"),
        (TEXTS[1], "0", "0.0"),
    ]


@pytest.mark.parametrize(
    ("ker", "words"),
    [
        (0.25, "4 rows, KER 0.250 canonical, 0.500 published, trained rows included"),
        (None, "4 rows"),
    ],
)
def test_its_line_names_what_the_figure_counts(ker: float | None, words: str) -> None:
    assert score.ScoreSummary(4, ker, 0.5).words == words


def test_the_leaderboard_reports_that_it_counts_trained_rows(decoded: Callable[..., Cycle]) -> None:
    cycle = decoded(ROWS, TEXTS, TEXTS)
    score_candidate(cycle)
    board = (cycle.next_folder / "leaderboard_cycle2.md").read_text()
    title = "# Cycle 2, the fine-tune of cycle 1 on all its rows, trained ones included\n"
    assert board.startswith(title)


def test_without_the_decodings_nothing_is_scored(trained: Callable[..., Cycle]) -> None:
    cycle = trained(ROWS)
    with pytest.raises(DamagedFile, match="is not there: rerun the cycle"):
        score_candidate(cycle)
    assert not cycle.next_folder.exists()


def test_columns_of_the_canonical_view_and_changed_doses_stand_beside_the_published_ones(
    decoded: Callable[..., Cycle],
) -> None:
    rows = [{"text": f"start metoprolol 1.5 mg for {day}"} for day in ("one", "two", "three")]
    after = [
        "start metoprolol 15 mg for one",
        "Start metoprolol one point five milligrams for 2",
        "start metro 1.5 mg for three",
    ]
    cycle = decoded(rows, after, after)
    score_candidate(cycle)
    with (cycle.next_folder / "results.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert (lines[0]["wer"], lines[0]["ker"]) == ("0.0", "0")  # the point is deleted
    assert [line["critical"] for line in lines] == ["1.5 mg → 15 mg", "", ""]
    assert [line["ker_canonical"] for line in lines] == ["0", "0", "1"]
    assert float(lines[0]["wer_canonical"]) > 0
    assert float(lines[1]["wer_canonical"]) == 0 < float(lines[1]["wer"])
    assert lines[2]["base_ker_canonical"] == "1"
