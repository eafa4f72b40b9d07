"""Clips are held by the page up to a limit, and linked beyond it."""

from __future__ import annotations

import base64
from collections.abc import Callable

from tasks.report.audio import HEAD, Clip, embed_clips
from tasks.workspace.cycle import Cycle


def names(count: int) -> list[str]:
    return [f"audio/{number}.wav" for number in range(count)]


def embed(cycle: Cycle, count: int, limit_mb: int) -> list[Clip]:
    clips = ((name, cycle.folder / name) for name in names(count))
    return embed_clips(cycle.next_folder, clips, limit_mb)


def test_an_embedded_clip_is_the_file_itself(trained: Callable[..., Cycle]) -> None:
    cycle = trained([{"text": f"start metoprolol {n}"} for n in range(2)])
    clip = embed(cycle, 1, limit_mb=1)[0]
    content = base64.b64decode(clip.url.removeprefix(HEAD))
    assert content == (cycle.folder / "audio/0.wav").read_bytes()


def test_the_first_clips_are_embedded_until_the_limit_and_all_others_linked(
    trained: Callable[..., Cycle],
) -> None:
    """A clip of one second takes 42.7 kB of the page: 23 of them are within a megabyte."""
    cycle = trained([{"text": f"start metoprolol {n}"} for n in range(26)])
    clips = embed(cycle, 26, limit_mb=1)
    assert [clip.embedded for clip in clips] == [True] * 23 + [False] * 3
    assert sum(len(clip.url) for clip in clips if clip.embedded) <= 1_000_000
    assert [clip.url for clip in clips[23:]] == [f"../cycle1/audio/{n}.wav" for n in (23, 24, 25)]
    assert [clip.name for clip in clips] == names(26)


def test_a_limit_of_zero_embeds_none(trained: Callable[..., Cycle]) -> None:
    cycle = trained([{"text": f"start metoprolol {n}"} for n in range(2)])
    assert not any(clip.embedded for clip in embed(cycle, 2, limit_mb=0))


def test_a_link_survives_odd_characters_of_a_file_name(trained: Callable[..., Cycle]) -> None:
    name = "audio/a b#1?.wav"
    cycle = trained([{"text": "start metoprolol", "audio_filepath": name}, {}])
    (clip,) = embed_clips(cycle.next_folder, [(name, cycle.folder / name)], limit_mb=0)
    assert clip.url == "../cycle1/audio/a%20b%231%3F.wav"
