"""`hpsearch logs`: what an attempt of a trial printed, also while it prints."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from numbers import Integral

from hpsearch.common.errors import UserError
from hpsearch.common.logs import Line, LogReader
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.store import StudyStore
from hpsearch.usecases import faults
from hpsearch.usecases.view import StudyView, look_at, look_at_confirmation, trial_of

LOOK_SECONDS = 1.0
"""How often to ask the study if an attempt that prints nothing still runs."""


@dataclass(frozen=True)
class TrialLog:
    """The log of one attempt; `attempts` are those of the trial that printed something.

    `view` is of the study that the trial is of; `search` is the same, or that which is confirmed.
    """

    view: StudyView
    search: StudyStore
    record: TrialRecord
    attempt: int
    attempts: Sequence[int]

    @property
    def address(self) -> str:
        """Where the log is, for people."""
        return self.view.logs.locate(self.record.number, self.attempt)

    def __str__(self) -> str:
        """Return what is there now, without the times."""
        return "\n".join(line.text for line in self.lines())

    def comes_later(self) -> bool:
        """Return whether it has nothing yet, as the store gets it when the attempt ends."""
        return self.view.logs.local is None and self.is_running()

    def lines(self) -> list[Line]:
        """Return what is there now."""
        return self._reader().rest()

    def followed(self) -> Iterator[Line]:
        """Yield lines as they come, until the attempt is over."""
        reader, asked, running = self._reader(), 0.0, True
        while running:
            if self.view.logs.is_being_written(self.record.number, self.attempt):
                running = True
            elif time.monotonic() - asked > LOOK_SECONDS:
                running, asked = self.is_running(), time.monotonic()
            yield from reader.read()
            time.sleep(LogReader.PAUSE_SECONDS if running else 0)
        yield from reader.rest()

    def _reader(self) -> LogReader:
        def read() -> bytes:
            return self.view.logs.read(self.record.number, self.attempt)

        return LogReader(read, self.view.experiment.privacy)

    def is_running(self) -> bool:
        """Return whether the attempt still runs, by the study as it is now."""
        record = trial_of(look_at(self.view.store), self.record.number)
        is_begun = record.state is TrialState.RUNNING and record.attempt == self.attempt
        return is_begun and self.search.lease().is_held()


def trial_log(
    study: StudyView, *, number: int | None, attempt: int | None, confirmation: bool = False
) -> TrialLog:
    """Return the log of an attempt of a trial, or of one of the confirmation's trainings.

    Without a number it is the best one, without an attempt the last one. Raises UserError if there
    is no such trial or attempt.
    """
    view = look_at_confirmation(study) if confirmation else study
    record = trial_of(view, number)
    kept = view.logs.attempts(record.number)
    last = max([record.attempt, *kept])
    is_number = isinstance(attempt, Integral)
    if attempt is not None and not (is_number and 1 <= attempt <= last):
        raise UserError(faults.no_such_attempt(view.store.name, record.number, attempt, last))
    return TrialLog(view, study.store, record, attempt or last, kept)
