"""Wakes the main thread when a signal comes, since Python answers signals there alone.

One that another thread receives, or that comes just before the main thread begins to wait, is
answered only when that wait is over: with `--local`, when a trial's `time.sleep(300)` is. Python
tells of each signal at once, through `signal.set_wakeup_fd`: a thread that hears of it sends the
main one another signal, which does nothing but end its wait, until Python has answered that too.
"""

import os
import signal
import threading
import time
from collections.abc import Container, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

WAKING = signal.SIGURG
"""Ignored by whatever does not ask for it."""

REPEAT_SECONDS = 0.2

END = b"\0"


@contextmanager
def woken_by(numbers: Container[int]) -> Iterator[None]:
    """Have the main thread, which calls this, wake up when one of these signals comes."""
    with ExitStack() as stack:
        waker = _Waker(numbers)
        stack.callback(waker.close)
        handler = signal.signal(WAKING, waker.answer)
        stack.callback(signal.signal, WAKING, handler or signal.SIG_DFL)
        told = signal.set_wakeup_fd(waker.told, warn_on_full_buffer=False)
        stack.callback(signal.set_wakeup_fd, told)
        yield


class _Waker:
    def __init__(self, numbers: Container[int]) -> None:
        self._numbers = numbers
        self._main = threading.get_ident()
        self._is_awake = False
        self._heard, self.told = os.pipe()
        os.set_blocking(self.told, False)  # a signal's handler never waits
        self._thread = threading.Thread(target=self._listen, name="hpsearch-signals", daemon=True)
        self._thread.start()

    def answer(self, _number: int, _frame: FrameType | None) -> None:
        """Answer the waking signal: those before it have been answered."""
        self._is_awake = True

    def close(self) -> None:
        """End the thread; a child process may hold the pipe open."""
        os.write(self.told, END)
        self._thread.join()
        os.close(self.told)
        os.close(self._heard)

    def _listen(self) -> None:
        while END not in (heard := os.read(self._heard, 4096)):
            if any(number in self._numbers for number in heard):
                self._wake()

    def _wake(self) -> None:
        self._is_awake = False
        while not self._is_awake:
            signal.pthread_kill(self._main, WAKING)
            time.sleep(REPEAT_SECONDS)
