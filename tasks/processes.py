"""The processes that this one starts end with it, on Ctrl-C, SIGTERM and kill -9.

What they were at may be left as it is: a cycle can be killed at any moment and goes on from there.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

import psutil

UNWIND_SECONDS = 2.5  # for Prefect to record the crash and for containers to be removed
STOP_SECONDS = 0.5
SIGNALS = (signal.SIGINT, signal.SIGTERM)
BECOME = """
import ctypes, os, signal, sys
PR_SET_PDEATHSIG = 1
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit("the process that started this one has ended")
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
os.execv(sys.argv[2], sys.argv[3:])
"""  # 20 ms


def bound(command: Sequence[str]) -> list[str]:
    """The command of a process that the kernel kills with the thread that started it; on Linux alone.

    That process asks for it itself and then becomes the program. `preexec_fn` would ask in a fork of
    this one, in which the handlers of gRPC abort now and then. Raises FileNotFoundError where there
    is no such program.
    """
    if sys.platform != "linux":
        return list(command)
    program = shutil.which(command[0])
    if program is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), command[0])
    starter = [sys.executable, "-I", "-S", "-c", BECOME, str(os.getpid())]
    return [*starter, os.path.abspath(program), *command]  # noqa: PTH100 - a venv's link stays one


@contextmanager
def interruptible(sentence: Callable[[], str]) -> Iterator[None]:
    """While inside, the first SIGINT or SIGTERM ends this process and all that it started.

    The sentence is printed at once, then KeyboardInterrupt unwinds the main thread. When that is
    done, and at the latest after UNWIND_SECONDS, the process exits with 130 or 143. Further signals
    change nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    printed, unwound = threading.Event(), threading.Event()

    def unwind(_number: int, _frame: FrameType | None) -> None:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        printed.wait(STOP_SECONDS)  # the sentence names the stage that is left now
        raise KeyboardInterrupt

    def watch() -> None:
        if number := _signal_from(reader):
            logging.disable()
            try:
                with suppress(OSError):  # who read it may have ended too
                    print(sentence(), file=sys.stderr, flush=True)
                printed.set()
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # tracebacks of what is torn down
                unwound.wait(UNWIND_SECONDS)
                end_children()
            finally:
                os._exit(128 + number)

    watcher = threading.Thread(target=watch, daemon=True)
    handlers = {number: signal.signal(number, unwind) for number in SIGNALS}
    # a signal's number is written there whoever handles it: in a flow, Prefect handles SIGTERM
    other = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(other)
        os.close(writer)
        unwound.set()
        watcher.join()  # where there was a signal, it does not return
        os.close(reader)
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def until_interrupted() -> Iterator[None]:
    """Let the first SIGINT or SIGTERM end what is inside, and nothing else, also within `interruptible`."""
    other = signal.set_wakeup_fd(-1)
    handlers = {number: signal.signal(number, signal.default_int_handler) for number in SIGNALS}
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        signal.set_wakeup_fd(other, warn_on_full_buffer=False)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _signal_from(reader: int) -> int:
    """Wait for one of SIGNALS, and return it; 0 when the other end is closed first.

    This end stays open: a second signal is written there too, and would complain of a broken pipe.
    """
    while read := os.read(reader, 1):
        if read[0] in SIGNALS:
            return read[0]
    return 0


def leave_at_once(code: int) -> None:
    """End this process with what it has printed, without waiting for its threads."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def end_children() -> None:
    """End every process that descends from this one."""
    children = psutil.Process().children(recursive=True)
    for end in (psutil.Process.terminate, psutil.Process.kill):
        for child in children:
            with suppress(psutil.NoSuchProcess):
                end(child)
        _, children = psutil.wait_procs(children, timeout=STOP_SECONDS)
