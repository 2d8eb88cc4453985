"""Variables of the environment that a process has for the time of one attempt.

If attempts of several searches run in one process at once, the variables are those of the one that
began last, and are restored when the last one ends.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_lock = threading.Lock()
_present: list[Mapping[str, str | None]] = []
_before: dict[str, str | None] = {}


@contextmanager
def set_variables(variables: Mapping[str, str | None]) -> Iterator[None]:
    """Set variables, or remove those that are None; afterwards they are what they were before.

    Child processes that are started meanwhile inherit them.
    """
    with _lock:
        _present.append(variables)
        for name in variables:
            _before.setdefault(name, os.environ.get(name))
        _set(variables)
    try:
        yield
    finally:
        with _lock:
            _present.pop()
            if not _present:
                _set(_before)
                _before.clear()


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
