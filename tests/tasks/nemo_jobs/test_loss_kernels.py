"""Compiled kernels of a loss are kept, and whoever needs them waits for who compiles them."""

from __future__ import annotations

import fcntl
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("nemo.collections.asr", reason="no NeMo: pip install -e '.[nemo]'")

from nemo.collections.asr.parts.numba.rnnt_loss.utils.cuda_utils import gpu_rnnt_kernel

from tasks.nemo_jobs import loss_kernels


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
def kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kernel:
    """The one kernel of the loss."""
    for name, value in [*vars(gpu_rnnt_kernel).items()]:
        if hasattr(value, "enable_caching"):
            monkeypatch.delattr(gpu_rnnt_kernel, name)
    kernel = Kernel(folder=tmp_path)
    for name in ("compute_tdt_grad_kernel", "compute_grad_kernel"):
        monkeypatch.setattr(gpu_rnnt_kernel, name, kernel, raising=False)
    return kernel


def test_kernels_are_kept_where_there_is_a_folder_for_them(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    called, nowhere = Kernel(device=True, folder=tmp_path), Kernel()
    monkeypatch.setattr(gpu_rnnt_kernel, "called", called, raising=False)
    monkeypatch.setattr(gpu_rnnt_kernel, "nowhere", nowhere, raising=False)
    loss_kernels.keep_compiled()
    assert (kernel.kept, called.kept) == (True, False)


def test_the_loss_is_compiled_once_with_the_rnnts_kernels(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    compiled: list[float] = []

    def use(omega: float) -> None:
        compiled.append(omega)
        (tmp_path / "gpu_rnnt_kernel.Kernel-1245.py312.nbi").touch()

    monkeypatch.setattr(loss_kernels, "use_tdt_loss", use)
    for _ in range(3):
        loss_kernels.compile_tdt()
    assert compiled == [0.0, 1.0]


def test_nemo_names_the_kernels_that_are_asked_for() -> None:
    for kernel in (gpu_rnnt_kernel.compute_tdt_grad_kernel, gpu_rnnt_kernel.compute_grad_kernel):
        assert hasattr(kernel, "enable_caching")


def test_who_needs_the_kernels_waits_for_who_compiles_them() -> None:
    waited = threading.Thread(target=loss_kernels.wait_until_compiled)
    with loss_kernels.compiling():
        waited.start()
        waited.join(3 * loss_kernels.LOOK_SECONDS)
        assert waited.is_alive()
    waited.join(60)
    assert not waited.is_alive()


def test_nobody_waits_where_nobody_compiles_or_the_file_system_has_no_locks(
    monkeypatch: pytest.MonkeyPatch,
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
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loss_kernels, "WAIT_SECONDS", 0.0)
    with loss_kernels.compiling():
        loss_kernels.wait_until_compiled()
