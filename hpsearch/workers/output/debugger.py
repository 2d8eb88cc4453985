"""Gives the terminal to a debugger when a trainable calls `breakpoint`."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hpsearch.workers.output.capture import Capture


@contextmanager
def breakpoints(capture: Capture, give_terminal: Callable[[], None] | None) -> Iterator[None]:
    """Give a debugger the terminal; the rest of the attempt is not captured then."""
    before = sys.breakpointhook

    def stop(*arguments: object, **options: object) -> object:
        sys.breakpointhook = before
        print("[breakpoint: what follows is on the terminal alone]")  # noqa: T201
        capture.release()
        if give_terminal is not None:
            give_terminal()
        if os.environ.get("PYTHONBREAKPOINT") or before is not sys.__breakpointhook__:
            return before(*arguments, **options)
        from pdb import Pdb  # rarely needed

        Pdb().set_trace(sys._getframe().f_back)
        return None

    if give_terminal is None or not capture.is_active:
        yield
        return
    sys.breakpointhook = stop
    try:
        yield
    finally:
        sys.breakpointhook = before
