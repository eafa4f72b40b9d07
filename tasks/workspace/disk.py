"""A disk that does not take what is written, as one sentence: full, over its quota, or read-only."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.domain.errors import DiskFailed, DiskFull

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
OF_THE_DISK = (errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)  # a write names no file


@contextmanager
def disk_named(name: str, root: Path) -> Iterator[None]:
    """While inside, turn what a disk refuses into DiskFull or DiskFailed; `name` is who writes.

    An error of a network, which names no file, is let through.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise DiskFull(f"{name}: the disk of {root} is full") from error
        if error.filename is None and error.errno not in OF_THE_DISK:
            raise
        raise DiskFailed(f"{name}: {error.filename or root}: {error.strerror}") from error
