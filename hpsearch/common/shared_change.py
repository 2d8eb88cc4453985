"""A change to this process that lasts only while somebody needs it.

Searches may run in several threads at once: the first makes the change, the last undoes it.
"""

import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Undo = Callable[[], None]


class SharedChange:
    """A change that is made once, however many need it, and undone when nobody does any more."""

    def __init__(self, make: Callable[[], Undo]) -> None:
        """`make` makes the change and returns what undoes it."""
        self._make = make
        self._lock = threading.RLock()
        self._users = 0
        self._undo: Undo | None = None

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Have the change in place while inside."""
        with self._lock:
            if not self._users:
                self._undo = self._make()
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                undo, self._undo = (self._undo, None) if not self._users else (None, self._undo)
                if undo is not None:
                    undo()


def replace_attribute(owner: object, name: str, value: object) -> Undo:
    """Give an object's attribute another value, and return what restores the earlier one."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    return lambda: setattr(owner, name, before)


def _protect_process() -> Undo:
    saved, before = warnings.catch_warnings(), dict(os.environ)
    saved.__enter__()

    def restore() -> None:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)
        saved.__exit__(None, None, None)

    return restore


PROCESS = SharedChange(_protect_process)
"""The environment's variables and the filters of warnings: Ray, libraries that are imported
meanwhile and trials of this process change them."""
