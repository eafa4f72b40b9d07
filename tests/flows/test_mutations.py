"""Files of a decided workspace with bytes changed at random: a short run of tests/faults/mutate.py."""

from pathlib import Path

import pytest

from tests.faults import mutate
from tests.faults.trials import ENVIRONMENT


@pytest.mark.usefixtures("prefect_server")
def test_a_mutated_file_is_read_whole_or_refused_in_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    mutate.make_workspace(tmp_path / "w")
    assert mutate.outcome(tmp_path / "w") == "accepted"
    found = [*mutate.mutate_each(tmp_path / "w", range(100))]
    assert [one for one in found if one.outcome not in mutate.GOOD] == []
    assert {one.outcome for one in found} == set(mutate.GOOD)
