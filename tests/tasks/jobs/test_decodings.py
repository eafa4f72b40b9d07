"""Rows are decoded in shards and joined in their order; finished work is not decoded again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tasks.domain.errors import DamagedFile
from tasks.jobs.decodings import Shard, decode_shards, join_shards, run_decodings
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import Decoding

ROWS = [{"text": f"start metoprolol {number}"} for number in range(5)]
TEXTS = [fields["text"] for fields in ROWS]


@pytest.fixture
def cycle(flywheel: Callable[..., Path], trained: Callable[..., Cycle]) -> Cycle:
    """Five rows and a candidate; the comparison model misses all of them, the candidate two."""
    flywheel(rows=1)  # for the fake scripts and their journal
    return trained(ROWS, policy="decoding: {batch_size: 1}\n")  # a batch is not divided


@pytest.fixture
def decoding(cycle: Cycle) -> Decoding:
    return Decoding(Run(cycle), cycle.comparison)


def decodings_run(tmp_path: Path) -> int:
    journal = tmp_path / "decodings"
    return len(journal.read_text().splitlines()) if journal.exists() else 0


def write_shards(decoding: Decoding, *shards: Sequence[int]) -> list[Path]:
    paths = [decoding.shard(number, len(shards)) for number in range(len(shards))]
    for path, rows in zip(paths, shards, strict=True):
        path.parent.mkdir(exist_ok=True)
        lines = [{"row": row, "hyp": f"transcript {row}"} for row in rows]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return paths


def test_a_shard_that_is_unchanged_is_not_decoded_again(decoding: Decoding, tmp_path: Path) -> None:
    assert decode_shards([Shard(decoding, 0, 2)])
    before = decoding.shard(0, 2).read_bytes()
    assert decode_shards([Shard(decoding, 0, 2)]) == []
    assert decoding.shard(0, 2).read_bytes() == before
    assert decodings_run(tmp_path) == 1
    assert not decoding.shard(1, 2).exists()


def test_shards_are_joined_in_row_order_and_those_of_another_division_go(
    decoding: Decoding,
) -> None:
    write_shards(decoding, [0], [1], [2, 3, 4])
    write_shards(decoding, [4, 1], [0, 3, 2])
    join_shards(decoding, 2)
    assert decoding.read() == [f"transcript {row}" for row in range(5)]
    assert not list(decoding.output.parent.glob("*.part"))


@pytest.mark.parametrize("shards", [([0, 1], [3, 4]), ([0, 1, 2, 3, 4], [5]), ([0, 1, 2],)])
def test_shards_that_lost_or_gained_rows_are_refused_and_the_same_command_decodes_them_again(
    decoding: Decoding, shards: Sequence[Sequence[int]], tmp_path: Path
) -> None:
    write_shards(decoding, *shards)
    rows = sum(map(len, shards))
    with pytest.raises(
        DamagedFile, match=f"^{len(shards)} shards gave {rows} of 5 rows: run the same"
    ):
        run_decodings([decoding], len(shards), None)
    assert decodings_run(tmp_path) == 0
    assert not decoding.output.exists()
    assert run_decodings([decoding], len(shards), None) == 1
    assert decodings_run(tmp_path) == len(shards)
    assert decoding.done


def test_a_shard_cut_in_a_line_is_refused_and_goes_with_the_others(decoding: Decoding) -> None:
    paths = write_shards(decoding, [0, 1], [2, 3, 4])
    paths[1].write_bytes(paths[1].read_bytes()[:-4])
    with pytest.raises(DamagedFile, match=r"1-of-2.part is damaged \(line 3: .*decode it again"):
        join_shards(decoding, 2)
    assert not any(path.exists() for path in paths)


def test_more_shards_than_rows_lose_none_and_load_no_model_for_nothing(
    decoding: Decoding, tmp_path: Path
) -> None:
    decode_shards([Shard(decoding)])
    join_shards(decoding, 1)
    expected = decoding.read()
    decoding.output.unlink()
    assert run_decodings([decoding], 7, None) == 1
    assert decoding.read() == expected
    assert len(expected) == 5
    assert decodings_run(tmp_path) == 1 + 5
