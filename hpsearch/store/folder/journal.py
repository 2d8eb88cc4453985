"""The journal as a file: appends are whole or not at all, and flushed when told to."""

import os
from pathlib import Path

from hpsearch.common.errors import SearchFailed, UserError
from hpsearch.store import faults


class FolderJournal:
    """See `store.JournalLog`. A writer holds the study's lease."""

    def __init__(self, path: Path, *, writable: bool) -> None:
        """Open the file, or begin it; raises SearchFailed if it cannot be written."""
        self._path = path
        self._seen = 0
        self._flushed = -1
        """The size at the last flush: of what was there before, nobody knows if it is durable."""
        self._file: int | None = None
        if writable:
            try:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
                self._size = len(whole_lines(path.read_bytes()))
                os.ftruncate(self._file, self._size)  # the half line of a killed driver
            except OSError as error:
                raise self._refused(error) from None

    @property
    def address(self) -> str:
        return str(self._path)

    def read(self) -> bytes:
        """Return the whole lines that were appended since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._seen)
                data = whole_lines(file.read())
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise UserError(faults.journal_unreadable(self.address, str(error))) from None
        self._seen += len(data)
        return data

    def read_external(self) -> bytes:
        """Return what another program appended; raises SearchFailed if it ends within a line."""
        assert self._file is not None  # noqa: S101 (a reader does not append)
        more = os.fstat(self._file).st_size - self._size
        data = os.pread(self._file, more, self._size) if more > 0 else b""
        if whole_lines(data) != data:
            raise SearchFailed(faults.journal_shared(self.address))
        self._size += len(data)
        return data

    def append(self, data: bytes) -> None:
        """Append lines, all or none of them; raises SearchFailed if the disk refuses."""
        assert self._file is not None  # noqa: S101 (a reader does not append)
        try:
            written = os.write(self._file, data)
            if written < len(data):
                raise OSError(28, "No space left on device")
        except OSError as error:
            os.ftruncate(self._file, self._size)
            raise self._refused(error) from None
        self._size += len(data)

    def flush(self, *, wait: bool = True) -> None:
        """Return when all that was appended is on the disk; raises SearchFailed if it is not.

        A file that was deleted or renamed can still be written, but nobody would find it.
        """
        assert self._file is not None  # noqa: S101
        appended = self._size  # before the flush: another thread may append meanwhile
        try:
            if appended != self._flushed:
                os.fsync(self._file)
            is_there = os.path.samestat(os.fstat(self._file), self._path.stat())
        except FileNotFoundError:
            is_there = False
        except OSError as error:
            raise self._refused(error) from None
        if not is_there:
            raise SearchFailed(faults.journal_gone(self.address))
        self._flushed = appended

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _refused(self, error: OSError) -> SearchFailed:
        return SearchFailed(faults.journal_unwritable(self.address, str(error)))


def whole_lines(data: bytes) -> bytes:
    """Return the complete lines; the last line may still be being written."""
    return data[: data.rfind(b"\n") + 1]
