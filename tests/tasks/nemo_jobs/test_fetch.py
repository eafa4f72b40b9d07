"""A pretrained base is fetched by NeMo, or the job ends with why it was not; with a NeMo of our own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.errors import JobFailed, JobFault
from tasks.jobs.runner import fetch_pretrained
from tasks.settings import Settings

MODELS = """
class ASRModel:
    @staticmethod
    def from_pretrained(name, return_model_file):
        {body}
"""


@pytest.fixture
def nemo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a NeMo before the installed one whose `from_pretrained` has this body."""

    def write(body: str) -> None:
        package = tmp_path / "packages/nemo/collections/asr"
        package.mkdir(parents=True)
        for folder in (package, package.parent, package.parent.parent):
            (folder / "__init__.py").write_text("")
        (package / "models.py").write_text(MODELS.format(body=body))
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"))

    return write


def test_the_file_that_nemo_gives_is_the_answer(
    tmp_path: Path, nemo: Callable[[str], None]
) -> None:
    (tmp_path / "base.nemo").write_bytes(b"weights")
    nemo(f"return {str(tmp_path / 'base.nemo')!r}")
    assert fetch_pretrained("a/b", tmp_path / "work", Settings()) == tmp_path / "base.nemo"


def test_a_base_that_the_hub_does_not_give_is_one_sentence_with_the_way_to_it(
    tmp_path: Path, nemo: Callable[[str], None]
) -> None:
    nemo('raise ConnectionError("Max retries exceeded\\n with url")')
    with pytest.raises(JobFailed) as raised:
        fetch_pretrained("own/base", tmp_path / "work", Settings())
    assert raised.value.fault is JobFault.NOT_CACHED
    assert str(raised.value) == (
        "own/base cannot be fetched (ConnectionError: Max retries exceeded with url): get it with "
        "`hf download own/base` where there is a network (`huggingface-cli download` before "
        "huggingface_hub 1.0), or set base to the path of a .nemo file. Its log: "
        f"{tmp_path}/work/fetch.log"
    )
    assert "Traceback" not in (tmp_path / "work/fetch.log").read_text()
