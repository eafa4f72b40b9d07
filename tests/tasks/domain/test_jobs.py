"""What is read out of a NeMo job's log."""

import pytest

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
    ("code", "lines", "sentence"),
    [
        (1, ["torch.OutOfMemoryError: CUDA out of memory. Tried"], "out of GPU memory"),
        (1, ["OSError: [Errno 28] No space left on device"], "the disk is full"),
        (1, ["ModuleNotFoundError: No module named 'nemo'"], "NeMo is not installed here"),
        (-9, ["Epoch 0: 12%"], "killed by signal 9 (out of host memory?)"),
        (1, ["Traceback", "ValueError: manifest is odd", "  done"], "ValueError: manifest is odd"),
        (3, [], "no output"),
    ],
)
def test_a_failure_is_one_sentence(code: int, lines: list[str], sentence: str) -> None:
    error = failure("finetune", code, lines, "/w/log")
    assert sentence in str(error)
    assert f"finetune ended with exit code {code}" in str(error)
    assert error.out_of_memory is ("GPU memory" in sentence)
