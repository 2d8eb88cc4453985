"""What both kinds of recorders do with what they hear: it goes to their writer."""

from collections.abc import Sequence

from hpsearch.common.trial import Measurement, TrialRecord
from hpsearch.tracking.pending import news
from hpsearch.tracking.writer import Writer


class WritingListener:
    """See `ports.Listener`; nothing waits here."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def started(self, record: TrialRecord) -> None:
        """Note that a trial began, or began again."""
        self._writer.add(news(record))

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None:
        """Note new measurements of a trial."""
        self._writer.add(news(record, tuple(measurements)))

    def paused(self, record: TrialRecord) -> None:
        """Note that a trial was paused."""
        self._writer.add(news(record))

    def finished(self, record: TrialRecord) -> None:
        """Note how a trial ended; its folder of artifacts must be complete."""
        self._writer.add(news(record))

    def sync(self, records: Sequence[TrialRecord]) -> None:
        """Write all trials of the journal that the target lacks; returns at once."""
        self._writer.sync(records)
