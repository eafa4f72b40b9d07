"""A clip has the condition that was asked, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import periodogram

from tasks.benchmark.conditions import (
    PEAK,
    RATE_HZ,
    SPEECH_RMS,
    Condition,
    apply,
    below_full_scale,
    level,
    quality_faults,
    spoken_power,
)

SPEECH = np.sin(np.arange(32_000) / 20.0).astype(np.float32)
SPEECH[8_000:16_000] = 0.0  # a pause
HARDER = (
    Condition("pink", 5.0, reverberation_seconds=0.4),
    Condition("babble", 0.0, band="telephone"),
)
BABBLE = np.random.default_rng(5).standard_normal(64_000).astype(np.float32)
STEADY = np.sin(np.arange(32_000) / 20.0).astype(np.float32)
TONE = (0.5 * np.sin(np.arange(32_000) / 20.0)).astype(np.float32)
CLIP = np.pad(TONE, 1_600)
PAUSE = np.zeros(32_000, dtype=np.float32)


def recorded(condition: Condition, seed: int = 1) -> np.ndarray:
    return apply(SPEECH, condition, np.random.default_rng(seed), BABBLE)


@pytest.mark.parametrize("noise", ["pink", "babble"])
@pytest.mark.parametrize("snr_db", [15.0, -5.0])
def test_noise_is_added_at_the_asked_ratio_to_speech_without_its_pauses(
    noise: str, snr_db: float
) -> None:
    added = recorded(Condition(noise, snr_db)) - SPEECH  # type: ignore[arg-type]
    ratio = 10 * np.log10(spoken_power(SPEECH) / np.mean(added**2))
    assert ratio == pytest.approx(snr_db, abs=0.1)


def test_a_clean_clip_is_what_the_engine_gave() -> None:
    assert np.array_equal(recorded(Condition(rate=1.2)), SPEECH)


def test_a_telephone_line_keeps_its_band_alone() -> None:
    white = np.random.default_rng(2).standard_normal(32_000).astype(np.float32)
    sent = apply(white, Condition(band="telephone"), np.random.default_rng(1), None)
    frequencies, power = periodogram(sent, RATE_HZ)
    inside = (frequencies > 350) & (frequencies < 3_300)
    outside = (frequencies < 150) | (frequencies > 4_100)
    assert sent.size == white.size
    assert 10 * np.log10(power[inside].mean() / power[outside].mean()) > 30


@pytest.mark.parametrize("seconds", [0.3, 0.6, 1.0])
def test_a_room_decays_by_sixty_decibels_in_its_time(seconds: float) -> None:
    click = np.zeros(2 * RATE_HZ, dtype=np.float32)
    click[0] = 1.0
    room = Condition(reverberation_seconds=seconds)
    echoes = apply(click, room, np.random.default_rng(1), None).astype(np.float64)
    left = 10 * np.log10(np.cumsum(echoes[::-1] ** 2)[::-1] / np.sum(echoes**2) + 1e-12)
    fitted = np.flatnonzero((left < -5) & (left > -35))  # as rooms are measured: T30
    slope = np.polyfit(fitted / RATE_HZ, left[fitted], 1)[0]
    assert -60 / slope == pytest.approx(seconds, rel=0.1)


@pytest.mark.parametrize("condition", HARDER)
def test_a_condition_is_the_same_for_its_seed_and_another_for_another(condition: Condition) -> None:
    assert np.array_equal(recorded(condition), recorded(condition))
    assert not np.array_equal(recorded(condition), recorded(condition, seed=2))


def test_babble_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="as long as the clip"):
        apply(SPEECH, Condition("babble", 0.0), np.random.default_rng(1), BABBLE[:100])


def test_a_row_names_only_what_is_not_as_usual() -> None:
    room = Condition("babble", 0.0, "telephone", reverberation_seconds=0.6, rate=0.8)
    assert list(room.fields) == ["noise_level", "noise_type", "band", "reverberation", "rate"]
    assert Condition().fields == {"noise_level": "clean"}


@pytest.mark.parametrize("gain", [0.01, 0.5, 1.0])
def test_loud_and_quiet_speech_come_to_one_level(gain: float) -> None:
    assert np.sqrt(np.mean(level(gain * STEADY) ** 2)) == pytest.approx(SPEECH_RMS, rel=0.01)


def test_pauses_do_not_make_speech_louder() -> None:
    with_pause = np.concatenate([STEADY, np.zeros(64_000, dtype=np.float32)])
    assert level(with_pause)[: STEADY.size] == pytest.approx(level(STEADY), abs=1e-3)


def test_silence_stays_silence() -> None:
    assert not level(np.zeros(1_000, dtype=np.float32)).any()


def test_what_would_clip_is_turned_down_and_the_rest_is_left() -> None:
    assert np.abs(below_full_scale(3 * STEADY)).max() == pytest.approx(PEAK)
    assert np.array_equal(below_full_scale(0.5 * STEADY), 0.5 * STEADY)


def test_speech_is_fit() -> None:
    assert quality_faults(CLIP, 5) == []


@pytest.mark.parametrize(
    ("speech", "words", "fault"),
    [
        (PAUSE, 5, "the clip is silent"),
        (np.empty(0, dtype=np.float32), 5, "the clip is silent"),
        (np.pad(TONE[:1_000], 1_000), 5, "expected 0.6 to 8.5 s for 5 words; got 0.2"),
        (np.tile(CLIP, 12), 40, "got 26.4"),
        (np.concatenate([PAUSE, CLIP]), 5, "expected speech at its start; 2.1 s are silent"),
        (np.concatenate([CLIP, PAUSE]), 5, "expected speech at its end; 2.1 s are silent"),
        (CLIP[:20_000], 5, "expected a pause at its end; the speech is cut off there"),
        (CLIP[12_000:], 5, "expected a pause at its start; the speech is cut off there"),
        (np.sign(CLIP), 5, "at full scale"),
    ],
)
def test_a_fault_names_what_was_found(speech: np.ndarray, words: int, fault: str) -> None:
    (found,) = quality_faults(speech, words)
    assert found.endswith(fault) or fault in found


def test_speech_that_fades_to_the_last_sample_is_not_cut_off() -> None:
    fading = CLIP[:20_000] * np.linspace(1, 0.1, 20_000, dtype=np.float32)
    assert quality_faults(fading, 5) == []
