"""show-ledger as a flow and as a command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from prefect.artifacts import Artifact

from flows.cycle import flywheel_cycle
from flows.ledger import LedgerFlags, run, show_ledger

pytestmark = pytest.mark.usefixtures("prefect_server")


def test_the_ledger_is_published_as_the_command_prints_it(flywheel: Callable[..., Path]) -> None:
    root = flywheel(rows=40)
    flywheel_cycle(root)
    printed = run(LedgerFlags(workspace=root))
    assert "gate:build" in printed
    assert "The benchmark has 40 rows" in printed
    assert show_ledger(root) == printed
    published = Artifact.get(key="ledger")
    assert published is not None
    assert published.data == printed
