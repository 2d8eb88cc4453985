"""Which errors say that a machine's disk is full: not the trial is to blame, and others have room.

An attempt that met it counts as one whose process died: it is tried again by another worker.
"""

import errno
import shutil
from pathlib import Path

ROOM_BYTES = 1_000_000
"""A disk with less is full: libraries of C++ say only that they could not write."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


def is_disk_fault(error: BaseException, folder: Path) -> bool:
    """Return whether an error came from a full disk, or met one in a folder."""
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        if isinstance(cause, OSError) and cause.errno in _FULL:
            return True
        seen.append(cause)
        cause = cause.__cause__ or cause.__context__
    return is_full(folder)


def is_full(folder: Path) -> bool:
    """Return whether the disk of a folder has no room; a folder that is gone has none."""
    try:
        return shutil.disk_usage(folder).free < ROOM_BYTES
    except OSError:
        return True
