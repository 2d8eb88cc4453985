"""Gives the terminal to a debugger when a trainable calls `breakpoint`.

`sys.breakpointhook` is the whole process's, and searches may run in several threads: one hook
serves all attempts, and finds the one that it was called in.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from hpsearch.common.shared_change import SharedChange, Undo, replace_attribute
from hpsearch.workers.output.capture import Capture


@dataclass(eq=False)
class _Attempt:
    """An attempt that a debugger may interrupt."""

    capture: Capture
    give_terminal: Callable[[], None]

    def release(self) -> None:
        """Let the terminal have what follows."""
        if self.capture.is_active:
            print("[breakpoint: what follows is on the terminal alone]")  # noqa: T201
            self.capture.release()
            self.give_terminal()


_own: ContextVar[_Attempt | None] = ContextVar("own attempt", default=None)
_running: list[_Attempt] = []


@contextmanager
def breakpoints(capture: Capture, give_terminal: Callable[[], None] | None) -> Iterator[None]:
    """Give a debugger the terminal; the rest of the attempt is not captured then."""
    if give_terminal is None or not capture.is_active:
        yield
        return
    attempt = _Attempt(capture, give_terminal)
    with _HOOK.applied():
        token = _own.set(attempt)
        _running.append(attempt)
        try:
            yield
        finally:
            _running.remove(attempt)
            _own.reset(token)


def _interrupted() -> _Attempt | None:
    """Return the attempt that called `breakpoint`; a thread that it started has no name for it."""
    own, running = _own.get(), tuple(_running)
    return own if own in running else running[-1] if running else None


def _replace_hook() -> Undo:
    before = sys.breakpointhook

    def stop(*arguments: Any, **options: Any) -> object:
        if (attempt := _interrupted()) is not None:
            attempt.release()
        if os.environ.get("PYTHONBREAKPOINT") or before is not sys.__breakpointhook__:
            return before(*arguments, **options)
        from pdb import Pdb  # rarely needed

        Pdb().set_trace(sys._getframe().f_back)
        return None

    return replace_attribute(sys, "breakpointhook", stop)


_HOOK = SharedChange(_replace_hook)
