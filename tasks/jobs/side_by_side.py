"""Work that runs jobs, several pieces side by side: one bar for all of them, and one end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from dataclasses import replace
from typing import TypeVar

from tasks.domain.progress import Progress, together
from tasks.logs import report, reported_only_to

T = TypeVar("T")
Kill = Callable[[], None]
_running: ContextVar[Jobs | None] = ContextVar("running", default=None)


class Jobs:
    """The jobs of several threads; once these are ended, each further one ends where it begins."""

    def __init__(self) -> None:
        self._kills: list[Kill] = []
        self._ended, self._lock = False, threading.Lock()

    def add(self, kill: Kill) -> None:
        with self._lock:
            self._kills.append(kill)
            ended = self._ended
        if ended:
            kill()

    def remove(self, kill: Kill) -> None:
        with self._lock:
            self._kills.remove(kill)

    def end(self) -> None:
        with self._lock:
            self._ended, kills = True, [*self._kills]
        for kill in kills:
            with suppress(OSError):  # it has ended
                kill()


@contextmanager
def ended_with_others(kill: Kill) -> Iterator[None]:
    """While inside, an interrupt of the work beside this thread's ends its job too, by `kill`."""
    jobs = _running.get()
    if jobs is None:
        yield
        return
    jobs.add(kill)
    try:
        yield
    finally:
        jobs.remove(kill)


def side_by_side(works: Sequence[Callable[[], T]], at_a_time: int) -> list[T | Exception]:
    """Do all, so many at a time, each in a thread; return the result or the failure of each, in order.

    The failure of one ends no other. An interrupt ends the jobs of all.
    """
    jobs, bar = Jobs(), Bar(len(works), at_a_time)
    shown, lock = copy_context(), threading.Lock()

    def show(place: int, now: Progress) -> None:
        with lock:
            shown.run(report, bar.seen(place, now))

    def do(place: int) -> T | Exception:
        _running.set(jobs)
        with reported_only_to(lambda now: show(place, now)):
            try:
                return works[place]()
            except Exception as error:  # it is the caller's, when all have ended
                return error

    pool = ThreadPoolExecutor(at_a_time)
    try:
        futures = [pool.submit(copy_context().run, do, place) for place in range(len(works))]
        return [future.result() for future in futures]
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)  # first: what waits does not begin
        jobs.end()
        raise
    finally:
        pool.shutdown()


class Bar:
    """How far each of several pieces of like work is, as one."""

    def __init__(self, count: int, at_a_time: int) -> None:
        self._seen: list[Progress | None] = [None] * count
        self._at_a_time = at_a_time

    def seen(self, place: int, now: Progress) -> Progress:
        self._seen[place] = now
        return replace(together(self._seen, self._at_a_time), stage=now.stage)
