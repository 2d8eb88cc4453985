"""What draws the report is imported while trials run: the end would wait for it for 2 s."""

import threading
from collections.abc import Sequence
from contextlib import suppress

from hpsearch.common.garbage import uncollected
from hpsearch.common.trial import Measurement, TrialRecord


class ReportImports:
    """A listener: once a trial has reported, a thread imports what `report.py` will need.

    Not before: the first step needs the processor, and a search without a trial has no report.
    """

    def __init__(self, trials: int) -> None:
        """`trials` is how many the budget allows; few of them get no importance."""
        self._trials = trials
        self._thread: threading.Thread | None = None

    def started(self, record: TrialRecord) -> None: ...

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._load, name="hpsearch-report", daemon=True)
            self._thread.start()

    def paused(self, record: TrialRecord) -> None: ...

    def finished(self, record: TrialRecord) -> None: ...

    def close(self) -> None:
        """Wait for the thread: an import that the process's end cuts off may crash it."""
        if self._thread is not None:
            self._thread.join()

    def _load(self) -> None:
        with suppress(Exception), uncollected():  # what fails, the report will say
            from hpsearch.reports import warm_up
            from hpsearch.strategies import load_importance

            warm_up()
            load_importance(self._trials)
