"""Makes checkpoints of stored files in a thread: a disk that is busy with them delays no report.

The journal is first to have the steps before a checkpoint. An attempt that is over counts as
running until its last checkpoint is there, or cannot be.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait

from hpsearch.common.checkpoints import Checkpoints
from hpsearch.engine.messages import Saved


class Commits:
    """The commits of a search, one after the other."""

    def __init__(self, store: Checkpoints, flush: Callable[[], None]) -> None:
        """`flush` returns when the journal's lines so far are on the disk."""
        self._store = store
        self._flush = flush
        self._thread = ThreadPoolExecutor(1, "hpsearch-checkpoints")
        self._begun: deque[tuple[Saved, Future[None]]] = deque()

    def __bool__(self) -> bool:
        return bool(self._begun)

    def begin(self, event: Saved) -> None:
        """Begin to commit what a worker stored; the journal's lines must be written."""
        self._begun.append((event, self._thread.submit(self._commit, event)))

    def pop_done(self) -> Iterator[tuple[Saved, OSError | None]]:
        """Yield those that are over, in order, with what went wrong; raises if the journal did."""
        while self._begun and self._begun[0][1].done():
            event, future = self._begun.popleft()
            error = future.exception()
            if error is not None and not isinstance(error, OSError):
                raise error
            yield event, error

    def has(self, number: int) -> bool:
        """Return whether one of the trial is on its way."""
        return any(event.number == number for event, _ in self._begun)

    def wait(self, seconds: float) -> None:
        """Wait at most so long for the next one."""
        wait([future for _, future in self._begun], seconds, "FIRST_COMPLETED")

    def close(self) -> None:
        """Return when nothing is on its way."""
        self._thread.shutdown()

    def _commit(self, event: Saved) -> None:
        self._flush()
        if event.stored.problem:  # what kept the worker from storing it
            raise OSError(event.stored.problem)
        self._store.commit(event.number, event.measurement, event.stored)
