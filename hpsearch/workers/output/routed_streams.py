"""`sys.stdout` and `sys.stderr` while attempts run, of several searches in as many threads at once.

An attempt in the main thread has the process's streams. One in another thread has a stream of its
own, which a context variable names.

Not covered: what its child processes, C code and the threads that it starts print.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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

    def __init__(self, default: TextIO) -> None:
        self.default = default

    def __getattr__(self, name: str) -> Any:
        own = _own.get()
        return getattr((own and own.stream) or self.default, name)


def replace_streams(out: TextIO, err: TextIO) -> Undo:
    """Give the process other streams, and return what gives back those before."""
    with _lock:
        before = _current()
        _set_streams(out, err)
    return lambda: _set_streams(*before)


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


def _current() -> tuple[TextIO, TextIO]:
    out, err = (
        stream.default if isinstance(stream, _Routed) else stream
        for stream in (sys.stdout, sys.stderr)
    )
    return out, err


def _set_streams(out: TextIO, err: TextIO) -> None:
    with _lock:
        for name, stream in (("stdout", out), ("stderr", err)):
            now = getattr(sys, name)
            if isinstance(now, _Routed):
                now.default = stream
            else:
                setattr(sys, name, stream)


def _route() -> Undo:
    with _lock:
        sys.stdout, sys.stderr = (_Routed(stream) for stream in _current())
    return _end_routes


def _end_routes() -> None:
    with _lock:
        sys.stdout, sys.stderr = _current()


_ROUTED = SharedChange(_route)
