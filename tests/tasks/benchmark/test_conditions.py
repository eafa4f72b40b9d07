"""A clip is heard under the condition that was asked, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import periodogram

from tasks.benchmark.conditions import RATE_HZ, Condition, apply
from tasks.benchmark.levels import spoken_power

SPEECH = np.sin(np.arange(32_000) / 20.0).astype(np.float32)
SPEECH[8_000:16_000] = 0.0  # a pause
HARDER = (
    Condition("pink", 5.0, reverberation_seconds=0.4),
    Condition("babble", 0.0, band="telephone"),
)
BABBLE = np.random.default_rng(5).standard_normal(64_000).astype(np.float32)


def heard(condition: Condition, seed: int = 1) -> np.ndarray:
    return apply(SPEECH, condition, np.random.default_rng(seed), BABBLE)


@pytest.mark.parametrize("noise", ["pink", "babble"])
@pytest.mark.parametrize("snr_db", [15.0, -5.0])
def test_noise_is_added_at_the_asked_ratio_to_speech_without_its_pauses(
    noise: str, snr_db: float
) -> None:
    added = heard(Condition(noise, snr_db)) - SPEECH  # type: ignore[arg-type]
    ratio = 10 * np.log10(spoken_power(SPEECH) / np.mean(added**2))
    assert ratio == pytest.approx(snr_db, abs=0.1)


def test_a_clean_clip_is_what_the_engine_gave() -> None:
    assert np.array_equal(heard(Condition(rate=1.2)), SPEECH)


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
    assert np.array_equal(heard(condition), heard(condition))
    assert not np.array_equal(heard(condition), heard(condition, seed=2))


def test_babble_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="as long as the clip"):
        apply(SPEECH, Condition("babble", 0.0), np.random.default_rng(1), BABBLE[:100])


def test_a_row_names_only_what_is_not_as_usual() -> None:
    room = Condition("babble", 0.0, "telephone", reverberation_seconds=0.6, rate=0.8)
    assert list(room.fields) == ["noise_level", "noise_type", "band", "reverberation", "rate"]
    assert Condition().fields == {"noise_level": "clean"}
