"""flywheel-import: bring recordings and their transcripts into a workspace.

    flywheel import my-drugs visits.csv --as benchmark

Rows that are there are kept, and what is there already is not added again.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":  # flags are read before Prefect loads
    from flows.cli import run_named

    sys.exit(run_named("import"))

from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.importing import ImportRequest, import_recordings
from tasks.orchestration.names import run_name
from tasks.orchestration.run_policy import HostPath
from tasks.recordings.inputs import Choices
from tasks.recordings.rows import RowDefaults
from tasks.records.imported import Target

imported = task(name="import", cache_policy=NO_CACHE)(import_recordings)


@flow(name="flywheel-import", flow_run_name=run_name("import-{name}-{kind}"))
def flywheel_import(
    workspace: HostPath,
    files: tuple[HostPath, ...],
    kind: Target,
    choices: Choices | None = None,
    defaults: RowDefaults | None = None,
) -> State[dict[str, Any]]:
    """Add rows and clips of recordings to a workspace.

    Args:
        workspace: folder of the flywheel.
        files: transcripts, recordings, and folders of them.
        kind: the rows that they become: benchmark, acceptance, general or replay.
        choices: how the files are read: columns by field, the tier of a TextGrid, a channel, the cycle.
        defaults: the fields of rows whose input does not have them.
    """
    result = imported(
        ImportRequest(workspace, files, kind, defaults or RowDefaults(), choices or Choices())
    )
    return Completed(message=result.sentence, data=result.counts)
