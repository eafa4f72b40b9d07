"""What was skipped is listed at the end of a run, and on CI it fails the run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

FAILED = pytest.ExitCode.TESTS_FAILED


def missing(what: str, way: str) -> None:
    """Skip the test that asks: something is missing, and a command or a sentence is the way to it."""
    pytest.skip(f"{what}: {way}")


def by_reason(reports: Iterable[Any]) -> list[str]:
    """Return a line for each reason, the most frequent first, with the number of tests or files."""
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in reports)
    return [f"{count:4} skipped: {reason}" for reason, count in reasons.most_common()]


def must_fail(skipped: int, environment: Mapping[str, str]) -> bool:
    """Return whether a run fails for what it skipped: CI has to install every tool."""
    return bool(skipped and environment.get("CI"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """List what was skipped, after the tests."""
    if lines := by_reason(terminalreporter.stats.get("skipped", ())):
        terminalreporter.section("skipped, and the way to run it")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run on CI that has skipped anything."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = len(reporter.stats.get("skipped", ())) if reporter else 0  # a worker has none
    if must_fail(skipped, os.environ) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = FAILED
