"""One driver at a time in this process."""

import os
import socket
import threading
from types import TracebackType

from hpsearch.common.errors import UserError
from hpsearch.store import faults


class MemoryLease:
    """See `store.Lease`. `lock` is the study's, the same for all that ask for its lease."""

    def __init__(self, lock: threading.Lock, name: str) -> None:
        self._lock = lock
        self._name = name

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            owner = f"process {os.getpid()} on {socket.gethostname()}"
            raise UserError(faults.study_busy(self._name, owner))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()

    def is_held(self) -> bool:
        """Return whether a driver holds the study now."""
        return self._lock.locked()
