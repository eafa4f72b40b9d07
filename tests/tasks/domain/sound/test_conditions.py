"""A clip is heard under the condition that was asked, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import periodogram

from tasks.domain.sound.conditions import HARDER, RATE_HZ, Condition, apply

SPEECH = np.sin(np.arange(32_000) / 20.0).astype(np.float32)
BABBLE = np.random.default_rng(5).standard_normal(64_000).astype(np.float32)


def heard(condition: Condition, seed: int = 1) -> np.ndarray:
    return apply(SPEECH, condition, np.random.default_rng(seed), BABBLE)


@pytest.mark.parametrize("noise", ["pink", "babble"])
@pytest.mark.parametrize("snr_db", [15.0, -5.0])
def test_noise_is_added_at_the_asked_ratio(noise: str, snr_db: float) -> None:
    added = heard(Condition(noise, snr_db)) - SPEECH  # type: ignore[arg-type]
    ratio = 10 * np.log10(np.mean(SPEECH**2) / np.mean(added**2))
    assert ratio == pytest.approx(snr_db, abs=0.1)


def test_a_clean_clip_is_what_the_engine_gave() -> None:
    assert np.array_equal(heard(Condition(rate=1.2)), SPEECH)


def test_a_telephone_line_keeps_its_band_alone() -> None:
    white = np.random.default_rng(2).standard_normal(32_000).astype(np.float32)
    sent = apply(white, Condition(band="telephone"), np.random.default_rng(1), None)
    frequencies, power = periodogram(sent, RATE_HZ)
    outside = (frequencies < 200) | (frequencies > 4_000)
    assert power[outside].mean() < 0.01 * power[~outside].mean()


def test_a_room_goes_on_sounding_when_speech_ends() -> None:
    click = np.zeros(16_000, dtype=np.float32)
    click[100] = 1.0
    room = apply(click, Condition(reverberation_seconds=0.5), np.random.default_rng(1), None)
    assert np.mean(room[110:4_000] ** 2) > 10 * np.mean(room[6_000:9_000] ** 2) > 0


@pytest.mark.parametrize("condition", HARDER)
def test_a_condition_is_the_same_for_its_seed_and_another_for_another(condition: Condition) -> None:
    assert np.array_equal(heard(condition), heard(condition))
    assert not np.array_equal(heard(condition), heard(condition, seed=2))


def test_babble_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="as long as the clip"):
        apply(SPEECH, Condition("babble", 0.0), np.random.default_rng(1), BABBLE[:100])
