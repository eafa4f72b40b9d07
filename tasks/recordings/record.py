"""Recording people: which sentences a speaker reads next, how far all are, and whether a take is fit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator

from tasks.domain.manifest import MAX_SECONDS, RATE_HZ, Category, ClinicalRow
from tasks.domain.scoring.normalize import normalize

PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
AgeBand = Literal["", "18-29", "30-44", "45-59", "60 or over"]
FULL_SCALE = 32_768  # of PCM16
FRAME = 320  # samples, 20 ms
LIMITS = {  # the page reads them too: both check a take by the same rules
    "rate_hz": RATE_HZ,
    "frame": FRAME,
    "silent": 0.005,  # of full scale, the loudest frame: -46 dB
    "silent_seconds": 3.0,  # after which the page ends a take without speech
    "over_noise": 3.0,  # of amplitude, the loudest frame over the quiet ones: 10 dB
    "quiet_share": 0.1,  # of the frames, which are quieter than speech
    "clipped": 0.985,  # of full scale: resampling moves samples that were at full scale
    "clipped_share": 0.001,
    "spoken": 0.1,  # of the loudest frame: -20 dB
    "least_seconds_a_word": 0.15,
    "most_seconds_a_word": 1.5,
    "most_seconds_beside": 4.0,  # before the first word and behind the last
    "most_seconds": MAX_SECONDS,
    "cut": 0.25,  # of the loudest frame, in the first frame or the last
}
FAULTS = {
    "silent": "expected speech; the recording is silent: check which microphone the browser uses",
    "noisy": "expected speech well above the noise; move closer to the microphone, or to a quieter room",
    "clipped": "expected no clipping; move away from the microphone or lower its level",
    "short": "expected the whole sentence; the recording is too short for its words",
    "long": "expected the sentence alone; the recording is too long for its words",
    "cut": "expected a pause at both ends; the first or the last word is cut off",
}


def pseudonym(name: str) -> str:
    """Return a speaker's pseudonym; raise ValueError for what may be a name, or is no file name.

    A voice with a colon in it would name a speech engine.

    >>> pseudonym("nurse-1")
    'nurse-1'
    """
    if not PSEUDONYM.fullmatch(name):
        raise ValueError("expected a pseudonym of letters, digits, '_' and '-', as nurse-1")
    return name


Pseudonym = Annotated[str, AfterValidator(pseudonym)]


def agreement(users: str) -> str:
    """Return the text that a speaker agrees to before the first take."""
    return (
        "I read the sentences of this page, which are scripts. I say nothing about any patient. "
        f"My recordings may be used by {users}. They are removed when I ask for it."
    )


@dataclass(frozen=True)
class Script:
    """A sentence to read, and the fields that a row of it has."""

    term: str
    entity_category: Category
    context_type: str
    text: str
    accepted: tuple[str, ...] = ()

    @property
    def words(self) -> int:
        return len(normalize(self.text).split())


def scripts_left(
    scripts: Sequence[Script], rows: Sequence[ClinicalRow], speaker: str, per_term: int
) -> list[Script]:
    """Return the sentences left to read, so many of each term, a term after the other.

    `rows` are those of acceptance.jsonl. Of a term, the sentences come first that have the fewest rows.
    """
    own = [row for row in rows if row.source == "recorded" and row.speaker == speaker]
    done, read = Counter(normalize(row.term) for row in own), {normalize(row.text) for row in own}
    rows_of = Counter(normalize(row.text) for row in rows)
    free: dict[str, list[Script]] = {}
    for script in scripts:
        if normalize(script.text) not in read:
            free.setdefault(normalize(script.term), []).append(script)
    columns = [
        sorted(free[term], key=lambda one: rows_of[normalize(one.text)])[
            : max(0, per_term - done[term])
        ]
        for term in sorted(free)
    ]
    return [script for script in chain(*zip_longest(*columns)) if script]


def progress(
    terms: Sequence[str], rows: Sequence[ClinicalRow], speaker: str
) -> dict[str, list[dict[str, str | int]]]:
    """Count the recorded rows of each term, of this speaker and of all, and those of each speaker."""
    recorded = [row for row in rows if row.source == "recorded"]
    of_all = Counter(normalize(row.term) for row in recorded)
    own = Counter(normalize(row.term) for row in recorded if row.speaker == speaker)
    speakers = Counter(row.speaker or row.voice_id for row in recorded)
    return {
        "terms": [
            {"term": term, "own": own[normalize(term)], "all": of_all[normalize(term)]}
            for term in sorted(terms, key=normalize)
        ],
        "speakers": [{"name": name, "rows": count} for name, count in sorted(speakers.items())],
    }


def take_fault(samples: np.ndarray, words: int) -> str:
    """Name in FAULTS what is wrong with a take of so many words, PCM16 at 16 kHz; empty where it is fit.

    >>> take_fault(np.zeros(RATE_HZ, dtype=np.int16), 3)
    'silent'
    """
    if samples.size < FRAME:
        return "short"
    frames = samples[: samples.size // FRAME * FRAME].reshape(-1, FRAME) / FULL_SCALE
    loudness = np.sqrt(np.mean(frames**2, axis=1))
    loudest, quiet = loudness.max(), np.sort(loudness)[int(LIMITS["quiet_share"] * loudness.size)]
    spoken = np.flatnonzero(loudness >= LIMITS["spoken"] * loudest)
    spoken_seconds = (spoken[-1] - spoken[0] + 1) * FRAME / RATE_HZ
    seconds = samples.size / RATE_HZ
    most = LIMITS["most_seconds_a_word"] * words + LIMITS["most_seconds_beside"]
    full = np.abs(samples.astype(np.int32)) >= LIMITS["clipped"] * FULL_SCALE
    found = {
        "silent": loudest < LIMITS["silent"],
        "clipped": full.mean() > LIMITS["clipped_share"],
        "noisy": loudest < LIMITS["over_noise"] * quiet,
        "long": seconds > min(most, LIMITS["most_seconds"]),
        "short": spoken_seconds < LIMITS["least_seconds_a_word"] * words,
        "cut": max(loudness[0], loudness[-1]) > LIMITS["cut"] * loudest,
    }
    return next((name for name, is_so in found.items() if is_so), "")
