"""The file of a log: its middle is cut out if it grows too large, its lock says who writes it."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

HEAD = 256 * 1024
TAIL = 768 * 1024 - 256
"""So many bytes of a log are kept from its beginning and from its end; both are a megabyte."""

SLACK = TAIL
"""So many bytes more a log may grow before its middle is cut, so that a byte is moved but once."""


class LogFile:
    """An existing file that is appended to; without it, what is written is lost."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lost = self._cut_bytes = 0
        self._file: int | None = None
        self._size = 0
        with suppress(OSError):
            self._open()

    def append(self, data: bytes) -> None:
        """Write to the file; a full disk loses lines, and a remark says so later."""
        if self._file is None:  # it was deleted, for example by `rm`
            return
        if self._lost and data:
            data = b"\n" + _remark(f"{self._lost} bytes could not be written") + data
        try:
            while data:
                written = os.write(self._file, data)
                self._size += written
                data, self._lost = data[written:], 0
        except OSError:
            self._lost += len(data)
        if self._size > HEAD + TAIL + SLACK:
            self._cut()

    def finish(self) -> None:
        """Cut the middle, and release the lock: the log is whole."""
        if self._size > HEAD + TAIL:
            self._cut()
        if self._file is not None:
            with suppress(OSError):
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)

    def _cut(self) -> None:
        """Replace the middle of the file by a remark."""
        try:
            path, aside = Path(self._path), Path(f"{self._path}.cut")
            data = self._content(path)
            head, tail = data[:HEAD].rpartition(b"\n")[0], data[-TAIL:].partition(b"\n")[2]
            self._cut_bytes += len(data) - len(head) - len(tail)
            cut = head + b"\n" + _remark(f"{self._cut_bytes} bytes are cut out here") + tail
            with open(aside, "wb", opener=_private) as file:
                file.write(cut)
            aside.replace(path)
            self._open()
        except OSError:  # deleted meanwhile, or no room: the beginning is better than nothing
            if self._file is not None:
                with suppress(OSError):
                    os.ftruncate(self._file, HEAD)
            self._size = HEAD

    def _content(self, path: Path) -> bytes:
        """Return what the file has; raises OSError if it was deleted."""
        if self._file is None or not os.path.samestat(path.stat(), os.fstat(self._file)):
            raise FileNotFoundError(path)
        return path.read_bytes()

    def _open(self) -> None:
        """Open the file, and take its lock: it is being written."""
        file = _private(self._path, os.O_WRONLY | os.O_APPEND)
        if self._file is not None:
            os.close(self._file)
        self._file, self._size = file, os.fstat(file).st_size
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _remark(text: str) -> bytes:
    return f"{'':10}  [{text}]\n".encode()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
