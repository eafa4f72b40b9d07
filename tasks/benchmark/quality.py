"""Whether an engine's clip is fit for a benchmark, by its sound alone."""

from __future__ import annotations

import numpy as np

from tasks.benchmark.levels import spoken_power
from tasks.domain.manifest import MAX_SECONDS, RATE_HZ

MIN_SECONDS_A_WORD, MAX_SECONDS_A_WORD = 0.12, 1.5
CLIPPED, CLIPPED_SHARE = 0.999, 0.001
SILENT, MAX_SILENCE_SECONDS = 0.001, 1.5
EDGE, CUT = 160, 0.25  # samples, 10 ms, and their loudness there beside that of the speech


def quality_faults(speech: np.ndarray, words: int) -> list[str]:
    """Say what is wrong with speech of so many words, before any noise; nothing where it is fit."""
    seconds = speech.size / RATE_HZ
    loud = np.flatnonzero(np.abs(speech) > SILENT)
    if not loud.size:
        return ["expected speech; the clip is silent"]
    faults = []
    least, most = MIN_SECONDS_A_WORD * words, min(MAX_SECONDS_A_WORD * words + 1, MAX_SECONDS)
    if not least <= seconds <= most:
        faults.append(f"expected {least:.1f} to {most:.1f} s for {words} words; got {seconds:.1f}")
    for where, silence in (("start", loud[0]), ("end", speech.size - 1 - loud[-1])):
        if silence > MAX_SILENCE_SECONDS * RATE_HZ:
            faults.append(f"expected speech at its {where}; {silence / RATE_HZ:.1f} s are silent")
    loudness = np.sqrt(spoken_power(speech))
    for where, edge in (("start", speech[:EDGE]), ("end", speech[-EDGE:])):
        if np.sqrt(np.mean(edge**2)) > CUT * loudness:
            faults.append(f"expected a pause at its {where}; the speech is cut off there")
    clipped = float(np.mean(np.abs(speech) >= CLIPPED))
    if clipped > CLIPPED_SHARE:
        faults.append(f"expected no clipping; {clipped:.1%} of the samples are at full scale")
    return faults
