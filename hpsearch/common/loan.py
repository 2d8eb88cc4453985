"""A change to this process that lasts only while somebody needs it.

Searches may run in several threads at once: the first makes the change, the last undoes it.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

Undo = Callable[[], None]


class Loan:
    """A change that is made once, however many need it, and undone when nobody does any more."""

    def __init__(self, make: Callable[[], Undo]) -> None:
        """`make` makes the change and returns what undoes it."""
        self._make = make
        self._lock = threading.RLock()
        self._users = 0
        self._undo: Undo | None = None

    @contextmanager
    def taken(self) -> Iterator[None]:
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


def restore_environment(before: Mapping[str, str]) -> None:
    """Give `os.environ` the content that it had, a copy of it made earlier."""
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


def replace_attribute(owner: object, name: str, value: object) -> Undo:
    """Give an object's attribute another value, and return what gives back the one before."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    return lambda: setattr(owner, name, before)
