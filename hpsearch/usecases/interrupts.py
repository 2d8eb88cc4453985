"""Ctrl-C, SIGTERM, a closed terminal: once to stop with everything saved, twice to stop at once.

Signals reach the main thread alone: a search in another thread is stopped by `Study.stop`.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType

from hpsearch.common.errors import HpsearchError
from hpsearch.engine import Display, Search
from hpsearch.usecases.wake_up import woken_by

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """What the signals asked for.

    The first one only leaves word: an exception amid an import may be swallowed there, or leave a
    lock behind that another thread waits for. The next one raises KeyboardInterrupt.
    """

    def __init__(self, display: Display) -> None:
        self._display = display
        self._search: Search | None = None
        self.is_asked = False
        """Whether to stop."""
        self.is_signalled = False
        """Whether a signal asked for it."""
        self._is_aborted = False
        self.on_abort: Callable[[], None] = lambda: None
        """What is told when the search is to stop at once; called in a signal's handler."""

    def watch(self, search: Search) -> None:
        """Interrupt this search, now or when it is asked for."""
        self._search = search
        if self.is_asked:
            search.interrupt()

    def check(self) -> None:
        """Raise KeyboardInterrupt if a stop was asked for; called at a moment that suits."""
        if self.is_asked:
            raise KeyboardInterrupt

    def stop(self) -> None:
        """Stop gently; from any thread, and again without harm."""
        self.is_asked = True
        if self._search is not None:
            self._search.interrupt()

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Have an error that comes of stopping at once, as of a wait that ends, be that stop."""
        try:
            yield
        except HpsearchError as error:
            if self._is_aborted:
                raise KeyboardInterrupt from error
            raise

    def handle(self, _number: int, _frame: FrameType | None) -> None:
        """Answer a signal."""
        if self.is_asked:
            self._is_aborted = True
            self.on_abort()
        self.check()
        self.is_signalled = True
        self.stop()
        text = "stopping"
        if self._search is not None:
            text += ": running trials save a checkpoint at their next report"
        self._display.notice(f"{text} (again: stop at once)")


def _is_python(handler: object) -> bool:
    return handler is not None and handler != signal.SIG_IGN


@contextmanager
def answered_by(handle: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have the signals answered, but those that are ignored on purpose (`nohup`).

    Left alone are all of them outside of the main thread, and what code other than Python answers.
    """
    is_main = threading.current_thread() is threading.main_thread()
    wanted = [number for number in SIGNALS if is_main and _is_python(signal.getsignal(number))]
    before = {number: signal.signal(number, handle) for number in wanted}
    try:
        with woken_by(wanted) if wanted else nullcontext():
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
