"""Makers of rows, scores and workspaces that every test may use."""

from __future__ import annotations

import io
import json
import os
import string
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Before anything imports prefect: a home of its own, no telemetry, time to migrate its database.
os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="prefect-home-")
os.environ["PREFECT_LOCAL_STORAGE_PATH"] = os.environ["PREFECT_HOME"] + "/storage"
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] = "600"
os.environ["DO_NOT_TRACK"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"  # of torch: several workers of pytest share the processors

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.metrics import Rate, RowScore
from tests.cloud import Cloud
from tests.order import pytest_collection_modifyitems  # noqa: F401 - a hook
from tests.prefect_database import copy_database
from tests.skips import pytest_sessionfinish, pytest_terminal_summary  # noqa: F401 - hooks
from tests.tones import write_tone

# No example of a property is too slow: a busy machine would fail the test.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare the servers that tests start the making of their database."""
    if any(item.get_closest_marker("real") for item in session.items):
        copy_database(Path(os.environ["PREFECT_HOME"]))


FAKES = Path(__file__).parent / "fakes" / "nemo_scripts"
ON_FAKES = {
    "FLYWHEEL_NEMO_SCRIPTS": str(FAKES),
    "FLYWHEEL_NEMO_PYTHON": str(FAKES.parent / "python"),
    "FAKE_PYTHON": sys.executable,
    "FLYWHEEL_ACCELERATOR": "cpu",
}
CATEGORIES = ("drug", "drug", "drug", "procedure", "lab")
# What a fake model's configuration has where its tokenizer writes small letters alone.
LETTERS_BASE = f"decoder: {{vocabulary: {json.dumps(list(string.ascii_lowercase))}}}\n"
FIELDS: dict[str, Any] = {
    "audio_filepath": "audio/0.wav",
    "duration": 1.0,
    "text": "please start metoprolol today",
    "term": "metoprolol",
    "entity_category": "drug",
    "ipa_source": "override",
    "voice_id": "en-us",
    "noise_level": "clean",
    "context_type": "order",
}


@pytest.fixture
def row() -> Callable[..., ClinicalRow]:
    """Make a clinical row that differs from the usual one in the given fields."""
    return lambda **changes: ClinicalRow.model_validate(FIELDS | changes)


@pytest.fixture
def score() -> Callable[[int], RowScore]:
    """Make the score of a row whose term was missed (1) or recognized (0)."""
    return lambda missed: RowScore(Rate(missed, 4), Rate(missed, 20), missed, missed)


def clinical_fields(index: int) -> dict[str, Any]:
    """The fields that tell rows apart: three drugs in five rows, two rows in a row of one term."""
    term = f"term{index // 2 % 40}"
    text = f"please start {term} today, number {index}"
    return {"entity_category": CATEGORIES[index % 5], "term": term, "text": text}


@pytest.fixture
def tone() -> Callable[..., None]:
    """Write a sine tone as a WAV file."""
    return write_tone


def write_workspace(
    root: Path, rows: list[dict[str, Any]], hypotheses: list[str] | None = None, policy: str = ""
) -> Path:
    """Write a workspace whose cycle1 holds the given rows, all on one short tone each."""
    folder = root / "cycle1"
    lines = []
    for index, changes in enumerate(rows):
        fields = FIELDS | {"audio_filepath": f"audio/{index}.wav"} | changes
        if not (folder / fields["audio_filepath"]).exists():
            write_tone(folder / fields["audio_filepath"])
        lines.append(json.dumps(fields))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.jsonl").write_text("\n".join(lines) + "\n")
    if hypotheses is not None:
        samples = [
            {"audio_filepath": json.loads(line)["audio_filepath"], "hyp": hypothesis}
            for line, hypothesis in zip(lines, hypotheses, strict=True)
        ]
        (folder / "per_sample.json").write_text("".join(json.dumps(s) + "\n" for s in samples))
    (root / "flywheel.yaml").write_text(policy)
    return root


@pytest.fixture
def workspace(tmp_path: Path) -> Callable[..., Path]:
    """Make a workspace whose cycle1 holds the given rows, all on one short tone each."""
    return partial(write_workspace, tmp_path / "w")


def write_fake_model(path: Path, misses: float | str, extra: str = "decoder: {}\n") -> Path:
    """Write a `.nemo` archive that the fake scripts read."""
    config = f"{extra}misses: {misses}\n".encode()
    with tarfile.open(path, "w") as archive:
        for name, content in (("model_config.yaml", config), ("model_weights.ckpt", bytes(20_000))):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def write_flywheel(
    root: Path, before: float | str = 0.8, policy: str = "", rows: int = 100, seconds: float = 0.0
) -> Path:
    """Write a workspace whose base is a fake model that misses `before` of the rows."""
    if "decide:" not in policy:  # a hundred rows leave guards open
        policy += "decide: {open_guard: keep}\n"
    if "boost:" not in policy:  # most tests count decodings
        policy += "boost: off\n"
    fields = [clinical_fields(index) for index in range(rows)]
    write_workspace(root, fields, policy=f"base: base.nemo\n{policy}")
    write_fake_model(root / "base.nemo", before, f"decoder: {{}}\nseconds: {seconds}\n")
    return root


def on_fakes(patch: pytest.MonkeyPatch) -> None:
    """Run NeMo jobs on the fake scripts."""
    for name, value in ON_FAKES.items():
        patch.setenv(name, value)


@pytest.fixture
def fake_model() -> Callable[..., Path]:
    return write_fake_model


@pytest.fixture
def flywheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Make a workspace of 100 rows whose base misses 80 % and whose fine-tune misses `after`.

    A fine-tune of it takes `seconds`.
    """
    on_fakes(monkeypatch)
    monkeypatch.setenv("FAKE_JOURNAL", str(tmp_path / "decodings"))

    def make(after: float | str = 0.2, before: float | str = 0.8, **more: Any) -> Path:
        monkeypatch.setenv("FAKE_MISSES", str(after))
        return write_flywheel(tmp_path / "w", before, **more)

    return make


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """A provider of machines, and ssh and rsync to them, on the PATH."""
    return Cloud(tmp_path / "cloud", tmp_path / "w", monkeypatch)


@pytest.fixture
def wait_for() -> Callable[..., Any]:
    """Wait until a condition gives something true, and return that.

    The seconds are for what never comes about: no test is to fail because a machine is slow.
    """

    def wait(condition: Callable[[], Any], seconds: float = 600) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < deadline, "it took too long"
            time.sleep(0.2)
        return found

    return wait


@pytest.fixture
def riva(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, str]]:
    """A server that speaks Riva's protocol, and its address; it returns the transcripts that it is given."""
    import grpc
    from riva.client.proto.riva_asr_pb2_grpc import add_RivaSpeechRecognitionServicer_to_server

    monkeypatch.syspath_prepend(str(FAKES.parent))
    from riva_server import Riva

    monkeypatch.setenv("FLYWHEEL_ASR_BACKOFF", "0.01")
    monkeypatch.setenv("FLYWHEEL_ASR_PARALLEL", "1")
    server, fake = grpc.server(ThreadPoolExecutor(4)), Riva()
    add_RivaSpeechRecognitionServicer_to_server(fake, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield fake, f"127.0.0.1:{port}"
    server.stop(None).wait()


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """Prefect's own server on a database of its own, for the whole session.

    Without heartbeats, which cost each flow run a second, and without the services for schedules and
    automations, a fifth of the server's work; the deployments are tested with all of them.
    """
    from prefect import settings
    from prefect.settings import temporary_settings
    from prefect.testing import utilities

    without = {settings.PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None} | dict.fromkeys(
        [
            settings.PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED,
            settings.PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED,
            settings.PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED,
            settings.PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED,
            settings.PREFECT_SERVER_EVENTS_STREAM_OUT_ENABLED,
        ],
        False,
    )

    def folder_with_database() -> str:
        folder = tempfile.mkdtemp()
        copy_database(Path(folder), "prefect-test.db")
        return folder

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utilities, "mkdtemp", folder_with_database)
        with (
            temporary_settings(without),
            utilities.prefect_test_harness(server_startup_timeout=600),
        ):
            yield


@pytest.fixture
def on_session_server(prefect_server: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands that a test runs use that server: to start their own takes each some seconds."""
    from prefect.settings import PREFECT_API_URL

    monkeypatch.setenv("PREFECT_API_URL", str(PREFECT_API_URL.value()))


@pytest.fixture
def no_server() -> Iterator[None]:
    """An address where no Prefect server is: a flow that is run here fails."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:1/api"}):
        yield


@pytest.fixture
def artifacts(prefect_server: None) -> Callable[[str], list[Any]]:
    """Read the artifacts whose key ends with this, the oldest first."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
    from prefect.client.schemas.sorting import ArtifactSort

    def read(key: str) -> list[Any]:
        wanted = ArtifactFilter(key=ArtifactFilterKey(like_=f"%{key}"))
        with get_client(sync_client=True) as api:  # the server answers with 200 at most
            found = api.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.CREATED_DESC)
        return sorted(found, key=lambda one: one.created)

    return read
