"""Ctrl-C and SIGTERM: once to stop with everything saved, twice to stop at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from hpsearch.ports import Display
from hpsearch.search import Search

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible(search: Search, display: Display) -> Iterator[None]:
    """Inside, the first signal interrupts the search; the next one raises KeyboardInterrupt."""

    def handle(_number: int, _frame: FrameType | None) -> None:
        if search.interrupted:
            raise KeyboardInterrupt
        search.interrupt()
        display.notice(
            "stopping: running trials save a checkpoint at their next report (again: stop at once)"
        )

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
