"""What is read out of a NeMo job's log."""

import pytest

from tasks.domain.errors import JobFault
from tasks.domain.jobs import failure, rows_loaded


def test_the_train_set_is_the_first_one_loaded() -> None:
    lines = [
        "[NeMo I] Dataset loaded with 103 files totalling 0.08 hours",
        "[NeMo I] 2 files were filtered totalling 0.01 hours",
        "[NeMo I] Dataset loaded with 25 files totalling 0.02 hours",
        "[NeMo I] 0 files were filtered totalling 0.00 hours",
    ]
    assert rows_loaded(lines) == (103, 2)


@pytest.mark.parametrize(
    ("code", "lines", "fault", "sentence"),
    [
        (
            1,
            ["torch.OutOfMemoryError: CUDA out of memory. Tried"],
            JobFault.GPU_MEMORY,
            "out of GPU memory",
        ),
        (
            1,
            ["OSError: [Errno 28] No space left on device"],
            JobFault.DISK_FULL,
            "the disk is full",
        ),
        (
            1,
            ["ModuleNotFoundError: No module named 'nemo'"],
            JobFault.NOT_INSTALLED,
            "NeMo is not installed here: pip install",
        ),
        (-9, ["Epoch 0: 12%"], JobFault.KILLED, "killed by signal 9 (out of host memory?)"),
        (143, ["GPU memory is fine"], JobFault.OTHER, "GPU memory is fine"),
        (
            1,
            ["Traceback", "ValueError: manifest is odd", "  done"],
            JobFault.OTHER,
            "ValueError: manifest is odd",
        ),
        (3, [], JobFault.OTHER, "no output"),
    ],
)
def test_a_failure_is_one_sentence_and_one_fault(
    code: int, lines: list[str], fault: JobFault, sentence: str
) -> None:
    error = failure("finetune", code, lines, "/w/log")
    assert sentence in str(error)
    assert f"finetune ended with exit code {code}" in str(error)
    assert error.fault is fault
    assert error.retryable is (fault is JobFault.KILLED)
