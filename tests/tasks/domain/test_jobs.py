"""What is read out of a NeMo job's log."""

import pytest

from tasks.domain.errors import JobFault
from tasks.domain.jobs import failure, progress, relocate, rows_loaded


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


def test_steps_are_counted_over_all_epochs() -> None:
    now = progress("Epoch 2: 100%|####| 34/34 [00:12<00:00,  2.00s/it, v_num=0-0]", epochs=3)
    assert now
    assert (now.done, now.total, now.unit, now.seconds_left) == (102, 102, "steps", 0)
    assert now.note == "epoch 3 of 3"


def test_what_is_no_progress_is_none() -> None:
    assert progress("[NeMo I] Dataset loaded with 103 files totalling 0.08 hours", 3) is None
    assert progress("Epoch 0:   0%|    | 0/34 [00:00<?, ?it/s]", 3) is None


def test_the_download_of_a_base_is_counted_in_percent() -> None:
    now = progress("parakeet-tdt-0.6b-v2.nemo:  42%|##  | 1.04G/2.47G [00:10<00:14, 98MB/s]", 1)
    assert now
    assert (now.percent, now.note) == (42, "fetching the base")


def test_a_path_outside_every_mount_cannot_be_relocated() -> None:
    with pytest.raises(ValueError, match="none of the mounts"):
        relocate("/elsewhere/a.wav", {"/data": "/mnt"})
    with pytest.raises(ValueError, match="none of the mounts"):
        relocate("/database/a.wav", {"/data": "/mnt"})
