"""Experiment tracking with MLflow, where the policy asks for it: a run a cycle, a model a kept one.

Nothing depends on it: a server that does not answer costs one warning, and the next run of the same
cycle logs what is lacking.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tasks.domain.errors import FlywheelError
from tasks.domain.policy import Policy
from tasks.logs import log
from tasks.orchestration.tracked import Tracked, tracked
from tasks.records.record import ModelRecord
from tasks.records.stages import Champion
from tasks.workspace.cycle import Cycle
from tasks.workspace.ledger import identity_of, read_champion
from tasks.workspace.open import POLICY_FILE, read_policy

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

ALIAS = "champion"
KEY, STATE, SYSTEM = "flywheel.key", "flywheel.state", "flywheel.system"
QUICK = {  # a server that is away costs seconds, where MLflow would try for minutes
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
NO_FILE_STORE = (  # 4 of 20 runs that were killed left one that MLflow could not read
    "MLFLOW_TRACKING_URI names a folder, and a kill can break MLflow's files in it; start `mlflow server`"
    " and name its address, or a database, such as sqlite:////srv/mlflow.db"
)
MOST_TAG = 5000  # characters
BATCH = 500  # figures


def track_cycle(cycle: Cycle) -> None:
    """Log a cycle that ended, once, and let the alias name the current champion."""
    if cycle.policy.tracking == "off":
        return
    with _warned("this cycle was not logged"):
        found = tracked(cycle)
        if found is not None:
            client = _client()
            run = _log(client, found)
            if found.model is not None:
                _register(client, found, found.model, run)
            _move_alias(client, found.name, read_champion(cycle.root))


def track_champion(root: Path) -> None:
    """Let the alias name the current champion, after a rollback."""
    policy = Policy()
    with suppress(FlywheelError):  # the rollback is done, whatever the policy is now
        policy = read_policy(root / POLICY_FILE)
    if policy.tracking != "off":
        with _warned(f"the alias {ALIAS} was not moved"):
            _move_alias(_client(), policy.name or root.resolve().name, read_champion(root))


@contextmanager
def _warned(lacking: str) -> Iterator[None]:
    """Turn whatever keeps MLflow from it into one warning; it may name no address, which can hold
    a password."""
    try:
        yield
    except ModuleNotFoundError as error:
        way_out = "pip install 'clinical-asr-flywheel[tracking]'"
        log().warning("tracking: %s: there is no %s: %s", lacking, error.name, way_out)
    except _FileStore:
        log().warning("tracking: %s: %s", lacking, NO_FILE_STORE)
    except KeyError:
        log().warning("tracking: %s: MLFLOW_TRACKING_URI is not set", lacking)
    except Exception as error:  # of a server, a proxy, a store: a verdict is worth more
        kind = type(error).__name__
        log().warning("tracking: %s (%s); the next run of the cycle does it", lacking, kind)


class _FileStore(Exception):
    """MLFLOW_TRACKING_URI names a folder."""


def is_file_store(uri: str) -> bool:
    """Whether MLflow would keep its runs as files of a folder, which a killed process can leave broken.

    >>> is_file_store("./mlruns"), is_file_store("file:///srv/mlruns"), is_file_store("sqlite:///m.db")
    (True, True, False)
    """
    return urlsplit(uri).scheme in ("", "file")


def _client() -> MlflowClient:
    uri = os.environ["MLFLOW_TRACKING_URI"]
    if is_file_store(uri):
        raise _FileStore
    for name, value in QUICK.items():
        os.environ.setdefault(name, value)
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri)


def _log(client: MlflowClient, found: Tracked) -> Run:
    """Find or make the run of a cycle; its state, written last, means that all of it is logged."""
    from mlflow.entities import Metric, Param

    experiment = client.get_experiment_by_name(found.name)
    identity = experiment.experiment_id if experiment else client.create_experiment(found.name)
    runs = client.search_runs([identity], f"tags.`{KEY}` = '{found.key}'", max_results=1)
    name = f"cycle-{found.tags['cycle']}"
    run = runs[0] if runs else client.create_run(identity, tags={KEY: found.key}, run_name=name)
    if run.data.tags.get(STATE) == found.state:
        return run
    number, when = (
        run.info.run_id,
        run.info.start_time,
    )  # one time: what is sent twice is there once
    known = run.data.params
    params = [Param(name, value) for name, value in found.params.items() if name not in known]
    client.log_batch(number, params=params)
    figures = [Metric(name, value, when, step) for name, value, step in found.points]
    for first in range(0, len(figures), BATCH):
        client.log_batch(number, metrics=figures[first : first + BATCH])
    for tag, text in found.tags.items():
        client.set_tag(number, tag, text[:MOST_TAG])
    for path in found.files:
        folder = path.parent.name if path.parent.name == "tensorboard" else None
        client.log_artifact(number, str(path), folder)
    client.set_terminated(number)
    client.set_tag(number, STATE, found.state)
    return run


def _register(client: MlflowClient, found: Tracked, model: ModelRecord, run: Run) -> None:
    """Make a kept model a version of the registered model, once."""
    from mlflow import MlflowException

    name, system = registered_name(found.name), identity_of(model)
    with suppress(MlflowException):  # it is there; a server that is away fails below
        client.create_registered_model(name)
    if _version(client, name, system) is None:
        number = run.info.run_id
        client.log_artifact(number, model.path, "model")
        tags = {SYSTEM: system, "sha256": str(model.sha256), "decoding": model.decoding.name}
        tags |= {tag: found.tags[tag] for tag in ("cycle", "override") if tag in found.tags}
        source = f"{run.info.artifact_uri}/model"
        client.create_model_version(name, source, number, tags=tags)


def _version(client: MlflowClient, name: str, system: str) -> str | None:
    """Find the version of a system; None where it was never registered."""
    versions = client.search_model_versions(f"name = '{name}'")
    found = [str(one.version) for one in versions if one.tags.get(SYSTEM) == system]
    return found[0] if found else None


def _move_alias(client: MlflowClient, flywheel: str, champion: Champion | None) -> None:
    """Let the alias name the champion, or nothing where there is none or it was never registered."""
    name = registered_name(flywheel)
    if not client.search_registered_models(f"name = '{name}'"):
        return
    version = None
    if champion is not None:
        model = ModelRecord(
            name="", path=champion.path, sha256=champion.sha256, decoding=champion.decoding
        )
        version = _version(client, name, identity_of(model))
    if version is None:
        client.delete_registered_model_alias(name, ALIAS)
    else:
        client.set_registered_model_alias(name, ALIAS, version)


def registered_name(flywheel: str) -> str:
    """Write the name of a flywheel as a registry takes it.

    >>> registered_name("cardio/2026: night's")
    'cardio-2026- night-s'
    """
    return re.sub(r"[/:'\"]", "-", flywheel)
