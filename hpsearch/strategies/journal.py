"""Optuna's journal on a study's: a line of JSON for each record; the format is Optuna's own.

Unlike optuna's JournalFileBackend it works on any store, does not read back what it wrote, and
flushes when told to (a finished trial), not at every line: 8 suggestions and 3 reports cost no
fsync. Each line ends in a checksum of what is before it, under a key that Optuna leaves alone, so
that not even one bit changes unnoticed; lines without one are taken as they are. Optuna's own
backend reads the same file. What is written while it is `held` is read at once and reaches the
store when it is released, or never.
"""

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import optuna
from optuna.storages.journal import BaseJournalBackend
from optuna.storages.journal._storage import JournalStorageReplayResult

from hpsearch.common.errors import HpsearchError, SearchFailed, UserError
from hpsearch.store import StudyStore
from hpsearch.store.faults import journal_shared
from hpsearch.strategies import faults

Log = dict[str, Any]

HARMLESS = (0, 2, 3, 8, 9)
"""Optuna's codes of records that neither make trials nor change what comes of them."""

CHECKSUM = re.compile(rb',"crc":(\d+)\}\n$')


class Journal(BaseJournalBackend):
    """A study's journal as Optuna's. Whoever writes holds the study's lease; a reader follows."""

    def __init__(self, store: StudyStore, *, writable: bool) -> None:
        """Read what is there; raises SearchFailed if it is damaged or cannot be written."""
        self._log = store.journal(writable=writable)
        self._writable = writable
        self._unread: list[Log] = []
        self._held: list[Log] = []
        self._is_holding = False
        self._first_unread = self._lines = 0
        try:
            self._follow()
        except BaseException:
            self._log.close()
            raise

    def read_logs(self, log_number_from: int) -> Iterable[Log]:
        """Return the records from that number on; each is held until it was asked for."""
        if not self._writable:
            self._follow()
        skipped = log_number_from - self._first_unread
        logs, self._unread = self._unread[skipped:], []
        self._first_unread = log_number_from + len(logs)
        return logs

    def _follow(self) -> None:
        """Read what was appended since."""
        for _, log in read_lines(self._log.read()):
            self._lines += 1
            if log is None:
                raise SearchFailed(faults.journal_damaged(self._log.address, self._lines))
            self._unread.append(log)

    def append_logs(self, logs: list[Log]) -> None:
        """Append records, all or none of them; raises SearchFailed if the store refuses."""
        data = b"".join(as_line(log) for log in logs)
        if self._is_holding:
            self._held += logs
        else:
            self._append(data)
        self._unread.extend(log for _, log in read_lines(data) if log is not None)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold back from the store what is appended meanwhile."""
        self._is_holding = True
        try:
            yield
        finally:
            self._is_holding = False

    def release(self, begun: datetime) -> None:
        """Write what was held, in one piece; the trial that it proposes begins at that time."""
        started = {"datetime_start": begun.astimezone(UTC).isoformat()}
        logs = [log | started if "datetime_start" in log else log for log in self._held]
        self._append(b"".join(as_line(log) for log in logs))
        self._held = []

    def _append(self, data: bytes) -> None:
        """Append lines after what another program did; raises SearchFailed if it made trials.

        Ours that follow would be taken for others: Optuna counts trials as they are created.
        """
        others = [log for _, log in read_lines(self._log.others())]
        if any(log is None or log["op_code"] not in HARMLESS for log in others):
            raise SearchFailed(journal_shared(self._log.address))
        self._unread.extend(log for log in others if log is not None)
        self._lines += len(others)
        self._log.append(data)

    def flush(self) -> None:
        """Return when all that was appended is durable; raises SearchFailed if it is not."""
        self._log.flush()

    def close(self) -> None:
        """Close the journal; nothing is lost, with or without this."""
        self._log.close()


@contextmanager
def replayed(store: StudyStore) -> Iterator[None]:
    """Raise UserError with the line, where Optuna cannot read a record while it opens a journal."""
    try:
        yield
    except HpsearchError:
        raise
    except Exception:
        _refuse_foreign(store)
        raise


def _refuse_foreign(store: StudyStore) -> None:
    replay = JournalStorageReplayResult("")
    journal = store.journal(writable=False)
    for number, (_, log) in enumerate(read_lines(journal.read()), start=1):
        try:
            replay.apply_logs([log] if log else [])
        except Exception as error:
            kind = (log or {}).get("op_code")
            is_known = kind in range(10)
            problem = f"{type(error).__name__}: {error}" if is_known else f"its kind is {kind!r}"
            version = optuna.__version__
            raise UserError(
                faults.journal_foreign(journal.address, number, problem, version)
            ) from None


def as_line(log: Log) -> bytes:
    """Return a record as it stands in the file."""
    body = json.dumps(log, separators=(",", ":")).encode()
    return body[:-1] + b',"crc":%d}\n' % zlib.crc32(body)


def read_lines(data: bytes) -> list[tuple[bytes, Log | None]]:
    """Return each line with its record, None for a damaged one; a torn last line is left out.

    Torn is what has no end: a write that was cut short. A whole line that is wrong is damage.
    """
    lines = data.splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        del lines[-1]
    return [(line, _record(line)) for line in lines]


def _record(line: bytes) -> Log | None:
    """Return a line's record, or None where it is not a whole one."""
    found = CHECKSUM.search(line)
    if found and zlib.crc32(line[: found.start()] + b"}") != int(found[1]):
        return None
    try:
        log = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(log, dict) or "op_code" not in log:
        return None
    log.pop("crc", None)
    return log
