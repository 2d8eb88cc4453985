"""One driver at a time, by a lock that the operating system frees when its process dies."""

import json
import os
import socket
from contextlib import suppress
from types import TracebackType

from filelock import FileLock, Timeout

from hpsearch.common.errors import UserError
from hpsearch.common.files import write_file
from hpsearch.store import faults
from hpsearch.store.faults import folder_unwritable
from hpsearch.store.folder.layout import Layout

LOOK_SECONDS = 0.2
"""A check for a driver holds the lock for an instant; a driver that starts waits so long."""


class FolderLease:
    """See `store.Lease`."""

    def __init__(self, layout: Layout, name: str) -> None:
        self._layout = layout
        self._name = name
        self._lock = FileLock(layout.lock, mode=0o600)

    def __enter__(self) -> None:
        root = self._layout.root
        try:
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock.acquire(timeout=LOOK_SECONDS)
        except Timeout:
            raise UserError(faults.study_busy(self._name, self._owner())) from None
        except OSError as error:
            raise UserError(folder_unwritable(root, str(error))) from None
        owner = {"host": socket.gethostname(), "process": os.getpid()}
        with suppress(OSError):  # a full disk; the file only tells others who holds the lease
            write_file(self._layout.lock_owner, json.dumps(owner).encode())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()

    def is_held(self) -> bool:
        """Return whether a driver holds the study now; the lock is held for an instant."""
        if self._lock.is_locked:
            return True
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return True
        except OSError:  # a read-only folder
            return False
        self._lock.release()
        return False

    def _owner(self) -> str:
        try:
            owner = json.loads(self._layout.lock_owner.read_text())
            return f"process {owner['process']} on {owner['host']}"
        except (OSError, ValueError, KeyError):
            return "another process"
