"""What people decided on pronunciations holds for rows that are made and for those carried over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.build import build_benchmark
from tasks.domain.errors import InvalidInput
from tests.tasks.builds import SMALL, TERMS, decide, override, rows_of, started
from tests.tasks.orchestration.conftest import write_gate


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return started(tmp_path / "w", TERMS)


def test_a_required_audition_stops_a_build_until_each_term_is_decided(tmp_path: Path) -> None:
    root = started(tmp_path / "w", TERMS[:1], SMALL.replace("'off'", "required"))
    with pytest.raises(InvalidInput, match="1 term is not checked yet"):
        build_benchmark(root, 1)
    assert not (root / "cycle1/manifest.jsonl").exists()
    decide(root, "heard")
    build_benchmark(root, 1)
    assert {row["audition"] for row in rows_of(root)} == {"heard"}
    assert {row["audition_by"] for row in rows_of(root)} == {"A. Nurse"}


def test_a_rejected_term_gets_no_row(tmp_path: Path) -> None:
    root = started(tmp_path / "w", TERMS[:1], SMALL.replace("'off'", "advised"))
    decide(root, "rejected")
    (root / "terms.csv").write_text((root / "terms.csv").read_text() + "heparin,drug\n")
    record = build_benchmark(root, 1)
    assert {row["term"] for row in rows_of(root)} == {"heparin"}
    assert all(one.reason.startswith("rejected by A. Nurse") for one in record.refused)
    assert "heparin" in record.audition


def test_rows_that_are_carried_over_unheard_are_advised_again(tmp_path: Path) -> None:
    root = started(tmp_path / "w", TERMS[:1], SMALL.replace("'off'", "advised"))
    build_benchmark(root, 1)
    record = build_benchmark(root, 2)
    assert record.made == 0
    assert record.audition.startswith("1 term is not checked yet (timolol): ")
    decide(root, "heard", cycle=2)
    assert build_benchmark(root, 2).audition == ""


def test_a_required_audition_asks_for_rows_that_are_carried_over_unheard(tmp_path: Path) -> None:
    root = started(tmp_path / "w", TERMS[:2])
    build_benchmark(root, 1)
    (root / "terms.csv").write_text("term,entity_category\nheparin,drug\n")
    (root / "flywheel.yaml").write_text(SMALL.replace("'off'", "required"))
    with pytest.raises(InvalidInput, match=r"2 terms are not checked yet \(heparin, timolol\)"):
        build_benchmark(root, 2)
    assert not (root / "cycle2/manifest.jsonl").exists()
    decide(root, "skipped", cycle=2)
    assert build_benchmark(root, 2).carried == 6
    stamps = {
        (row["audition"], row["audition_by"], row["audition_reason"]) for row in rows_of(root, 2)
    }
    assert stamps == {("skipped", "A. Nurse", "as agreed")}
    assert [row["audio_filepath"] for row in rows_of(root, 2)] == [
        row["audio_filepath"] for row in rows_of(root)
    ]


def test_a_carried_row_of_a_voice_that_is_no_longer_auditioned_has_no_decision(
    tmp_path: Path,
) -> None:
    voices = "engines: [{voices: [en-us, en-029]}], "
    root = started(tmp_path / "w", TERMS[:1], SMALL.replace("{", "{" + voices))
    build_benchmark(root, 1)
    advised = SMALL.replace("'off'", "advised").replace("{", "{" + voices.replace(", en-029", ""))
    (root / "flywheel.yaml").write_text(advised)
    decide(root, "heard", cycle=2)
    build_benchmark(root, 2)
    stamps = {(row["voice_id"], row.get("audition")) for row in rows_of(root, 2)}
    assert stamps == {("espeak:en-us", "heard"), ("espeak:en-029", None)}


def rows_by_term(root: Path, cycle: int, term: str) -> list[dict[str, Any]]:
    return [row for row in rows_of(root, cycle) if row["term"] == term]


def test_rows_of_a_term_that_is_spoken_otherwise_by_now_are_spoken_again_in_the_next_cycle(
    root: Path,
) -> None:
    build_benchmark(root, 1)
    override(root, "timolol", "ˈtɪmɔl")
    record = build_benchmark(root, 2)
    assert (record.carried, record.said_again, record.asked, record.made) == (6, 3, 3, 3)
    assert record.pronunciations == {"espeak": {"timolol": "ˈtɪmɔl"}}
    old, new = (rows_by_term(root, cycle, "timolol") for cycle in (1, 2))
    kept = ("text", "voice_id", "noise_level", "context_type")
    assert [[row[name] for name in kept] for row in new] == [
        [row[name] for name in kept] for row in old
    ]
    assert {row["ipa_source"] for row in new} == {"override"}
    assert not {row["audio_filepath"] for row in old} & {row["audio_filepath"] for row in new}
    assert build_benchmark(root, 3).said_again == 0
    override(root, "timolol", "ˈtaɪmɔl")
    record = build_benchmark(root, 4)
    assert (record.said_again, record.made, record.refused) == (3, 3, ())
    (root / "pronunciation_overrides.csv").unlink()
    assert build_benchmark(root, 5).said_again == 0, "the engine's own is no better"


def test_a_word_of_a_term_that_has_an_ipa_by_now_is_spoken_again_too(tmp_path: Path) -> None:
    root = started(tmp_path / "w", ("timolol maleate,drug", "heparin,drug"))
    build_benchmark(root, 1)
    override(root, "timolol", "ˈtɪmɔl")
    record = build_benchmark(root, 2)
    assert (record.carried, record.said_again, record.made) == (3, 3, 3)
    assert record.pronunciations == {"espeak": {"timolol maleate": "timolol ˈtɪmɔl"}}
    assert build_benchmark(root, 3).said_again == 0


def test_rows_of_a_build_that_noted_no_pronunciations_are_known_by_their_source(root: Path) -> None:
    override(root, "heparin", "ˈhɛpɚɹɪn")
    build_benchmark(root, 1)
    path = root / "cycle1/build.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"pronunciations": None}))
    override(root, "timolol", "ˈtɪmɔl")
    record = build_benchmark(root, 2)
    assert (record.carried, record.said_again) == (6, 3)
    assert record.pronunciations == {"espeak": {"heparin": "ˈhɛpɚɹɪn", "timolol": "ˈtɪmɔl"}}


def test_rows_of_a_term_that_was_rejected_since_are_not_carried_over(tmp_path: Path) -> None:
    root = started(tmp_path / "w", TERMS[:2], SMALL.replace("'off'", "advised"))
    build_benchmark(root, 1)
    decide(root, "rejected", cycle=2, terms=("timolol",))
    record = build_benchmark(root, 2)
    assert (record.carried, record.said_again, record.made) == (3, 3, 0)
    assert {row["term"] for row in rows_of(root, 2)} == {"heparin"}
    assert {one.reason.split(" on ")[0] for one in record.refused} == {"rejected by A. Nurse"}
    assert "1 term is rejected (timolol)" in record.audition


def test_a_rejected_term_that_was_taken_off_the_list_holds_up_nothing(tmp_path: Path) -> None:
    root = started(tmp_path / "w", TERMS[:2], SMALL.replace("'off'", "required"))
    decide(root, "heard")
    build_benchmark(root, 1)
    decide(root, "rejected", cycle=2, terms=("timolol",))
    with pytest.raises(InvalidInput, match=r"1 term is rejected \(timolol\)"):
        build_benchmark(root, 2)
    (root / "terms.csv").write_text("term,entity_category\nheparin,drug\n")
    assert build_benchmark(root, 2).carried == 3
    assert {row["term"] for row in rows_of(root, 2)} == {"heparin"}


def test_rows_that_no_engine_of_the_policy_spoke_are_nobodys_to_check(root: Path) -> None:
    build_benchmark(root, 1)
    manifest = root / "cycle1/manifest.jsonl"
    manifest.write_text(manifest.read_text().replace("espeak:", "nurse:"))
    (root / "flywheel.yaml").write_text(SMALL.replace("'off'", "required"))
    assert build_benchmark(root, 2).carried == 9


def test_what_a_page_plays_is_what_a_build_speaks(root: Path) -> None:
    build_benchmark(root, 1)
    write_gate(root, "harden")
    (root / "flywheel.yaml").write_text(SMALL.replace("'off'", "required"))
    answer = {"word": "heparin", "respellings": ["ˈhe-pə-rən"], "day": "2026-01-01"}
    (root / "dictionary.jsonl").write_text(json.dumps(answer) + "\n")
    decide(root, "heard", cycle=2)
    assert build_benchmark(root, 2).audition == ""
    new = [row for row in rows_of(root, 2)[9:] if row["term"] == "heparin"]
    assert {(row["ipa_source"], row["audition"]) for row in new} == {("merriam-webster", "heard")}
