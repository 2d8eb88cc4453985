"""`sys.stdout` and `sys.stderr` while attempts run, of several searches in as many threads at once.

An attempt in the main thread has the process's streams. One in another thread has a stream of its
own, which a context variable names.

Not covered: what its child processes, C code and the threads that it starts print.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TextIO

from hpsearch.common.shared_change import SharedChange, Undo

_lock = threading.RLock()


@dataclass
class _Own:
    """An attempt's stream; None once it is over, though its context may live on."""

    stream: TextIO | None


_own: ContextVar[_Own | None] = ContextVar("own stream", default=None)


class _Routed:
    """Stands for a stream of the process: an attempt that has its own prints there."""

    default: TextIO
    _name: str

    def __init__(self, name: str) -> None:
        vars(self).update(default=_stream(name), _name=name)

    def lead(self, default: TextIO) -> None:
        """Stand for another stream."""
        vars(self)["default"] = default

    def __reduce__(self) -> tuple[Callable[[str], Any], tuple[str]]:
        """Be that process's stream elsewhere: loggers that are sent to workers have one."""
        return _stream, (self._name,)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._now(), name)

    def __setattr__(self, name: str, value: object) -> None:
        """Change the attempt's stream, not this one, which outlives it: some replace `write`."""
        setattr(self._now(), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._now(), name)

    def _now(self) -> TextIO:
        own = _own.get()
        return (own and own.stream) or self.default


def _stream(name: str) -> Any:
    return getattr(sys, name)


_ROUTES = {name: _Routed(name) for name in ("stdout", "stderr")}
"""Each is made once and kept for good. Python's `print` does not hold on to the `sys.stdout` that
it writes to (python/cpython#130163): if another thread replaces it meanwhile, and nobody else has
it, the process crashes."""


@contextmanager
def replaced_streams(out: TextIO, err: TextIO) -> Iterator[None]:
    """Give the process other streams inside this block; then it has those from before."""
    with _ROUTED.applied(), ExitStack() as undo:
        for (name, route), stream in zip(_ROUTES.items(), (out, err), strict=True):
            undo.callback(_lead, name, _stream(name), route.default)
            _lead(name, route, stream)
        yield


@contextmanager
def own_stream(stream: TextIO) -> Iterator[None]:
    """Send what this thread prints to a stream of its own."""
    own = _Own(stream)
    _own.set(own)
    with _ROUTED.applied():
        try:
            yield
        finally:
            own.stream = None


def _lead(name: str, stream: object, default: TextIO) -> None:
    """Make a stream the process's, and have the route stand for another one."""
    with _lock:
        _ROUTES[name].lead(default)
        setattr(sys, name, stream)


def _route() -> Undo:
    with _lock:
        for name, route in _ROUTES.items():
            route.lead(_stream(name))
            setattr(sys, name, route)
    return _end_routes


def _end_routes() -> None:
    """Give back the streams from before, but for one that somebody has replaced since."""
    with _lock:
        for name, route in _ROUTES.items():
            if _stream(name) is route:
                setattr(sys, name, route.default)


_ROUTED = SharedChange(_route)
