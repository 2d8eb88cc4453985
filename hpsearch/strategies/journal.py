"""A study's journal as a journal backend of Optuna's; `journal_format.py` has the lines.

Unlike Optuna's JournalFileBackend it works on any store, does not read back what it wrote, and
flushes when told to (when a trial has finished), not at every line: 8 suggestions and 3 reports
cost no fsync. While it is `buffered`, Optuna reads new records at once, but they reach the store
only with `commit`, or never.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from optuna.storages.journal import BaseJournalBackend

from hpsearch.common.errors import SearchFailed
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.store.faults import journal_shared
from hpsearch.strategies import faults
from hpsearch.strategies.amended import translated
from hpsearch.strategies.journal_format import Code, Log, read_lines, to_line
from hpsearch.strategies.proposal_record import in_one_record

KNOWN = "known"
"""The key of a proposal's record: how many records the journal had when it was made."""

HARMLESS = (
    Code.CREATE_STUDY,
    Code.SET_STUDY_USER_ATTR,
    Code.SET_STUDY_SYSTEM_ATTR,
    Code.SET_TRIAL_USER_ATTR,
    Code.SET_TRIAL_SYSTEM_ATTR,
)
"""Records that neither create trials nor change their outcome."""


class Journal(BaseJournalBackend):
    """See `BaseJournalBackend`. The writer holds the study's lease; readers follow it."""

    def __init__(
        self, store: StudyStore, *, writable: bool, experiment: Experiment | None = None
    ) -> None:
        """Read the journal; raises SearchFailed if it is damaged or cannot be written.

        With an experiment, trials from before an amendment are read as it has them.
        """
        self._store = store
        self._log = store.journal(writable=writable)
        self._writable = writable
        self._unread: list[Log] = []
        self._buffer: list[Log] = []
        self._is_buffering = False
        self._known = 0
        self._first_unread = self._lines = self._bytes = 0
        try:
            self._follow()
        except BaseException:
            self._log.close()
            raise
        if experiment is not None:
            self._unread = translated(self._unread, experiment)

    def read_logs(self, log_number_from: int) -> Iterable[Log]:
        """Return the records from that number on; each is kept in memory until it is read."""
        if not self._writable:
            self._follow()
        skipped = log_number_from - self._first_unread
        logs, self._unread = self._unread[skipped:], []
        self._first_unread = log_number_from + len(logs)
        return logs

    def _follow(self) -> None:
        """Read what was appended since the last call."""
        self._take(self._log.read())

    def begin_writing(self) -> None:
        """Write to the journal from now on; what was read is not read again.

        Raises SearchFailed if it cannot be written. The caller holds the study's lease.
        """
        self._log = self._store.journal(writable=True)
        self._writable = True
        self._take(self._log.read()[self._bytes :])

    def _take(self, data: bytes) -> None:
        """Take in whole lines; raises SearchFailed if one is damaged."""
        self._bytes += len(data)
        for _, log in read_lines(data):
            self._lines += 1
            if log is None:
                raise SearchFailed(faults.journal_damaged(self._log.address, self._lines))
            self._unread.append(log)

    def append_logs(self, logs: list[Log]) -> None:
        """Append records, all or none of them; raises SearchFailed if the store refuses."""
        data = b"".join(to_line(log) for log in logs)
        if self._is_buffering:
            self._buffer += logs
        else:
            self._append(data)
        self._unread.extend(log for _, log in read_lines(data) if log is not None)

    @contextmanager
    def buffered(self) -> Iterator[None]:
        """Keep what is appended inside `with` from the store until `commit`."""
        self._is_buffering, self._known = True, self._lines
        try:
            yield
        finally:
            self._is_buffering = False

    def commit(self, trial_id: int, begun: datetime) -> None:
        """Write the buffer, all or nothing; the trial that it proposes begins at that time.

        How many records the journal had when the buffer was begun is noted: for a replay.
        """
        started = {"datetime_start": begun.astimezone(UTC).isoformat(), KNOWN: self._known}
        made = in_one_record(self._buffer, trial_id)
        logs = [log | started if "datetime_start" in log else log for log in made]
        self._append(b"".join(to_line(log) for log in logs))
        self._buffer = []

    def _append(self, data: bytes) -> None:
        """Append lines after those of other programs; raises SearchFailed if one created trials."""
        self._take_external()
        self._log.append(data)
        self._lines += data.count(b"\n")

    def _take_external(self) -> int:
        """Read what other programs appended; return how many records. Raises as `_append`.

        Optuna numbers trials as they are created, so ours would get other numbers than we think.
        """
        external = [log for _, log in read_lines(self._log.read_external())]
        if any(log is None or log["op_code"] not in HARMLESS for log in external):
            raise SearchFailed(journal_shared(self._log.address))
        self._unread.extend(log for log in external if log is not None)
        self._lines += len(external)
        return len(external)

    def flush(self, *, wait: bool = True) -> None:
        """Return when all that was appended is durable; raises SearchFailed if it is not."""
        self._log.flush(wait=wait)

    def mark(self) -> str | None:
        """Return what tells the lines that were read or appended from any others.

        None if another program appended some in the meantime.
        """
        self.flush()
        mark = self._store.journal_mark()
        return None if self._take_external() else mark

    def close(self) -> None:
        """Close the journal; nothing is lost, with or without this."""
        self._log.close()
