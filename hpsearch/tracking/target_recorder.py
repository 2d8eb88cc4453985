"""A recorder of finished and running trials in some target: TensorBoard's files, W&B's runs.

MLflow's recorder does more: it publishes models and shows reports.
"""

from collections.abc import Callable, Sequence

from hpsearch.common.errors import HpsearchError, UserError
from hpsearch.common.redaction import problem
from hpsearch.common.trial import Measurement, TrialRecord
from hpsearch.tracking import faults
from hpsearch.tracking.pending import news
from hpsearch.tracking.writer import Target, Writer


class TargetRecorder:
    """See `port.Recorder`."""

    def __init__(
        self,
        name: str,
        make: Callable[[], Target],
        notify: Callable[[str], None],
        *,
        may_write: Callable[[], bool],
    ) -> None:
        """`make` imports what the target needs and returns it; it may raise UserError."""
        self.name = name
        self._make = make
        self._writer = Writer(name, notify, may_write)

    def open(self) -> None:
        try:
            target = self._make()
        except HpsearchError:
            raise
        except Exception as error:  # a package that is half there, settings that it refuses
            raise UserError(faults.recorder_unusable(self.name, problem(error))) from None
        self._writer.start(target)

    def started(self, record: TrialRecord) -> None:
        self._writer.add(news(record))

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None:
        self._writer.add(news(record, tuple(measurements)))

    def paused(self, record: TrialRecord) -> None:
        self._writer.add(news(record))

    def finished(self, record: TrialRecord) -> None:
        self._writer.add(news(record))

    def sync(self, records: Sequence[TrialRecord]) -> None:
        self._writer.sync(records)

    def close(self, seconds: float) -> list[int]:
        return self._writer.close(seconds)
