"""A Prefect server for the flows under test, and a workspace whose NeMo is our own fake."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

FAKES = Path(__file__).parents[1] / "fakes" / "nemo_scripts"
CATEGORIES = ("drug", "drug", "drug", "procedure", "lab")


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """Prefect's own server on a database of its own, for the whole session."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


def write_fake_model(path: Path, misses: float, extra: str = "decoder: {}\n") -> Path:
    """Write a `.nemo` archive that the fake scripts read."""
    config = f"{extra}misses: {misses}\n".encode()
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo("model_config.yaml")
        member.size = len(config)
        archive.addfile(member, io.BytesIO(config))
    return path


@pytest.fixture
def fake_model() -> Callable[..., Path]:
    return write_fake_model


@pytest.fixture
def flywheel(
    workspace: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Path]:
    """Make a workspace of 100 rows whose base misses 80 % and whose fine-tune misses `after`."""
    monkeypatch.setenv("FLYWHEEL_NEMO_SCRIPTS", str(FAKES))
    monkeypatch.setenv("FLYWHEEL_ACCELERATOR", "cpu")
    monkeypatch.setenv("FAKE_JOURNAL", str(tmp_path / "decodings"))

    def make(after: float = 0.2, before: float = 0.8, policy: str = "", rows: int = 100) -> Path:
        monkeypatch.setenv("FAKE_MISSES", str(after))
        fields = [{"entity_category": CATEGORIES[index % 5]} for index in range(rows)]
        root = workspace(fields, policy=f"base: base.nemo\n{policy}")
        write_fake_model(root / "base.nemo", before)
        return root

    return make
