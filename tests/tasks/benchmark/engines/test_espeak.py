"""espeak-ng speaks a sentence in a voice, its terms by their IPA."""

from __future__ import annotations

import gc
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from tasks.benchmark.engines import espeak_process
from tasks.benchmark.engines.engine import RATE_HZ, NotSpoken, SpeechRequest
from tasks.benchmark.engines.espeak import Espeak

TEXT = "Start timolol today."


@pytest.fixture(scope="module")
def espeak() -> Espeak:
    return Espeak()


def request(**changes: Any) -> SpeechRequest:
    fields: dict[str, Any] = {
        "text": TEXT, "spoken": TEXT, "pronunciations": (), "voice": "en-us",
    }  # fmt: skip
    return SpeechRequest(**fields | changes)


def test_it_names_itself_and_its_version(espeak: Espeak) -> None:
    assert espeak.version.startswith("1.")
    assert espeak.name == "espeak"


def test_every_voice_speaks_a_sentence(espeak: Espeak) -> None:
    clips = [espeak.speak(request(voice=voice)) for voice in espeak.voices()]
    for clip in clips:
        assert clip.dtype == np.float32
        assert 1 < clip.size / RATE_HZ < 4
        assert 0.1 < np.abs(clip).max() <= 1
    assert len({clip.tobytes() for clip in clips}) == len(clips)


def test_an_ipa_changes_how_the_term_is_spoken_and_is_not_read_aloud(espeak: Espeak) -> None:
    plain = espeak.speak(request())
    clip = espeak.speak(request(pronunciations=(("timolol", "ˈtaɪmoʊlɔːl"),)))
    assert abs(clip.size - plain.size) < RATE_HZ // 2
    assert clip.tobytes() != plain.tobytes()


def test_it_reports_how_it_reads_a_word_and_speaks_that_ipa_the_same(espeak: Espeak) -> None:
    read = espeak.g2p("gentamicin")
    assert read == "dʒˈɛntɐmˌɪsɪn"
    alone = request(spoken="gentamicin")
    by_ipa = espeak.speak(replace(alone, pronunciations=(("gentamicin", read),)))
    assert abs(by_ipa.size - espeak.speak(alone).size) < RATE_HZ // 10


def test_a_word_of_another_language_has_no_ipa_of_its_english(espeak: Espeak) -> None:
    assert espeak.g2p("тест") is None


def test_brackets_in_a_text_are_no_phonemes(espeak: Espeak) -> None:
    inside = espeak.speak(request(spoken="Start [[t'aI]] today."))
    outside = espeak.speak(request(spoken="Start, today."))
    assert inside.size > outside.size


def test_a_faster_rate_is_shorter(espeak: Espeak) -> None:
    assert espeak.speak(request(rate=1.5)).size < espeak.speak(request()).size


def test_a_clip_is_the_same_whatever_was_spoken_before(espeak: Espeak) -> None:
    asked = [
        request(spoken=text, voice=voice)
        for text in (TEXT, "The last lactate was high.")
        for voice in ("en-us+f2", "en-us", "en-029")
    ]
    forwards = [espeak.speak(one).tobytes() for one in asked]
    backwards = [espeak.speak(one).tobytes() for one in reversed(asked)]
    assert forwards == backwards[::-1]


def test_another_seed_is_another_take_of_the_same_words(espeak: Espeak) -> None:
    takes = [espeak.speak(request(seed=seed)) for seed in range(3)]
    assert len({take.tobytes() for take in takes}) == 3
    assert max(take.size for take in takes) < 1.1 * min(take.size for take in takes)


def test_a_process_that_was_ended_is_started_again_and_speaks_the_same() -> None:
    before = set(psutil.Process().children())
    espeak = Espeak()
    spoken = espeak.speak(request())
    for _ in range(2):
        (process,) = set(psutil.Process().children()) - before
        process.kill()
        assert (espeak.speak(request()) == spoken).all()
    assert len(set(psutil.Process().children()) - before) == 1


def test_an_answer_that_was_cut_short_is_no_clip(espeak: Espeak) -> None:
    spoken = espeak.speak(request())
    cut = espeak_process.ANSWER.pack(espeak_process.SPOKEN, 2 * spoken.size)
    espeak._process.stdout = io.BytesIO(cut + bytes(spoken.size))
    assert (espeak.speak(request()) == spoken).all()


def test_a_process_that_ends_each_time_is_reported_as_such_and_not_as_silence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ending = tmp_path / "ending.py"
    version = espeak_process.ANSWER.pack(espeak_process.SPOKEN, 1) + b"1"
    ending.write_text(f"import sys\nsys.stdout.buffer.write({version!r})\n")
    monkeypatch.setattr(espeak_process, "__file__", str(ending))
    before = set(psutil.Process().children())
    dead = Espeak()
    with pytest.raises(NotSpoken, match="stopped while it spoke") as stopped:
        dead.speak(request())
    assert stopped.value.retry
    assert dead.g2p("timolol") is None
    assert len(set(psutil.Process().children()) - before) <= 1


def test_the_process_that_speaks_ends_with_its_engine() -> None:
    before = set(psutil.Process().children())
    espeak = Espeak()
    assert len(set(psutil.Process().children()) - before) == 1
    del espeak
    gc.collect()
    assert set(psutil.Process().children()) <= before


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"voice": "nobody"}, "no voice 'nobody'"),
        ({"spoken": " "}, "made no sound"),
        ({"pronunciations": (("timolol", "χ"),)}, "cannot pronounce χ"),
    ],
)
def test_what_cannot_be_spoken_has_a_reason(
    espeak: Espeak, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(NotSpoken, match=reason):
        espeak.speak(request(**changes))
