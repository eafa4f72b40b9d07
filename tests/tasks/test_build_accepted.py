"""Accepted spellings go with their term through build, growth, audition and acceptance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.acceptance import make_acceptance
from tasks.audition import open_desk
from tasks.benchmark.audition_file import own_decisions
from tasks.build import build_benchmark
from tasks.domain.errors import InvalidInput
from tasks.domain.manifest import ClinicalRow
from tasks.workspace.manifests import read_manifest
from tasks.workspace.open import open_cycle
from tests.tasks.builds import SMALL, decide, rows_of

DICTATION = "build: {rows_per_term: 3, contexts: [dictation], audition: 'off'}\n"
HEAD = "term,entity_category,accepted\n"
TERMS = "timolol,drug,Timoptol|timolol maleate\nbeta-blocker,drug,beta blocker\nlactate,lab,\n"


def listed(root: Path, terms: str = TERMS, head: str = HEAD) -> Path:
    root.mkdir(exist_ok=True)
    (root / "terms.csv").write_text(head + terms)
    (root / "flywheel.yaml").write_text(SMALL)
    return root


def accepted_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {row["term"]: row.get("accepted") for row in rows}


def without_accepted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "accepted"} for row in rows]


def test_a_built_row_lists_the_spellings_of_its_term_and_the_cycle_reads_them(
    tmp_path: Path,
) -> None:
    root = listed(tmp_path / "w")
    build_benchmark(root, 1)
    assert accepted_of(rows_of(root)) == {
        "timolol": ["Timoptol", "timolol maleate"],
        "beta-blocker": ["beta blocker"],
        "lactate": None,
    }
    cycle = open_cycle(root, 1)
    assert {row.term: row.accepted for row in cycle.rows}["beta-blocker"] == ("beta blocker",)
    assert cycle.vocabulary is not None
    assert {"Timoptol", "timolol maleate", "beta blocker"} <= set(cycle.vocabulary.phrases)


def test_no_clip_is_made_again_where_accepted_spellings_change(tmp_path: Path) -> None:
    plain = listed(tmp_path / "w", "timolol,drug\nlactate,lab\n", "term,entity_category\n")
    first = build_benchmark(plain, 1)
    before = rows_of(plain)
    listed(plain, "timolol,drug,Timoptol\nlactate,lab,\n")
    second = build_benchmark(plain, 1)
    assert (second.takes, second.reused) == (0, first.made)
    assert second.manifest_sha256 != first.manifest_sha256
    assert without_accepted(rows_of(plain)) == before


def test_a_growing_benchmark_has_the_spellings_of_terms_csv_as_it_is_now(tmp_path: Path) -> None:
    """A term that it lists no longer keeps those of its rows."""
    root = listed(tmp_path / "w")
    build_benchmark(root, 1)
    listed(root, "timolol,drug,Timoptic\nbeta-blocker,drug,\n")
    (root / "cycle2").mkdir()
    manifest = root / "cycle1/manifest.jsonl"
    rows = [
        row | ({"accepted": ["lactic acid"]} if row["term"] == "lactate" else {})
        for row in rows_of(root)
    ]
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    record = build_benchmark(root, 2)
    assert record.carried == len(rows)
    assert accepted_of(rows_of(root, 2)) == {
        "timolol": ["Timoptic"], "beta-blocker": None, "lactate": ["lactic acid"],
    }  # fmt: skip
    assert without_accepted(rows_of(root, 2)) == without_accepted(rows)


def test_an_accepted_spelling_that_is_another_term_stops_the_build(tmp_path: Path) -> None:
    root = listed(tmp_path / "w", "timolol,drug,Lactate\nlactate,lab,\n")
    with pytest.raises(InvalidInput) as raised:
        build_benchmark(root, 1)
    assert list(map(str, raised.value.faults)) == [
        "terms.csv:2: accepted: expected a spelling of this term alone; 'Lactate' is 'lactate'"
    ]


def test_the_audition_shows_them_and_a_decision_records_them_and_outlives_them(
    tmp_path: Path,
) -> None:
    root = listed(tmp_path / "w")
    (root / "cycle1").mkdir()
    page = open_desk(root, 1).page(served=False)
    assert "also accepted in a transcript: Timoptol, timolol maleate" in page
    decide(root, "heard")
    decisions = own_decisions(root, 1)
    assert {one.term: one.accepted for one in decisions}["timolol"] == (
        "Timoptol",
        "timolol maleate",
    )
    listed(root, "timolol,drug,\nbeta-blocker,drug,\nlactate,lab,\n")
    (root / "flywheel.yaml").write_text("build: {rows_per_term: 3, audition: required}\n")
    record = build_benchmark(root, 1)
    assert record.audition == ""
    assert {row["audition"] for row in rows_of(root)} == {"heard"}


def test_rows_of_acceptance_list_them(tmp_path: Path) -> None:
    root = listed(tmp_path / "w")
    build_benchmark(root, 1)
    make_acceptance(root, 1)
    rows = read_manifest(root / "acceptance.jsonl", ClinicalRow).rows
    assert {row.term: row.accepted for row in rows} == {
        "timolol": ("Timoptol", "timolol maleate"),
        "beta-blocker": ("beta blocker",),
        "lactate": (),
    }


def test_rows_that_a_spreadsheet_left_empty_are_counted_in_the_record(tmp_path: Path) -> None:
    root = listed(tmp_path / "w", f"{TERMS},,\n,,\n")
    (root / "flywheel.yaml").write_text(DICTATION)
    (root / "sentences.csv").write_text(
        "\ufeffsep=;\r\nterm;context_type;text\r\nlactate;dictation;Check lactate, then call.\r\n;;\r\n",
        encoding="utf-8",
    )
    record = build_benchmark(root, 1)
    assert record.empty_rows == {"terms.csv": 2, "sentences.csv": 1}
    assert "2 empty rows of terms.csv passed over, 1 empty row of sentences" in record.sentence
    assert "Check lactate, then call." in {row["text"] for row in rows_of(root)}


def test_a_sentence_with_half_a_tablet_is_spoken_and_one_with_a_sign_left_is_named(
    tmp_path: Path,
) -> None:
    root = listed(tmp_path / "w", "timolol,drug,\n")
    (root / "flywheel.yaml").write_text(DICTATION)
    head = "term,context_type,text\n"
    (root / "sentences.csv").write_text(
        f"{head}timolol,dictation,Give 1/2 tablet of timolol at 5^2.\n"
    )
    with pytest.raises(InvalidInput) as raised:
        build_benchmark(root, 1)
    assert list(map(str, raised.value.faults)) == [
        "sentences.csv:2: text: expected words; '5^2' has none in 'Give 1/2 tablet of timolol at 5^2.'"
    ]
    (root / "sentences.csv").write_text(
        f"{head}timolol,dictation,Give 1/2 tablet of timolol at 5.\n"
    )
    assert build_benchmark(root, 1).refused == ()
    assert "Give 1/2 tablet of timolol at 5." in {row["text"] for row in rows_of(root)}
