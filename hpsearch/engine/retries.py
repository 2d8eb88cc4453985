"""The retry queue: which trials wait for another attempt, and which attempts deserve one.

| the attempt | is tried again |
|---|---|
| was lost with its machine or with Ray, or left its slot | always |
| met a fault of the CUDA device | once, with no other trial beside it, in a new process |
| raised before its first report, resumed from a checkpoint | from an earlier one, or from scratch |
| lost its process, or was over its time limit | `resources.retries` times in a run |
"""

from collections import Counter, deque
from collections.abc import Collection

from hpsearch.common.checkpoints import Checkpoints
from hpsearch.common.trial import TrialRecord
from hpsearch.engine.attempt import Attempt
from hpsearch.engine.messages import Ended


class RetryQueue:
    """The trials that were begun and need another attempt."""

    def __init__(self, checkpoints: Checkpoints, retries: int) -> None:
        self._checkpoints = checkpoints
        self._retries = retries
        self._records: deque[TrialRecord] = deque()
        self._crashes: Counter[int] = Counter()
        self._alone: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._records)

    def add(self, record: TrialRecord) -> None:
        """Add a trial at the end."""
        self._records.append(record)

    def pop(self) -> TrialRecord:
        """Remove and return the next trial."""
        return self._records.popleft()

    def runs_alone(self, number: int) -> bool:
        """Return whether a trial must run with no other beside it."""
        return number in self._alone

    def has_room(self, running: Collection[Attempt], slots: int) -> bool:
        """Return whether an attempt may begin beside those that run."""
        if any(attempt.alone for attempt in running):
            return False
        if self._records and self.runs_alone(self._records[0].number):
            return not running and slots > 0
        return len(running) < slots

    def requeue_if_retryable(self, attempt: Attempt, event: Ended) -> bool:
        """Queue the trial again if its attempt deserves another one; return whether it does."""
        number = event.number
        if event.device_fault and number not in self._alone:
            self._alone.add(number)
            self._records.appendleft(attempt.requeued())
            return True
        if not self._is_retryable(attempt, event):
            return False
        self._records.append(attempt.requeued())
        return True

    def _is_retryable(self, attempt: Attempt, event: Ended) -> bool:
        if event.how == "crashed":
            self._crashes[event.number] += 1
            return self._crashes[event.number] <= self._retries
        if event.how == "raised" and attempt.resumed_from is not None:
            is_inherited = attempt.resumed_from == attempt.record.from_step
            if attempt.reports or event.device_fault or is_inherited:
                return False
            self._checkpoints.quarantine(event.number, attempt.resumed_from)
            return True
        return event.how == "lost"
