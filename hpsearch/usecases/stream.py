"""A search in a thread of its own, whose trials another thread gets as they end."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence

from hpsearch.common.trial import Measurement, TrialRecord
from hpsearch.engine import Listener


class Ends:
    """Passes on the trials that ended; see `ports.Listener`."""

    def __init__(self, ended: Callable[[TrialRecord], None]) -> None:
        self._ended = ended

    def started(self, record: TrialRecord) -> None:
        """Say nothing yet."""

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None:
        """Say nothing yet."""

    def paused(self, record: TrialRecord) -> None:
        """Say nothing yet."""

    def finished(self, record: TrialRecord) -> None:
        """Pass it on."""
        self._ended(record)


def stream(search: Callable[[Listener], object], stop: Callable[[], None]) -> Iterator[TrialRecord]:
    """Yield trials as they end; what the search raises is raised when it is over.

    Who stops listening interrupts the search, gently, and waits for its end.
    """
    ended: queue.SimpleQueue[TrialRecord | None] = queue.SimpleQueue()
    raised: list[BaseException] = []

    def run() -> None:
        try:
            search(Ends(ended.put))
        except BaseException as error:
            raised.append(error)
        finally:
            ended.put(None)

    thread = threading.Thread(target=run, name="hpsearch-stream", daemon=True)
    thread.start()
    try:
        while (record := ended.get()) is not None:
            yield record
    finally:
        if thread.is_alive():
            stop()
        thread.join()
    if raised:
        raise raised[0]
