"""The temporary server of a command; tests/flows/test_interrupt.py starts it."""

from __future__ import annotations

import psutil
import pytest

from tasks.orchestration.server import start_own_server


@pytest.mark.usefixtures("prefect_server")
def test_no_server_is_started_where_one_is_configured() -> None:
    before = psutil.Process().children()
    start_own_server()
    assert psutil.Process().children() == before
