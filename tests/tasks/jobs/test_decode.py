"""Rows are decoded in a fresh process, and come back as they went."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.errors import JobFailed, JobFault
from tasks.domain.jobs import AudioRow
from tasks.jobs.decode import decode_rows
from tasks.workspace.cycle import System
from tasks.workspace.models import find_base

ROWS = [AudioRow(f"/clips/{number}.wav", 1.0, f"text {number}") for number in range(4)]
REVERSED = """
import json, sys
from pathlib import Path
given = {k: v.strip("'") for k, v in (argument.split("=", 1) for argument in sys.argv[1:])}
lines = Path(given["dataset_manifest"]).read_text().splitlines()
rows = [json.dumps(json.loads(line) | {"pred_text": given["batch_size"]}) for line in lines]
Path(given["output_filename"]).write_text("\\n".join(ORDER) + "\\n")
"""


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Use a transcription script that gives back the rows in this order."""

    def write(order: str) -> None:
        (tmp_path / "transcribe_speech.py").write_text(REVERSED.replace("ORDER", order))
        monkeypatch.setenv("FLYWHEEL_NEMO_SCRIPTS", str(tmp_path))
        monkeypatch.setenv("FLYWHEEL_ACCELERATOR", "cpu")

    return write


def test_every_row_has_its_hypothesis_and_the_work_folder_goes(
    scripts: Callable[[str], None], tmp_path: Path, fake_model: Callable[..., Path]
) -> None:
    scripts("rows")
    fake_model(tmp_path / "base.nemo", 0.5)
    model = System(find_base(tmp_path, "base.nemo"))
    assert decode_rows(ROWS, model, tmp_path / "work", batch_size=7) == ["7"] * 4
    assert not (tmp_path / "work").exists()


def test_a_clip_of_several_rows_is_decoded_once(
    scripts: Callable[[str], None], tmp_path: Path, fake_model: Callable[..., Path]
) -> None:
    scripts("[row.replace('\"7\"', f'\"{n} of {len(rows)}\"') for n, row in enumerate(rows)]")
    fake_model(tmp_path / "base.nemo", 0.5)
    model = System(find_base(tmp_path, "base.nemo"))
    rows = [ROWS[0], ROWS[1], ROWS[0], ROWS[2], ROWS[1]]
    found = decode_rows(rows, model, tmp_path / "work", batch_size=7)
    assert found == ["0 of 3", "1 of 3", "0 of 3", "2 of 3", "1 of 3"]


@pytest.mark.parametrize("order", ["rows[::-1]", "rows[:3]", "rows + rows[:1]"])
def test_rows_that_were_lost_doubled_or_moved_are_a_failure(
    scripts: Callable[[str], None], tmp_path: Path, fake_model: Callable[..., Path], order: str
) -> None:
    scripts(order)
    fake_model(tmp_path / "base.nemo", 0.5)
    model = System(find_base(tmp_path, "base.nemo"))
    with pytest.raises(
        JobFailed, match="NeMo returned different rows than the 4 requested"
    ) as raised:
        decode_rows(ROWS, model, tmp_path / "work", batch_size=7)
    assert raised.value.fault is JobFault.ROWS_LOST
