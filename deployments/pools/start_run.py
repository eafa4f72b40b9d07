"""Start a flow run in a process pool. The pool's template has this text as the command of each run.

Its own session lets it outlive the worker. Where the worker's Python cannot import the flywheel, the
state of the run has the reason: Prefect's own would be `exited with status code: 1`.
"""

import os
import runpy
import socket

os.setsid()
try:
    import flows.transcribe  # noqa: F401 - what every flow needs; others take a second more
    from tasks.domain.errors import InvalidInput
except ImportError as error:
    from prefect.client.orchestration import get_client
    from prefect.states import Crashed

    sentence = (
        f"The worker on {socket.gethostname()} cannot import the flywheel: {error}. Start it with the "
        "Python that make setup installed, as make up does."
    )
    with get_client(sync_client=True) as client:
        run = os.environ["PREFECT__FLOW_RUN_ID"]
        client.set_flow_run_state(run, Crashed(message=sentence), force=True)
else:
    InvalidInput.names_flags = False  # who started this run filled in a form
    runpy.run_module("prefect.engine", run_name="__main__")
