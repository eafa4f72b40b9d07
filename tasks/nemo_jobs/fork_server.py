"""Run NeMo jobs as forks of one process that has imported NeMo, which takes some ten seconds.

    python fork_server.py DESCRIPTOR       ends when the other end of that socket is closed
    python fork_server.py PATH KEEPER      listens at a path; ends with the process KEEPER, or unused

A request is eight digits, the length of what follows, with two descriptors: for what the job prints, and
for what becomes of it. Then come script, arguments, folder and environment as JSON. What becomes of a job
is two lines: the id of its session, and its exit code when it has ended. A job ends with the server, and
with the process that asked for it. No job finds what another left: nothing but code is loaded here.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MODULES = (
    "lightning.pytorch",
    "nemo.collections.asr.models",
    "nemo.collections.asr.parts.submodules.ctc_decoding",
    "nemo.collections.asr.parts.submodules.rnnt_decoding",
    "nemo.utils.exp_manager",
    "nemo.utils.trainer_utils",
)
LENGTH_DIGITS = 8
NOT_INITIALIZED = 3  # CUDA_ERROR_NOT_INITIALIZED
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
LOOK_SECONDS, UNUSED_SECONDS = 2.0, 600.0
Taken = tuple[bytes, int, int]  # a request, and its descriptors


def preload() -> None:
    """Import what the scripts import; what cannot be imported fails in the job, with its error."""
    gc.disable()  # modules stay: to look through them for garbage takes a sixth of the time
    with without_cuda(), compiling_later():
        for name in MODULES:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    gc.enable()
    gc.collect()
    gc.freeze()  # pages of these objects stay shared with the jobs


@contextlib.contextmanager
def without_cuda() -> Iterator[None]:
    """Answer whether there is a GPU by NVML while inside: CUDA, once initialized, fails in a fork.

    Lightning and torch ask NVML by themselves then; NeMo asks numba, when it is imported.
    """
    os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] = "1"
    try:
        import torch
        from numba import cuda
    except Exception:  # what cannot be imported fails in the job, as in `preload`
        yield
        return
    by_driver = cuda.is_available
    cuda.is_available = torch.cuda.is_available
    yield
    cuda.is_available = by_driver


@contextlib.contextmanager
def compiling_later() -> Iterator[None]:
    """While inside, `torch.compile` loads torch's compiler when what it compiles is first called.

    NeMo's transformer encoder, which no job of ours calls, loads it when it is imported: a fifth of the time.
    """
    try:
        import torch
    except Exception:  # as above
        yield
        return
    library: Any = torch
    compile_now = library.compile

    def compile_later(function: Any = None, **named: Any) -> Any:
        if function is None:
            return functools.partial(compile_later, **named)
        compiled: Any = functools.cache(lambda: compile_now(function, **named))

        @functools.wraps(function)
        def call(*given: Any, **more: Any) -> Any:
            return compiled()(*given, **more)

        return call

    library.compile = compile_later
    yield
    library.compile = compile_now


def compile_loss_beside() -> None:
    """Where there is a GPU, fork a process that compiles what the first fine-tune of a TDT needs."""
    with contextlib.suppress(Exception):
        import torch

        if not torch.cuda.is_available():  # by NVML, see above
            return
        server = os.getpid()
        if os.fork() != 0:
            return
        end_with(server)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what fails here fails in the fine-tune again
        try:
            import loss_kernels

            loss_kernels.compile_tdt()
        finally:
            os._exit(0)


def cuda_is_initialized() -> bool:
    """Ask CUDA's driver, where there is one, whether an import has initialized it."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return bool(driver.cuDeviceGetCount(ctypes.byref(ctypes.c_int())) != NOT_INITIALIZED)


def end_with(parent: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Let the kernel send this process a signal when its parent ends, on Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os._exit(1)


def take(requests: socket.socket) -> Taken | None:
    """Read a request; None where the other end is closed."""
    length, descriptors, _, _ = socket.recv_fds(requests, LENGTH_DIGITS, 2)
    if not length:
        return None
    output, outcome = descriptors
    return requests.recv(int(length), socket.MSG_WAITALL), output, outcome


def take_all(requests: socket.socket) -> Iterator[Taken]:
    """Read the requests of one process, until it ends."""
    while taken := take(requests):
        yield taken


def take_from_each(listener: socket.socket, keeper: int) -> Iterator[Taken]:
    """Read a request from each connection, until the keeper ended or none came for long, and no job runs."""
    used = time.monotonic()
    listener.settimeout(LOOK_SECONDS)
    while True:
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            unused = time.monotonic() - used > UNUSED_SECONDS
            if not has_jobs() and (unused or not is_alive(keeper)):
                return
            continue
        with connection:
            connection.settimeout(None)
            if taken := take(connection):
                yield taken
        used = time.monotonic()


def has_jobs() -> bool:
    """Return whether a process waits for a job; needs SIGCHLD to be ignored."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def serve(requests: socket.socket, taken: Iterator[Taken]) -> dict[str, Any] | None:
    """Fork for each request; return the request in its job's process, None where there are no more."""
    server = os.getpid()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the processes that wait
    for request, output, outcome in taken:
        if os.fork() == 0:
            requests.close()
            os.setsid()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            wait_for_job(output, outcome, server)
            return dict(json.loads(request))
        os.close(output)
        os.close(outcome)
    return None


def wait_for_job(output: int, outcome: int, server: int) -> None:
    """Fork the job, in which alone this returns, and write what becomes of it.

    What the job started in its session, such as the ranks of further GPUs, ends when it has ended, and
    when the server ends.
    """
    waiting = os.getpid()
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
    end_with(server, signal.SIGTERM)
    os.write(outcome, f"{waiting}\n".encode())
    job = os.fork()
    if job == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        end_with(waiting)
        os.close(outcome)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        return
    os.close(output)
    kill_where_nobody_reads(job, outcome)
    _, status = os.waitpid(job, 0)
    os.write(outcome, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os.killpg(0, signal.SIGKILL)


def kill_where_nobody_reads(job: int, outcome: int) -> None:
    """Wait for the end of a job, or of the process that asked for it, whose pipe is closed then."""
    try:
        ended = os.pidfd_open(job)
    except (AttributeError, OSError):  # not of this system: the server ends with who asked
        return
    poller = select.poll()
    poller.register(ended, select.POLLIN)
    poller.register(outcome, 0)
    if ended not in [descriptor for descriptor, _ in poller.poll()]:
        os.killpg(0, signal.SIGKILL)


def run(
    script: str,
    arguments: list[str],
    folder: str,
    environment: dict[str, str],
    *,
    imports_again: bool,
) -> None:
    """Become the script, as `python script arguments` would."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    if imports_again:
        os.execv(sys.executable, [sys.executable, script, *arguments])
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_NAME, Path(script).stem.encode())  # for ps and top
    sys.argv = [script, *arguments]
    sys.path[0] = str(Path(script).parent)
    code = 0
    try:
        runpy.run_path(script, run_name="__main__")
    except Exception:  # as Python ends with an error that nobody caught
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # to take a model of gigabytes apart, and CUDA, takes a second or two


def main(where: str, keeper: str | None = None) -> None:
    """Import, then fork for those who ask."""
    if keeper is None:
        requests = socket.socket(fileno=int(where))
        taken = take_all(requests)
    else:
        requests, unready = socket.socket(socket.AF_UNIX), Path(f"{where}~")
        unready.unlink(missing_ok=True)
        requests.bind(str(unready))
        requests.listen()  # who asks waits for the imports
        unready.rename(where)  # it is there once it can be asked
        taken = take_from_each(requests, int(keeper))
    preload()
    imports_again = cuda_is_initialized()  # it would fail in a fork, or hang there
    if not imports_again:
        compile_loss_beside()
    request = serve(requests, taken)
    if request is not None:
        run(**request, imports_again=imports_again)
    if keeper is not None:
        Path(where).unlink(missing_ok=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
