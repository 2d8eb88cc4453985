"""The worker's end of the connection: what an attempt says, and whether it waits for the answer.

Every report is answered. An attempt waits for the answer if the report may stop it, or be asked for
a checkpoint; at all others it goes on, and the answer is read when it says something again. The
driver names the step from which on reports may stop the attempt, in the task and in each answer.
"""

import math
import threading
from dataclasses import replace
from typing import Any, Protocol

from hpsearch.common.decision import Decision
from hpsearch.engine import Answer, Event, Hold, Reported, RunWanted
from hpsearch.workers.gang import Rendezvous

MOST_UNANSWERED = 16
"""Reports that the driver has not answered yet; at the next one the attempt waits for all."""


class Connection(Protocol):
    """What is needed of `multiprocessing`'s."""

    def send(self, obj: Any) -> None: ...

    def recv(self) -> Any: ...

    def poll(self) -> bool: ...


class Line:
    """Sends the events of one attempt after another; raises `connection.BROKEN` if nobody hears."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waits_at = 0.0
        self._unanswered = 0
        self._sending = threading.Lock()

    def begin(self, waits_at: float) -> None:
        """Begin an attempt that waits at reports from this step on."""
        while self._unanswered:  # of the attempt before
            self._receive()
        self._waits_at = waits_at

    def send(self, event: Event | Rendezvous) -> None:
        """Say what nobody answers, from any thread."""
        with self._sending:
            self._connection.send(event)

    def exchange(self, event: Reported | RunWanted) -> Answer:
        """Say something; return the answer, or an empty one if the attempt goes on without it."""
        while self._connection.poll():
            self._receive()
        self._unanswered += 1
        if isinstance(event, Reported) and not self._waits(event):
            self.send(replace(event, waits=False))
            return Decision()
        self.send(event)
        answer: Answer | None = None
        while self._unanswered:
            answer = self._receive() or answer
        assert answer is not None  # noqa: S101 (at least this event's)
        return answer

    def _receive(self) -> Answer | None:
        """Receive an answer, None if it is the word to wait from now on."""
        message = self._connection.recv()
        if isinstance(message, Hold):
            self._waits_at = 0.0
            return None
        self._unanswered -= 1
        if isinstance(message, Decision):
            self._waits_at = message.waits_at
        answer: Answer = message
        return answer

    def _waits(self, event: Reported) -> bool:
        report = event.measurements[-1]
        is_odd = not all(map(math.isfinite, report.metrics.values()))  # it may end the trial
        is_late = report.step >= self._waits_at or self._unanswered > MOST_UNANSWERED
        return event.savable or is_odd or is_late
