"""The reference benchmark: large enough, balanced, apart from its training text, repeatable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import benchmark
import numpy as np
import psutil
import pytest
from synth import Speaker, Utterance, synthesize, to_pcm16, with_noise
from text import COMMON, FRAMES, lexicon, sentences, terms

from tasks.domain.manifest import ClinicalRow, clinical_faults
from tests.terminal import CTRL_C, ROOT, OnTerminal


def test_terms_cover_the_six_categories_and_enough_drugs() -> None:
    counts = Counter(term["entity_category"] for term in terms())
    assert len(terms()) >= 32
    assert set(counts) == {"drug", "procedure", "anatomy", "condition", "lab", "role"}
    assert counts["drug"] >= 20
    assert len(terms()) - counts["drug"] >= 36  # what the guard other_terms takes


def test_rows_are_enough_and_spread_over_voices_noise_and_contexts() -> None:
    rows = [clip.row for clip in benchmark.clinical_clips()]
    assert len(rows) >= 300
    assert sum(row["entity_category"] == "drug" for row in rows) >= 40
    for field, least in (("voice_id", 4), ("noise_level", 3), ("context_type", 4)):
        counts = Counter(row[field] for row in rows)
        assert len(counts) >= least
        assert max(counts.values()) <= 1.2 * min(counts.values())


def test_every_row_is_valid() -> None:
    rows = {
        number: ClinicalRow.model_validate({"audio_filepath": clip.path, **clip.row})
        for number, clip in enumerate(benchmark.clinical_clips())
    }
    assert clinical_faults(rows, "manifest.jsonl") == []
    assert len({row.audio_filepath for row in rows.values()}) == len(rows)


def test_overridden_terms_carry_phonemes_and_the_others_none() -> None:
    for term in terms():
        assert bool(term["phonemes"]) == (term["ipa_source"] == "override"), term["term"]


def test_an_overridden_term_is_spoken_whole_in_about_the_time_of_its_spelling() -> None:
    speaker = Speaker()
    for term in terms():
        if term["phonemes"]:
            given = speaker.say(Utterance(f"[[{term['phonemes']}]]", "en-us")).size
            spelled = speaker.say(Utterance(term["term"], "en-us")).size
            assert 0.75 < given / spelled < 1.33, term["term"]


def test_no_term_is_in_the_words_that_the_base_was_trained_on() -> None:
    known = set(lexicon()) | set(COMMON) | set(" ".join(FRAMES).split())
    assert not {word for term in terms() for word in term["term"].split()} & known


def test_guard_and_replay_are_disjoint_and_large_enough() -> None:
    guard, replay = (
        {clip.row["text"] for clip in benchmark.general_clips(name)}
        for name in ("general", "replay")
    )
    assert len(guard) >= 1330  # what a rise of a tenth takes at a WER of 0.06
    assert not guard & replay


def test_the_guard_set_has_voices_and_words_that_are_never_replayed() -> None:
    sets = [benchmark.general_clips(name) for name in ("general", "replay")]
    voices = [{clip.row["voice_id"] for clip in clips} for clips in sets]
    words = [{word for clip in clips for word in clip.row["text"].split()} for clips in sets]
    assert len(voices[0]) >= 10
    assert len(voices[0] - voices[1]) >= 4
    assert len((words[0] & set(lexicon())) - words[1]) > 500


def test_sentences_are_a_function_of_the_seed() -> None:
    assert sentences(5, 20, natural=True) == sentences(5, 30, natural=True)[:20]
    assert sentences(5, 20, natural=True) != sentences(6, 20, natural=True)


def test_a_list_of_clips_is_the_same_bytes_on_every_run() -> None:
    spoken = [clip.utterance for clip in benchmark.clinical_clips()[:12]]
    counts: list[int] = []
    first, second = synthesize([spoken, spoken], 2, counts.append)
    assert counts == sorted(counts)
    assert 0 <= counts[0] <= counts[-1] <= 24
    assert [to_pcm16(a).tobytes() for a in first] == [to_pcm16(b).tobytes() for b in second]


@pytest.mark.parametrize("snr_db", [5.0, 15.0])
def test_noise_is_added_at_the_asked_ratio(snr_db: float) -> None:
    rng = np.random.default_rng(1)
    speech = np.sin(np.arange(32_000) / 20.0)
    noise = with_noise(speech, snr_db, rng) - speech
    assert 10 * np.log10(np.mean(speech**2) / np.mean(noise**2)) == pytest.approx(snr_db, abs=0.2)


def test_a_terminal_shows_the_synthesis_and_ctrl_c_ends_it_in_a_line(
    tmp_path: Path, wait_for: Callable[..., Any]
) -> None:
    command = [ROOT / "reference/benchmark.py", "--out", tmp_path / "w"]
    running = OnTerminal(*command, environment={"PYTHONPATH": str(ROOT)})
    wait_for(lambda: "of 2880 clips" in running.shown)
    left = running.descendants()
    assert left
    running.press(CTRL_C)
    assert running.seconds_to_end() < 5
    assert running.process.returncode == 130
    assert running.lines[-1] == "Interrupted; run the same command to go on."
    assert "Traceback" not in running.shown
    assert not [one for one in left if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    assert not list(tmp_path.rglob("*.jsonl"))
