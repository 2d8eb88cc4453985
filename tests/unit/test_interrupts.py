"""Signals: the first one stops gently, the second at once, whatever goes wrong then."""

import signal
import threading
import time
from pathlib import Path

import pytest

from hpsearch.common.errors import Fault, SearchFailed
from hpsearch.display.plain_lines import Silence
from hpsearch.usecases import Interrupts
from hpsearch.usecases.interrupts import answered_by

AWAY = SearchFailed(Fault("store-away", "the store did not answer.", "it is away.", "try again."))


@pytest.mark.parametrize(("signals", "expected"), [(1, SearchFailed), (2, KeyboardInterrupt)])
def test_an_error_after_the_second_signal_is_an_interrupt(
    signals: int, expected: type[BaseException]
) -> None:
    interrupts = Interrupts(Silence())
    with pytest.raises(expected), interrupts.heeded():
        try:
            for _ in range(signals):
                interrupts.handle(2, None)
        finally:
            raise AWAY


def elsewhere(number: signal.Signals, after: float) -> threading.Thread:
    """Have a thread receive a signal: the main one learns of it only if its wait is ended."""

    def receive() -> None:
        time.sleep(after)
        signal.pthread_kill(threading.get_ident(), number)

    thread = threading.Thread(target=receive)
    thread.start()
    return thread


def test_a_signal_ends_the_main_threads_wait_whichever_thread_receives_it() -> None:
    seen: list[float] = []
    begun = time.monotonic()
    with answered_by(lambda number, frame: seen.append(time.monotonic() - begun)):
        for after in (0.2, 0.1):
            thread = elsewhere(signal.SIGTERM, after)
            time.sleep(2.0)
            thread.join()
    assert len(seen) == 2 and seen[0] < 2 <= seen[1] < 4, seen


def open_files() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


def test_answering_signals_leaves_nothing_behind() -> None:
    before = open_files(), threading.active_count()
    handlers = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGURG)]
    with (
        pytest.raises(KeyboardInterrupt),
        answered_by(Interrupts(Silence()).handle),
        answered_by(signal.default_int_handler),
    ):
        signal.raise_signal(signal.SIGTERM)
    assert handlers == [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGURG)]
    assert (open_files(), threading.active_count()) == before
    assert signal.set_wakeup_fd(-1) == -1
