"""The Ray of this process, which the searches of several threads share.

The first of them starts it, and the last ends it. If Ray runs already, it is somebody
else's: it is used, and left running.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future

import ray


class SharedRay:
    """Counts the searches that use a Ray of our own, and how often it was started."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._users = 0
        self._starts = 0
        self._restore_logging: Callable[[], None] = lambda: None
        self._end_thread: Callable[[], None] = lambda: None

    def join(self, start: Callable[[], None]) -> int | None:
        """Start Ray, or use what another search has started; None: it is somebody else's.

        Returns the number of this start, for `start_again`.
        """
        with self._lock:
            if not self._users:
                if ray.is_initialized():
                    return None
                level = logging.getLogger("ray").level
                self._end_thread = start_lasting(start)
                self._restore_logging = lambda: logging.getLogger("ray").setLevel(level)
                self._starts += 1
            self._users += 1
            return self._starts

    def leave(self) -> None:
        """End Ray, if no other search uses it."""
        with self._lock:
            self._users -= 1
            if not self._users:
                ray.shutdown()
                self._restore_logging()
                self._end_thread()

    @property
    def is_shared(self) -> bool:
        """Whether several searches use it."""
        return self._users > 1

    def is_new(self, number: int) -> bool:
        """Return whether another search has started Ray again since that start."""
        return self._starts != number

    def start_again(self, number: int, start: Callable[[], None]) -> int:
        """Start Ray once more, unless another search has done so; return the start's number."""
        with self._lock:
            if self._starts == number:
                ray.shutdown()
                self._end_thread()
                self._end_thread = start_lasting(start)
                self._starts += 1
            return self._starts


def start_lasting(start: Callable[[], None]) -> Callable[[], None]:
    """Start Ray in a thread that lasts; return what ends the thread.

    Linux kills Ray's processes when the thread that started them ends (Ray asks it to), and the
    searches of other threads may still use them. The main thread lasts by itself.
    """
    if threading.current_thread() is threading.main_thread():
        start()
        return lambda: None
    started: Future[None] = Future()
    over = threading.Event()

    def run() -> None:
        try:
            start()
        except BaseException as error:
            started.set_exception(error)
        else:
            started.set_result(None)
            over.wait()

    # not of an executor: Python ends those when the main thread ends, before other threads have
    threading.Thread(target=run, name="hpsearch-ray", daemon=True).start()
    started.result()
    return over.set


SHARED = SharedRay()
