"""Stage transcribe: shards, what is reused, and what is decoded anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.errors import DamagedFile
from tasks.transcribe import decode_shard, join_shards, run_decodings
from tasks.workspace.decoded import Decoding
from tasks.workspace.files import write_jsonl
from tasks.workspace.inputs import open_cycle
from tasks.workspace.paths import Run


@pytest.fixture
def decoding(flywheel: Callable[..., Path]) -> Decoding:
    """The decoding of 100 rows by the comparison model."""
    cycle = open_cycle(flywheel(), 1)
    return Decoding(Run(cycle), cycle.comparison)


@pytest.fixture
def journal(tmp_path: Path) -> Callable[[], int]:
    """Count the decodings that were run."""
    path = tmp_path / "decodings"
    return lambda: len(path.read_text().splitlines()) if path.exists() else 0


def test_shards_together_give_what_one_job_gives(
    decoding: Decoding, journal: Callable[[], int]
) -> None:
    assert run_decodings([decoding], None, shards=1) == 1
    whole = decoding.output.read_bytes()
    decoding.output.unlink()
    assert run_decodings([decoding], None, shards=3) == 1
    assert journal() == 4
    assert decoding.output.read_bytes() == whole
    assert not [*decoding.output.parent.glob("*.part")]


def test_a_shard_that_is_done_is_not_decoded_again(
    decoding: Decoding, journal: Callable[[], int]
) -> None:
    first, second = (decode_shard(decoding, 1, 3) for _ in range(2))
    assert (first.reused, second.reused) == (False, True)
    assert first.rows == second.rows > 0
    assert journal() == 1


def test_rows_that_are_lost_stop_the_join_and_the_same_command_decodes_them_anew(
    decoding: Decoding,
) -> None:
    shard = decoding.shard(0, 1)
    write_jsonl(shard, [{"row": row, "hyp": ""} for row in range(99)])
    with pytest.raises(DamagedFile, match="1 shards gave 99 of 100 rows"):
        join_shards(decoding, 1)
    assert not shard.exists()
    assert run_decodings([decoding], None, shards=1) == 1
    assert len(decoding.read()) == 100


def test_a_decoding_that_was_cut_short_is_made_anew(
    decoding: Decoding, journal: Callable[[], int]
) -> None:
    run_decodings([decoding], None, shards=1)
    whole = decoding.output.read_bytes()
    decoding.output.write_bytes(whole[: len(whole) // 2])
    fresh = Decoding(Run(open_cycle(decoding.cycle.root, 1)), decoding.model)
    assert run_decodings([fresh], None, shards=1) == 1
    assert journal() == 2
    assert fresh.output.read_bytes() == whole
