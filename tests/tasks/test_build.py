"""A build makes the rows that are asked for or reports why not, keeps what is there, and repeats itself."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.acceptance import make_acceptance
from tasks.audition import open_desk
from tasks.benchmark.engines.espeak import MORE_VOICES, VOICES
from tasks.benchmark.harden import LADDER, condition_of
from tasks.benchmark.rows import OTHER_WORDS
from tasks.build import build_benchmark
from tasks.domain.errors import InvalidInput
from tasks.domain.manifest import ClinicalRow
from tasks.records.files import file_sha256, read_jsonl
from tasks.workspace.audio import clip_store
from tasks.workspace.manifests import read_manifest
from tests.tasks.builds import PLAN, SMALL, TERMS, rows_of, started
from tests.tasks.orchestration.conftest import write_gate


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return started(tmp_path / "w", TERMS)


def files(root: Path, cycle: int = 1) -> dict[str, str]:
    """Return the digest of each file that a cycle is built of."""
    folder = root / f"cycle{cycle}"
    paths = [folder / "manifest.jsonl", *(folder / "audio").iterdir()]
    return {path.name: file_sha256(path) for path in paths}


def test_every_term_has_its_rows_and_the_checks_of_a_cycle_accept_them(root: Path) -> None:
    record = build_benchmark(root, 1)
    manifest = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    assert Counter(row.term for row in manifest.rows) == {"timolol": 3, "heparin": 3, "lactate": 3}
    assert len({facts.sha256 for facts in manifest.audio}) == 9
    assert {row.ipa_source for row in manifest.rows} == {"espeak_g2p"}
    assert (record.asked, record.made, record.takes, record.refused) == (9, 9, 9, ())


def test_a_build_warns_at_once_of_what_the_gate_will_find_too_small(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    needs = "`build: {rows_per_term: 34}` in flywheel.yaml, or more terms in terms.csv"
    record = build_benchmark(root, 1)
    assert record.too_small == ("The benchmark has 9 rows; a fine-tune needs 100: add 91.",)
    assert record.needs == needs
    assert f"{record.too_small[0]} What helps: {needs}." in caplog.text
    (root / "flywheel.yaml").write_text(f"{SMALL}gate: {{min_rows: 9}}\n")
    assert build_benchmark(root, 1).too_small == ()


def test_a_second_build_synthesizes_nothing_and_leaves_the_same_bytes(root: Path) -> None:
    build_benchmark(root, 1)
    before = files(root)
    again = build_benchmark(root, 1)
    assert (again.made, again.reused, again.takes) == (9, 9, 0)
    assert files(root) == before


def test_terms_in_another_order_give_the_same_bytes(root: Path, tmp_path: Path) -> None:
    other = started(tmp_path / "other", TERMS[::-1])
    build_benchmark(root, 1)
    build_benchmark(other, 1)
    assert files(root) == files(other)


def test_growth_keeps_rows_and_clips_and_adds_what_is_planned(root: Path) -> None:
    build_benchmark(root, 1)
    (root / "cycle2").mkdir()
    line = "timolol,drug,0,2,handoff,snr_5db\n"
    (root / "cycle2/growth_plan.csv").write_text(f"{PLAN}{line},lab,2,0,,\n")
    (root / "terms.csv").write_text((root / "terms.csv").read_text() + "ferritin,lab\n")
    record = build_benchmark(root, 2)
    before, after = rows_of(root), rows_of(root, 2)
    assert after[: len(before)] == before
    assert files(root).items() - {("manifest.jsonl", files(root)["manifest.jsonl"])} <= (
        files(root, 2).items()
    )
    added = after[len(before) :]
    assert Counter(row["term"] for row in added) == {"timolol": 2, "ferritin": 3}
    assert {row["context_type"] for row in added if row["term"] == "timolol"} == {"handoff"}
    assert {row["noise_level"] for row in added if row["term"] == "timolol"} == {"snr_5db"}
    assert (record.carried, record.made, record.takes, record.lacking) == (9, 5, 5, {"lab": 1})


def test_after_a_gate_that_found_it_too_easy_each_term_is_spoken_under_harder_conditions(
    root: Path,
) -> None:
    build_benchmark(root, 1)
    write_gate(root, "harden")
    record = build_benchmark(root, 2)
    added = rows_of(root, 2)[9:]
    assert record.harder
    assert Counter(row["term"] for row in added) == {"timolol": 3, "heparin": 3, "lactate": 3}
    assert {condition_of(row) for row in added} <= set(LADDER[3:6])
    voices = {row["voice_id"].removeprefix("espeak:") for row in added}
    assert voices <= {*VOICES, *MORE_VOICES[:2]}


def added_rows(root: Path, cycle: int) -> list[dict[str, Any]]:
    """Return the rows that a cycle has beside those of the cycle before."""
    return rows_of(root, cycle)[len(rows_of(root, cycle - 1)) :]


def test_a_benchmark_that_was_made_harder_grows_in_its_harder_conditions_and_voices(
    root: Path,
) -> None:
    (root / "flywheel.yaml").write_text(SMALL.replace("3", "8"))
    build_benchmark(root, 1)
    write_gate(root, "harden")
    hard = build_benchmark(root, 2).engines[0].voices
    (root / "cycle3").mkdir()
    (root / "cycle3/growth_plan.csv").write_text(f"{PLAN}timolol,drug,0,9,,\n")
    record = build_benchmark(root, 3)
    assert not record.harder
    assert {condition_of(row) for row in added_rows(root, 3)} == set(LADDER[3:6])
    spoken = {row["voice_id"].removeprefix("espeak:") for row in rows_of(root, 2)}
    assert set(record.engines[0].voices) == spoken | set(VOICES) == set(hard)
    desk = open_desk(root, 3)
    assert desk.voicing.engines["espeak"].voices == record.engines[0].voices


def test_a_benchmark_that_is_made_harder_again_has_further_voices_and_conditions(
    root: Path,
) -> None:
    (root / "flywheel.yaml").write_text(SMALL.replace("3", "8"))
    build_benchmark(root, 1)
    write_gate(root, "harden")
    build_benchmark(root, 2)
    write_gate(root, "harden", number=2)
    record = build_benchmark(root, 3)
    assert record.engines[0].voices == (*VOICES, *MORE_VOICES[:4])
    assert {condition_of(row) for row in added_rows(root, 3)} <= set(LADDER[6:9])


def test_a_later_build_has_no_sentence_of_the_acceptance_rows(root: Path) -> None:
    build_benchmark(root, 1)
    before = files(root)
    make_acceptance(root, 60)
    accepted = {row["text"] for row in read_jsonl(root / "acceptance.jsonl")}
    assert build_benchmark(root, 1).takes == 0
    assert files(root) == before, "they were made beside these rows"
    (root / "flywheel.yaml").write_text("build: {rows_per_term: 40, audition: 'off'}\n")
    record = build_benchmark(root, 2)
    assert record.made > 80
    assert not accepted & {row["text"] for row in rows_of(root, 2)}


def test_the_record_has_the_digest_of_each_file_that_was_read(root: Path) -> None:
    build_benchmark(root, 1)
    (root / "cycle2").mkdir()
    (root / "cycle2/growth_plan.csv").write_text(f"{PLAN}timolol,drug,0,1,,\n")
    digests = build_benchmark(root, 2).inputs
    read = ("cycle1/manifest.jsonl", "cycle2/growth_plan.csv", "flywheel.yaml", "terms.csv")
    assert digests == {name: file_sha256(root / name) for name in read}


def test_what_cannot_be_combined_any_further_is_refused_with_its_reason(tmp_path: Path) -> None:
    build = (
        "{rows_per_term: 9, engines: [{voices: [en-us]}], noise_levels: [clean], audition: 'off'}"
    )
    root = started(tmp_path / "w", TERMS[:1], f"build: {build}\n")
    (root / "sentences.csv").write_text(
        "term,context_type,text\n"
        + "".join(
            f"timolol,{context},Please start timolol {context} now.\n"
            for context in ("dictation", "handoff", "history")
        )
        + "timolol,chart_note,Please start timolol history now.\n"
    )
    with pytest.raises(InvalidInput):
        build_benchmark(root, 1)  # one sentence is there twice
    (root / "sentences.csv").write_text(
        (root / "sentences.csv").read_text().rsplit("\n", 2)[0] + "\n"
        "timolol,chart_note,Please stop timolol now.\n"
    )
    record = build_benchmark(root, 1)
    assert (record.asked, record.made) == (9, 4)
    assert [(one.rows, one.reason) for one in record.refused] == [
        (5, "there is no further sentence, voice and noise level for it")
    ]


def test_sentences_of_a_context_that_no_row_is_made_of_are_counted_and_named(root: Path) -> None:
    (root / "sentences.csv").write_text(
        "term,context_type,text\ntimolol,ward_round,Please give timolol now.\n"
        "timolol,dictation,Please stop timolol now.\n"
    )
    record = build_benchmark(root, 1)
    assert record.sentences_not_used == {"ward_round": 1}
    assert "1 of your sentences not used: build.contexts lacks ward_round" in record.sentence


def test_a_voice_that_does_not_exist_is_refused_row_by_row(tmp_path: Path) -> None:
    build = "{rows_per_term: 4, engines: [{voices: [en-us, xx-none]}], audition: 'off'}"
    root = started(tmp_path / "w", TERMS[:1], f"build: {build}\n")
    record = build_benchmark(root, 1)
    assert (record.asked, record.made, len(record.refused)) == (4, 2, 2)
    assert {one.reason for one in record.refused} == {"espeak-ng has no voice 'xx-none'"}


def test_a_word_that_a_person_gave_an_ipa_for_is_spoken_by_it(root: Path) -> None:
    build_benchmark(root, 1)
    (root / "pronunciation_overrides.csv").write_text(
        "term,ipa,verified_by,verified_at,notes\ntimolol,ˈtɪmɔl,A. Nurse,2026-01-01,\n"
    )
    record = build_benchmark(root, 1)
    sources = {row["term"]: row["ipa_source"] for row in rows_of(root)}
    assert sources == {"timolol": "override", "heparin": "espeak_g2p", "lactate": "espeak_g2p"}
    assert (record.takes, record.reused) == (3, 6)


def test_what_the_dictionary_has_and_nobody_can_read_is_in_the_record(root: Path) -> None:
    answer = {"word": "heparin", "respellings": ["ˈqa"], "day": "2026-01-01"}
    (root / "dictionary.jsonl").write_text(json.dumps(answer) + "\n")
    unreadable, *_ = build_benchmark(root, 1).ipa_not_used
    assert unreadable == (
        "dictionary.jsonl: respellings: heparin: 'q' is not in Merriam-Webster's key; got 'ˈqa'"
    )


def test_terms_that_sound_the_same_are_refused_and_every_row_is_accounted_for(
    tmp_path: Path,
) -> None:
    build = "build: {rows_per_term: 4, engines: [{voices: [en-us]}], audition: 'off'}\n"
    root = started(tmp_path / "w", ("sea,lab", "see,lab", "heparin,drug"), build)
    (root / "sentences.csv").write_text(
        "term,context_type,text\n"
        + "".join(
            f"{term},{context},Ask for the {term} {context} again.\n"
            for term in ("sea", "see")
            for context in ("dictation", "handoff", "history")
        )
    )
    record = build_benchmark(root, 1)
    reasons = Counter[str]()
    for one in record.refused:
        reasons[one.reason] += one.rows
    assert record.asked == record.made + reasons.total() == 12
    assert len(rows_of(root)) == record.rows == record.made
    assert OTHER_WORDS in reasons
    again = build_benchmark(root, 1)
    assert (again.refused, again.takes) == (record.refused, 0)


KILLED = """
import os, sys
from pathlib import Path
from tasks.build import build_benchmark
build_benchmark(Path(sys.argv[1]), 1)
"""


def build_and_kill(root: Path, moment: Callable[[], bool], wait_for: Callable[..., Any]) -> None:
    """Build in a process of its own, and kill it at a moment."""
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(root)])
    wait_for(lambda: moment() or process.poll() is not None)
    process.kill()
    process.wait()


def test_killed_at_any_moment_nothing_is_made_twice_and_nothing_lost(
    root: Path, tmp_path: Path, wait_for: Callable[..., Any]
) -> None:
    whole = started(tmp_path / "whole", TERMS)
    build_benchmark(whole, 1)
    store = clip_store(root).folder
    for least in (1, 4, 7):
        build_and_kill(root, lambda least=least: len(list(store.rglob("*.wav"))) >= least, wait_for)
    there = len(list(store.rglob("*.wav")))
    record = build_benchmark(root, 1)
    assert (record.takes, record.reused) == (9 - there, there)
    assert files(root) == files(whole)
    assert not list(root.rglob("*.partial"))


def test_killed_between_record_and_manifest_the_same_command_goes_on(root: Path) -> None:
    build_benchmark(root, 1)
    manifest = root / "cycle1/manifest.jsonl"
    first = manifest.read_text()
    manifest.unlink()
    assert build_benchmark(root, 1).takes == 0
    assert manifest.read_text() == first
    (root / "terms.csv").write_text((root / "terms.csv").read_text() + "ferritin,lab\n")
    build_benchmark(root, 1)
    second = manifest.read_text()
    manifest.write_text(first)
    assert build_benchmark(root, 1).takes == 0
    assert manifest.read_text() == second != first


def test_a_manifest_that_no_build_made_is_never_written_over(root: Path) -> None:
    (root / "cycle1").mkdir()
    manifest = root / "cycle1/manifest.jsonl"
    manifest.write_text("{}\n")
    with pytest.raises(InvalidInput, match="was not made by a build"):
        build_benchmark(root, 1)
    manifest.unlink()
    build_benchmark(root, 1)
    manifest.write_text(manifest.read_text() + json.dumps(rows_of(root)[0]) + "\n")
    with pytest.raises(InvalidInput, match="changed since"):
        build_benchmark(root, 1)
