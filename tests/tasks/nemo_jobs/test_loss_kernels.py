"""Compiled kernels of a loss are kept, and whoever needs them waits for who compiles them."""

from __future__ import annotations

import fcntl
import importlib.util
import sys
import threading
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from tests.with_nemo import needs_nemo, run_code_with_nemo

JOBS = Path(__file__).parents[3] / "tasks" / "nemo_jobs"
KERNELS = "nemo.collections.asr.parts.numba.rnnt_loss.utils.cuda_utils"
ASKED_FOR = ("compute_tdt_grad_kernel", "compute_grad_kernel")
NAMED = f"""
from {KERNELS} import gpu_rnnt_kernel

print("NAMED", *(hasattr(getattr(gpu_rnnt_kernel, name), "enable_caching") for name in {ASKED_FOR}))
"""


class Kernel:
    """What numba compiles for a GPU, and where its cache has it."""

    def __init__(self, *, device: bool = False, folder: Path | None = None) -> None:
        self.targetoptions = {"device": device}
        self.folder, self.kept = folder, False
        self.py_func = Kernel

    def enable_caching(self) -> None:
        if not self.folder:
            raise RuntimeError("cannot cache function: no locator available")
        self.kept = True
        self._cache = SimpleNamespace(cache_path=str(self.folder))


@pytest.fixture
def loss_kernels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The module under test, for a NeMo whose kernels are fakes."""
    nemo, of_rnnt = ModuleType(KERNELS), ModuleType("gpu_rnnt_kernel")
    of_rnnt.__file__ = __file__
    for name in ASKED_FOR:
        setattr(of_rnnt, name, Kernel(folder=tmp_path))
    nemo.gpu_rnnt_kernel, nemo.reduce = of_rnnt, ModuleType("reduce")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, KERNELS, nemo)
    spec = importlib.util.spec_from_file_location("loss_kernels", JOBS / "loss_kernels.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_kernels_are_kept_where_there_is_a_folder_for_them(
    loss_kernels: ModuleType, tmp_path: Path
) -> None:
    called, nowhere = Kernel(device=True, folder=tmp_path), Kernel()
    kernels = loss_kernels.gpu_rnnt_kernel
    kernels.called, kernels.nowhere = called, nowhere
    loss_kernels.keep_compiled()
    kept = [getattr(kernels, name).kept for name in (*ASKED_FOR, "called", "nowhere")]
    assert kept == [True, True, False, False]


def test_the_loss_is_compiled_once_with_the_rnnts_kernels(
    loss_kernels: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    compiled: list[float] = []

    def use(omega: float) -> None:
        compiled.append(omega)
        (tmp_path / "gpu_rnnt_kernel.Kernel-1245.py312.nbi").touch()

    monkeypatch.setattr(loss_kernels, "use_tdt_loss", use)
    for _ in range(3):
        loss_kernels.compile_tdt()
    assert compiled == [0.0, 1.0]


@pytest.mark.real
@needs_nemo
def test_nemo_names_the_kernels_that_are_asked_for(tmp_path: Path) -> None:
    assert "NAMED True True" in run_code_with_nemo(tmp_path, NAMED)


def test_who_needs_the_kernels_waits_for_who_compiles_them(loss_kernels: ModuleType) -> None:
    waited = threading.Thread(target=loss_kernels.wait_until_compiled)
    with loss_kernels.compiling():
        waited.start()
        waited.join(3 * loss_kernels.LOOK_SECONDS)
        assert waited.is_alive()
    waited.join(60)
    assert not waited.is_alive()


def test_nobody_waits_where_nobody_compiles_or_the_file_system_has_no_locks(
    loss_kernels: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("waits"))
    loss_kernels.wait_until_compiled()

    def none(*_: object) -> None:
        raise OSError("no locks")

    monkeypatch.setattr(fcntl, "flock", none)
    loss_kernels.wait_until_compiled()
    with loss_kernels.compiling():
        pass


def test_who_compiles_for_longer_than_a_minute_is_not_waited_for(
    loss_kernels: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss_kernels, "WAIT_SECONDS", 0.0)
    with loss_kernels.compiling():
        loss_kernels.wait_until_compiled()
