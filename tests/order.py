"""The files whose tests take longest come first, so that no worker is left with one of them at the end."""

from __future__ import annotations

from typing import Any

LONGEST = (
    "tests/deployments/test_up.py",
    "tests/flows/test_rent.py",
    "tests/flows/test_real.py",
    "tests/flows/test_interrupt.py",
    "tests/flows/test_verdict.py",
    "tests/tasks/jobs/test_container.py",
    "tests/flows/test_damage.py",
    "tests/tasks/orchestration/test_tracking.py",
    "tests/tasks/orchestration/test_outage.py",
    "tests/benchmarks/test_decision.py",
    "tests/benchmarks/test_gpus.py",
    "tests/flows/test_approve.py",
    "tests/flows/test_cycle.py",
    "tests/tasks/domain/verdict/test_statistics.py",
)
RANK = {name: number for number, name in enumerate(LONGEST)}


def rank(path: str) -> int:
    """Return the place of a test's file among the longest; all others come after them.

    >>> rank("tests/flows/test_rent.py") < rank("tests/test_help.py") == rank("tasks/gate.py")
    True
    """
    return RANK.get(path, len(LONGEST))


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Put the tests of the longest files first; the rest stays in its order."""
    items.sort(key=lambda item: rank(item.nodeid.split("::")[0]))
