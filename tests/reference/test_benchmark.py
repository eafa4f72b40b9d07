"""The reference benchmark: large enough, balanced, apart from its training text, made by the flywheel."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import benchmark
import corpus
import numpy as np
import psutil
import pytest
from text import COMMON, FRAMES, lexicon, sentences, terms

from tasks.benchmark.build import read_build_inputs
from tasks.benchmark.engines.espeak import Espeak
from tasks.benchmark.ipa import ipa_to_espeak
from tasks.domain.manifest import ClinicalRow, GeneralRow
from tasks.workspace.manifests import read_manifest
from tests.terminal import CTRL_C, ROOT, OnTerminal

GUARD, REPLAY = 40, 30


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole benchmark, beside small sets of general speech, as its command makes them."""
    root = tmp_path_factory.mktemp("reference") / "w"
    command = [sys.executable, "reference/benchmark.py", "--out", str(root)]
    command += ["--guard", str(GUARD), "--replay", str(REPLAY)]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert output.startswith(
        f"general.jsonl: {GUARD} clips\nreplay.jsonl: {REPLAY} clips\n380 rows"
    )
    return root


def test_terms_cover_the_six_categories_and_enough_drugs() -> None:
    counts = Counter(term["entity_category"] for term in terms())
    assert set(counts) == {"drug", "procedure", "anatomy", "condition", "lab", "role"}
    assert counts["drug"] >= 20
    assert len(terms()) - counts["drug"] >= 36  # what the guard other_terms takes


def test_no_row_is_refused_and_rows_are_spread_over_voices_noise_and_contexts(made: Path) -> None:
    rows = read_manifest(made / "cycle1/manifest.jsonl", ClinicalRow).rows
    record = json.loads((made / "cycle1/build.json").read_text())
    assert record["asked"] == record["made"] == record["rows"] == len(rows) == 380
    assert sum(row.entity_category == "drug" for row in rows) == 208
    for field, least in (("voice_id", 6), ("noise_level", 3), ("context_type", 4)):
        counts = Counter(getattr(row, field) for row in rows)
        assert len(counts) == least
        assert max(counts.values()) <= 1.25 * min(counts.values())


def test_each_term_has_a_sentence_of_each_context(made: Path) -> None:
    for one in read_build_inputs(made, 1).terms:
        given = [row for row in read_build_inputs(made, 1).sentences if row.term == one.term]
        assert len({row.context_type for row in given}) == len(given) == 4


def test_guard_and_replay_share_no_sentence_and_no_voice_and_the_guard_has_words_of_its_own(
    made: Path,
) -> None:
    sets = [
        read_manifest(made / name, GeneralRow).rows for name in ("general.jsonl", "replay.jsonl")
    ]
    assert [len(rows) for rows in sets] == [GUARD, REPLAY]
    for field in ("text", "voice_id"):
        guard, replay = ({getattr(row, field) for row in rows} for rows in sets)
        assert not guard & replay
    words = [
        set(" ".join(benchmark.general_sentences(name, size)).split())
        for name, size in (("guard", benchmark.GUARD), ("replay", benchmark.REPLAY))
    ]
    assert len((words[0] & set(lexicon())) - words[1]) > 500
    assert benchmark.GUARD >= 1330  # what a rise of a tenth takes at a WER of 0.06


def test_a_second_run_makes_nothing(made: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in made.rglob("*")}
    benchmark.build(made, ROOT / "reference/published.yaml", GUARD, REPLAY)
    assert {path: path.stat().st_mtime_ns for path in made.rglob("*")} == before


def test_an_overridden_term_is_spoken_whole_in_about_the_time_of_its_spelling() -> None:
    engine = Espeak()
    for term in terms():
        if term["ipa"]:
            given = engine.speak_marked(f"[[{ipa_to_espeak(term['ipa'])}]]", "en-us", 165, 50).size
            spelled = engine.speak_marked(term["term"], "en-us", 165, 50).size
            assert 0.75 < given / spelled < 1.33, term["term"]


def test_no_term_is_in_the_words_that_the_base_was_trained_on() -> None:
    known = set(lexicon()) | set(COMMON) | set(" ".join(FRAMES).split())
    assert not {word for term in terms() for word in term["term"].split()} & known


def test_sentences_are_a_function_of_the_seed() -> None:
    assert sentences(5, 20, natural=True) == sentences(5, 30, natural=True)[:20]
    assert sentences(5, 20, natural=True) != sentences(6, 20, natural=True)


def test_a_corpus_is_the_same_by_any_number_of_threads() -> None:
    texts = corpus.training_texts(6)
    one, two = (list(corpus.speak(texts, threads)) for threads in (1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert {clip.dtype for clip in one} == {np.dtype("int16")}


def test_a_terminal_shows_the_synthesis_and_ctrl_c_ends_it_in_a_line(
    tmp_path: Path, wait_for: Callable[..., Any]
) -> None:
    command = [ROOT / "reference/benchmark.py", "--out", tmp_path / "w"]
    running = OnTerminal(*command, environment={})
    wait_for(lambda: "of 1500 clips" in running.shown)
    left = running.descendants()
    assert left
    running.press(CTRL_C)
    running.wait_for_end()
    assert running.process.returncode == 130
    assert running.lines[-1] == "Interrupted in stage general; run the same command to resume."
    assert "Traceback" not in running.shown
    assert not [one for one in left if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    assert not list(tmp_path.rglob("*.jsonl"))
    refused = [path.read_text() for path in tmp_path.rglob("clips/*/*.json")]
    assert not [reason for reason in refused if "made no sound" in reason or "stopped" in reason]
