"""Results have a line a row, and read back with as many rows as went in."""

import csv
from collections.abc import Callable
from pathlib import Path

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.scores import RowScore, Scores
from tasks.domain.verdict.comparison import ScoredHypotheses
from tasks.workspace.results import Results, write_results


def test_results_read_back_a_line_a_row_whatever_the_text_holds(
    tmp_path: Path, row: Callable[..., ClinicalRow], score: Callable[[int], RowScore]
) -> None:
    text = 'start metoprolol, "now"\N{LINE SEPARATOR}\nplease'
    rows, scores = [row(text=text), row()], Scores.of([score(1), score(0)])
    results = Results("A title", rows, ScoredHypotheses.alike(["x\ry", "z"], scores))
    write_results(tmp_path, "board.md", results, [{"split": "train"}, {"split": "validation"}])
    with (tmp_path / "results.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [line["ref"] for line in lines] == [text, rows[1].text]
    assert [line["hyp"] for line in lines] == ["x\ry", "z"]
    assert [line["split"] for line in lines] == ["train", "validation"]
    assert [(line["ker"], line["ser"]) for line in lines] == [("1", "1"), ("0", "0")]
    assert (tmp_path / "board.md").read_text().startswith("# A title\n")
