"""A hypothesis belongs to its clip, and a decoded file is whole or it is none."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.errors import DamagedFile
from tasks.domain.policy import Policy
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import Decoding, _decoded_clips, sides
from tasks.workspace.open import open_cycle

Workspace = Callable[..., Path]


@pytest.fixture
def cycle(workspace: Workspace, tone: Callable[..., None]) -> Cycle:
    """Three benchmark rows and two clips of general speech."""
    root = workspace([{"text": f"start metoprolol {n}"} for n in range(3)])
    for number in range(2):
        tone(root / f"g{number}.wav", seconds=0.5 + number / 4)
    clips = [{"audio_filepath": f"g{n}.wav", "text": f"speech {n}"} for n in range(2)]
    (root / "general.jsonl").write_text("".join(json.dumps(clip) + "\n" for clip in clips))
    return open_cycle(root, 1)


@pytest.fixture
def decoding(cycle: Cycle) -> Decoding:
    return Decoding(Run(cycle), cycle.comparison)


def test_both_sets_are_read_back_in_their_order(decoding: Decoding) -> None:
    decoding.write(["a", "b", "c", "x", "y"])
    assert decoding.read() == ["a", "b", "c"]
    assert decoding.read("general") == ["x", "y"]
    assert decoding.done


def test_a_decoding_that_is_absent_is_not_done(decoding: Decoding) -> None:
    assert not decoding.done
    with pytest.raises(DamagedFile, match="is not there: rerun the cycle"):
        decoding.read()


def test_lines_that_were_lost_or_moved_never_pass_for_those_of_other_rows(
    decoding: Decoding,
) -> None:
    decoding.write(["a", "b", "c", "x", "y"])
    lines = decoding.output.read_text().splitlines(keepends=True)
    for changed in (lines[:4], [*lines[:3], lines[4], lines[3]], lines * 2, [*lines, '{"set"']):
        decoding.output.write_text("".join(changed))
        assert not decoding.done
        with pytest.raises(DamagedFile, match="rerun the cycle to decode it again"):
            decoding.read()


def test_a_file_that_is_unchanged_is_parsed_once_however_many_stages_read_it(
    decoding: Decoding,
) -> None:
    decoding.write(["a", "b", "c", "x", "y"])
    before = _decoded_clips.cache_info().misses
    for _ in range(3):
        assert decoding.done
        assert decoding.read() == ["a", "b", "c"]
    assert _decoded_clips.cache_info().misses == before + 1
    decoding.write(["a", "b", "changed", "x", "y"])
    assert decoding.read() == ["a", "b", "changed"]


def test_a_decoding_is_named_by_model_rows_and_how_it_decodes(cycle: Cycle) -> None:
    usual = Decoding(Run(cycle), cycle.comparison).output
    for policy, same in (({"decoding": {"batch_size": 8}}, False), ({"folds": None}, True)):
        other = open_cycle(cycle.root, 1, Policy.model_validate(policy))
        assert (Decoding(Run(other), other.comparison).output == usual) is same
    other = open_cycle(cycle.root, 1, Policy(base="nvidia/parakeet-ctc-0.6b"))
    assert Decoding(Run(other), other.comparison).output != usual


def test_rows_that_are_not_split_have_no_side(cycle: Cycle) -> None:
    with pytest.raises(DamagedFile, match="run the cycle again from split"):
        sides(Run(cycle))
