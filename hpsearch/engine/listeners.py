"""Several listeners as one: each hears everything, in their order."""

from collections.abc import Sequence

from hpsearch.common.trial import Measurement, TrialRecord
from hpsearch.engine.ports import Listener


class Listeners:
    """See `ports.Listener`."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._listeners = listeners

    def started(self, record: TrialRecord) -> None:
        for listener in self._listeners:
            listener.started(record)

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None:
        for listener in self._listeners:
            listener.measured(record, measurements)

    def paused(self, record: TrialRecord) -> None:
        for listener in self._listeners:
            listener.paused(record)

    def finished(self, record: TrialRecord) -> None:
        for listener in self._listeners:
            listener.finished(record)
