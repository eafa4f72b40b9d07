"""NeMo is imported without CUDA and torch's compiler; the loss is compiled beside the first jobs."""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tasks.jobs.fork_server import ForkServer
from tasks.nemo_jobs import fork_server
from tests.conftest import FAKES
from tests.tasks.jobs.test_fork_server import DESCRIBED, ON_CPU, outcome

INITIALIZED = """
import ctypes
plain = ctypes.CDLL
class Driver:
    cuDeviceGetCount = staticmethod(lambda _count: 0)
def opened(name, *given, **named):
    return Driver if name == "libcuda.so.1" else plain(name, *given, **named)
ctypes.CDLL = opened
"""
ASKED = """
import os, sys
sys.path.insert(0, os.path.dirname(sys.argv[1]))
import fork_server
from numba import cuda
asked = []
cuda.is_available = by_driver = lambda: asked.append(1)
fork_server.preload()
imported = "nemo.core.utils.optional_libs" in sys.modules
print(f"asked {len(asked)} times, nemo imported: {imported}, as before: {cuda.is_available is by_driver}")
"""
LATER = """
import json, os, sys
sys.path.insert(0, os.path.dirname(sys.argv[1]))
import torch
compile = torch.compile
import fork_server
fork_server.preload()
modules = ["nemo.collections.asr.modules.transformer_encoder", "torch._inductor.compile_fx"]
loaded, same = [name in sys.modules for name in modules], torch.compile is compile
compiled = []
torch.compile = lambda function, **named: compiled.append((function.__name__, named)) or function
with fork_server.compiling_later():
    def given(value): return value + 1
    given = torch.compile(given, dynamic=True)
    @torch.compile(mode="max")
    def named(value): return value + 2
assert not compiled
called = [given(1), given(2), named(2)]
print(json.dumps({"nemo, compiler": loaded, "as before": same, "compiled": compiled, "called": called}))
"""
BESIDE = """
import os, sys, types
sys.path.insert(0, os.path.dirname(sys.argv[1]))
torch, kernels = types.ModuleType("torch"), types.ModuleType("loss_kernels")
torch.cuda = types.SimpleNamespace(is_available=lambda: sys.argv[2] == "GPU")
server, (ends, begins) = os.getpid(), os.pipe()
def compile_tdt():
    print("on stderr", file=sys.stderr, flush=True)
    os.write(begins, b"compiled by the server" if os.getpid() == server else b"compiled beside it")
    raise RuntimeError("and failed")
kernels.compile_tdt = compile_tdt
sys.modules |= {"torch": torch, "loss_kernels": kernels}
import fork_server
fork_server.compile_loss_beside()
os.close(begins)
print(os.read(ends, 100).decode() or "not compiled")
"""


def test_where_an_import_has_initialized_cuda_jobs_start_in_new_processes(tmp_path: Path) -> None:
    """In a fork of it CUDA fails, or hangs."""
    (tmp_path / "sitecustomize.py").write_text(INITIALIZED)
    (tmp_path / "nemo").mkdir()
    (tmp_path / "nemo/__init__.py").touch()  # is imported by the server at once
    (tmp_path / "job.py").write_text(DESCRIBED)
    path = f"{tmp_path}:{FAKES.parent / 'without_nemo'}"
    server = ForkServer(sys.executable, ON_CPU | {"PYTHONPATH": path})
    _, printed = outcome(server.fork(tmp_path / "job.py", ["a=1"], tmp_path, ON_CPU))
    server.close()
    described = json.loads(printed.splitlines()[0])
    assert not described["preloaded"]
    assert described["arguments"][1:] == ["a=1"]


@pytest.mark.parametrize(("answer", "initialized"), [(3, False), (0, True), (100, True)])
def test_the_driver_of_cuda_reports_whether_it_is_initialized(
    monkeypatch: pytest.MonkeyPatch, answer: int, initialized: bool
) -> None:
    driver = SimpleNamespace(cuDeviceGetCount=lambda _count: answer)
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: driver)
    assert fork_server.cuda_is_initialized() is initialized


def test_nemo_is_imported_without_the_question_that_initializes_cuda() -> None:
    """It asks numba, whose answer needs CUDA; NVML knows it too."""
    command = [sys.executable, "-c", ASKED, str(fork_server.__file__)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=ON_CPU)
    assert done.stdout.splitlines()[-1] == "asked 0 times, nemo imported: True, as before: True"


def test_nemo_is_imported_without_torchs_compiler_which_loads_when_it_is_used() -> None:
    command = [sys.executable, "-c", LATER, str(fork_server.__file__)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=ON_CPU)
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "nemo, compiler": [True, False],
        "as before": True,
        "compiled": [["given", {"dynamic": True}], ["named", {"mode": "max"}]],
        "called": [2, 3, 4],
    }


@pytest.mark.parametrize(
    ("here", "found"), [("GPU", "compiled beside it"), ("CPU", "not compiled")]
)
def test_where_there_is_a_gpu_the_loss_is_compiled_by_a_process_of_its_own_that_may_fail(
    here: str, found: str
) -> None:
    command = [sys.executable, "-c", BESIDE, str(fork_server.__file__), here]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=ON_CPU)
    assert (done.stdout.strip(), done.stderr) == (found, "")
