"""How much work a function does: counted or compared, since seconds differ with machine and load."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import FrameType

RUNS = 3
IN_PROPORTION = 40  # ten times the items: 10 to 15 times the time in proportion, 100 if quadratic


def steps(work: Callable[[], object]) -> int:
    """Return the number of lines of Python that a call executes, a comprehension's turns as well.

    The figure is the same on every machine. Work inside a compiled function is not in it.
    """
    count, before = 0, sys.gettrace()

    def trace(_frame: FrameType, event: str, _value: object) -> object:
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def _forget_texts() -> None:
    """Empty the caches of texts, else only the first of several runs does the work."""
    for name, module in list(sys.modules.items()):
        if name.startswith("tasks.domain"):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def growth(prepare: Callable[[int], Callable[[], object]], few: int) -> float:
    """Return how many times as long ten times as many items take, to compare with IN_PROPORTION.

    `prepare` makes the work on so many items. Processor time of this process is measured, and the
    least of several runs counts, so that other processes change the figure by less than half.
    """
    least = []
    for count in (few, 10 * few):
        work, seconds = prepare(count), []
        for _ in range(RUNS):
            _forget_texts()
            began = time.process_time()
            work()
            seconds.append(time.process_time() - began)
        least.append(min(seconds))
    return least[1] / max(least[0], 1e-4)
