"""Clips that are the same audio: one of them is for nothing, or says what it should not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tasks.domain.scoring.normalize import normalize

OTHER_WORDS = "its voice says the same for other words"
TWICE = "another row has the same audio"


@dataclass(frozen=True)
class ClipAudio:
    """What a clip should say, and two digests: of its speech before any noise, and of the clip.

    That of the speech is empty where it is not known.
    """

    text: str
    speech_sha256: str
    sha256: str


def same_audio_faults(clips: Sequence[ClipAudio], standing: Collection[str]) -> list[str]:
    """Say what is wrong with each clip; empty where nothing is. `standing` are clips of other rows.

    Speech that is the same for other words is right for at most one of them, and for none where a
    voice says nothing of a term: no clip of it is used. Of clips that are the same the first is used.

    >>> clips = [ClipAudio("give timolol", "a", "1"), ClipAudio("give heparin", "a", "2")]
    >>> same_audio_faults([*clips, ClipAudio("stop", "b", "3")], {"3"})
    ['its voice says the same for other words', 'its voice says the same for other words', \
'another row has the same audio']
    """
    words = defaultdict(set)
    for clip in clips:
        words[clip.speech_sha256 or clip.sha256].add(normalize(clip.text))
    seen, faults = set(standing), []
    for clip in clips:
        of_others = len(words[clip.speech_sha256 or clip.sha256]) > 1
        faults.append(OTHER_WORDS if of_others else TWICE if clip.sha256 in seen else "")
        seen.add(clip.sha256)
    return faults
