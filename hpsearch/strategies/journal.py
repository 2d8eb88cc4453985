"""Optuna's journal for a single writer: a line of JSON each, appended; the format is Optuna's own.

Unlike optuna's JournalFileBackend it repairs a torn last line before it appends, keeps the file
open, does not read back what it wrote, and flushes to disk when told to (a finished trial), not at
every line: 8 suggestions and 3 reports cost no fsync. Each line ends in a checksum of what is
before it, under a key that Optuna leaves alone, so that not even one bit changes unnoticed; lines
without one are taken as they are. Optuna's own backend reads the same file. What is written while
it is `held` is read at once and reaches the file when it is released, or never.
"""

import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from optuna.storages.journal import BaseJournalBackend

from hpsearch.common import faults
from hpsearch.common.errors import SearchFailed

Log = dict[str, Any]

CHECKSUM = re.compile(rb',"crc":(\d+)\}\n$')


class Journal(BaseJournalBackend):
    """The journal's file. Whoever writes holds the study's lock; a reader follows it."""

    def __init__(self, path: Path, *, writable: bool) -> None:
        """Read what is there; raises SearchFailed where it is damaged or cannot be written."""
        self._path = path
        self._file: int | None = None
        self._unread: list[Log] = []
        self._held: list[Log] = []
        self._is_holding = False
        self._first_unread = self._size = 0
        self._follow()
        if writable:
            try:
                self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
                os.ftruncate(self._file, self._size)  # the half line of a write that was cut short
            except OSError as error:
                raise self._refused(error) from None

    def read_logs(self, log_number_from: int) -> Iterable[Log]:
        """Return the records from that number on; each is held until it was asked for."""
        if self._file is None:
            self._follow()
        skipped = log_number_from - self._first_unread
        logs, self._unread = self._unread[skipped:], []
        self._first_unread = log_number_from + len(logs)
        return logs

    def _follow(self) -> None:
        """Read what was appended since."""
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._size)
                logs, size = _parse(self._path, file.read())
            self._unread += logs
            self._size += size

    def append_logs(self, logs: list[Log]) -> None:
        """Append records, whole or not at all; raises SearchFailed where the disk refuses."""
        data = b"".join(as_line(log) for log in logs)
        if self._is_holding:
            self._held += logs
        else:
            self._write(data)
        self._unread.extend(log for _, log in read_lines(data) if log is not None)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold back from the file what is appended meanwhile."""
        self._is_holding = True
        try:
            yield
        finally:
            self._is_holding = False

    def release(self, begun: datetime) -> None:
        """Write what was held, in one piece; the trial that it proposes begins at that time."""
        started = {"datetime_start": begun.astimezone(UTC).isoformat()}
        logs = [log | started if "datetime_start" in log else log for log in self._held]
        self._write(b"".join(as_line(log) for log in logs))
        self._held = []

    def _write(self, data: bytes) -> None:
        assert self._file is not None  # noqa: S101 (a reader never appends)
        try:
            written = os.write(self._file, data)
            if written < len(data):
                raise OSError(28, "No space left on device")
        except OSError as error:
            os.ftruncate(self._file, self._size)
            raise self._refused(error) from None
        self._size += len(data)

    def flush(self) -> None:
        """Return when all that was appended is on the disk; raises SearchFailed where it is not."""
        assert self._file is not None  # noqa: S101
        try:
            os.fsync(self._file)
        except OSError as error:
            raise self._refused(error) from None

    def close(self) -> None:
        """Close the file; nothing is lost, with or without this."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _refused(self, error: OSError) -> SearchFailed:
        return SearchFailed(faults.journal_unwritable(self._path, str(error)))


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


def _parse(path: Path, data: bytes) -> tuple[list[Log], int]:
    """Return the records and the length of the part that holds them."""
    logs: list[Log] = []
    size = 0
    for number, (line, log) in enumerate(read_lines(data), start=1):
        if log is None:
            raise SearchFailed(faults.journal_damaged(path, number))
        logs.append(log)
        size += len(line)
    return logs, size


def _record(line: bytes) -> Log | None:
    """Return a line's record, or None where it is not a whole one."""
    found = CHECKSUM.search(line)
    if found and zlib.crc32(line[: found.start()] + b"}") != int(found[1]):
        return None
    try:
        log = json.loads(line)
    except ValueError:
        return None
    if not isinstance(log, dict) or "op_code" not in log:
        return None
    log.pop("crc", None)
    return log
