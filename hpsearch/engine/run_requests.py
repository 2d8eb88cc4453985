"""Attempts that wait for the id of their trial's run: the search continues meanwhile."""

import queue
from collections.abc import Callable

from hpsearch.common.trial import TrialRecord
from hpsearch.engine.messages import RunFound
from hpsearch.engine.ports import Tracking


class RunRequests:
    """Asks the tracking for runs, and answers attempts that still wait for theirs."""

    def __init__(self, tracking: Tracking, answer: Callable[[int, RunFound], None]) -> None:
        self._tracking = tracking
        self._answer = answer
        self._waiting: dict[int, int] = {}
        self._found: queue.SimpleQueue[tuple[int, int, str | None]] = queue.SimpleQueue()

    def __bool__(self) -> bool:
        """Return whether an attempt waits."""
        return bool(self._waiting)

    def ask(self, record: TrialRecord) -> None:
        """Have a trial's run found, or made; returns at once."""
        number, attempt = record.number, record.attempt
        self._waiting[number] = attempt
        self._tracking.find_run(record, lambda run: self._found.put((number, attempt, run)))

    def answer_found(self) -> None:
        """Answer the attempts whose run was found."""
        while not self._found.empty():
            number, attempt, run = self._found.get()
            if self._waiting.get(number) == attempt:
                del self._waiting[number]
                self._answer(number, RunFound(run))

    def forget(self, number: int) -> None:
        """Forget an attempt that has ended."""
        self._waiting.pop(number, None)
