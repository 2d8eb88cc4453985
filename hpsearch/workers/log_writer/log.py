"""The log of one attempt: from the bytes of a pipe to whole, printable lines with their seconds."""

import os
import re
import time
from collections.abc import Iterable

from hpsearch.workers.log_writer.live import Live
from hpsearch.workers.log_writer.log_file import LogFile

OPEN_SECONDS = 1.0
"""A line that has not ended (a progress bar, a prompt) is written after so long as it is."""

LONGEST_LINE = 64 * 1024
CHUNK = 64 * 1024
MOST_DRAINED = 64
"""So many chunks are read at an attempt's end: a child may print for ever."""

UNPRINTABLE = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
"""What a terminal would execute: titles, colours, cursor moves, bells."""


class Log:
    """The log of one attempt, and the pipe that it comes from; `prefix` is for `live` alone."""

    def __init__(self, path: str, pipe: int, live: "Live", prefix: str = "") -> None:
        self.pipe = pipe
        self._live, self._prefix = live, prefix
        self._begun = time.monotonic()
        self._open_line, self._open_since = b"", 0.0
        self._file = LogFile(path)
        os.set_blocking(pipe, False)

    def read(self) -> bool:
        """Read what is in the pipe; return whether more may come."""
        try:
            data = os.read(self.pipe, CHUNK)
        except BlockingIOError:
            return True
        self._take(data)
        return bool(data)

    def catch_up(self) -> None:
        """Read all that is in the pipe now."""
        for _ in range(MOST_DRAINED):
            try:
                data = os.read(self.pipe, CHUNK)
            except BlockingIOError:
                break
            self._take(data)
            if not data:
                break

    def finish(self) -> None:
        """Write the line that has not ended; the log is whole then."""
        self._write_open_line()
        self._file.finish()

    def seconds_until_due(self) -> float | None:
        """Return when the line that has not ended must be written, or None."""
        if not self._open_line:
            return None
        return max(0.0, self._open_since + OPEN_SECONDS - time.monotonic())

    def write_overdue(self) -> None:
        """Write a line that has not ended for too long."""
        if self.seconds_until_due() == 0:
            self._write_open_line()

    def close(self) -> None:
        """Close the file and the pipe."""
        os.close(self.pipe)
        self._file.close()

    def _take(self, data: bytes) -> None:
        was_open = bool(self._open_line)
        *lines, self._open_line = (self._open_line + data).split(b"\n")
        if self._open_line and (lines or not was_open):
            self._open_since = time.monotonic()
        self._write(_shown(line) for line in lines)
        if len(self._open_line) > LONGEST_LINE:
            self._write_open_line()

    def _write_open_line(self) -> None:
        text = _shown(self._open_line)
        self._open_line = b""
        if text.strip():
            self._write([text])

    def _write(self, lines: Iterable[str]) -> None:
        seconds = time.monotonic() - self._begun
        texts = [f"{line}\n" for line in lines]
        self._live.write("".join(f"{self._prefix}{text}" for text in texts))
        self._file.append("".join(f"{seconds:10.3f}  {text}" for text in texts).encode())


def _shown(line: bytes) -> str:
    """Return what a terminal would show of a line that was overwritten, as progress bars do."""
    text = line.rstrip(b"\r").rpartition(b"\r")[2].decode(errors="replace")
    return UNPRINTABLE.sub("", text)
