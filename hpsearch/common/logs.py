"""What attempts print, kept in the study's folder: a file for each, and how it is read.

Each line begins with the seconds since the attempt began (`workers/log_writer/` writes them).
Quiet attempts leave no file.
"""

import fcntl
import re
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from hpsearch.common.privacy import Privacy
from hpsearch.common.text import printable

TAIL_LINES = 30
"""How many last lines the report of a failure shows."""

TAIL_BYTES = 16 * 1024

IMPORT_LOGS = "import-*.log"
"""What workers printed while they imported the trainable, beside the logs of the trials."""

SETTLE_SECONDS = 2.0
"""How long the last output of a dead process can take from the pipe to the file."""

NOISE = re.compile(r" logging\.cc:\d+: |^PC: @|^ +@ +0x.*\(unknown\)$|^Extension modules: ")
"""Lines of Ray and Python at a crash that help nobody: repetitions, and addresses alone."""

STAMPED = re.compile(r" *(\d+\.\d+)  (.*)")


@dataclass(frozen=True)
class Line:
    """A line of a log; `seconds` since the attempt began, None for a remark on what is missing."""

    seconds: float | None
    text: str


class LogReader:
    """Reads a log while it grows; a middle that is cut meanwhile is skipped."""

    PAUSE_SECONDS = 0.2

    def __init__(self, read: Callable[[], bytes], privacy: Privacy) -> None:
        """`read` returns the log as it is now, `privacy` hides its secrets."""
        self._read = read
        self._privacy = privacy
        self._last = b""
        self._offset = 0

    def read(self) -> list[Line]:
        """Return the whole lines that are new."""
        lines, end, _ = self._new().rpartition(b"\n")
        if end:
            self._offset += len(lines) + 1
            self._last = lines.rpartition(b"\n")[2] + b"\n"
        return self._shown(lines)

    def rest(self) -> list[Line]:
        """Return what is new at the end, also a line that is not whole."""
        return [*self.read(), *self._shown(self._new())]

    def _shown(self, data: bytes) -> list[Line]:
        return [replace(line, text=self._privacy.clean(line.text)) for line in parse(data)]

    def _new(self) -> bytes:
        """Return what follows the last line that was read."""
        data = self._read()
        if not data.endswith(self._last, 0, self._offset):  # it was cut
            found = data.rfind(b"\n" + self._last)
            self._offset = found + 1 + len(self._last) if found >= 0 else 0
        return data[self._offset :]


class NoLogs:
    """Keeps nothing; see `ports.Logs`."""

    def begin(self, number: int, attempt: int) -> str:
        return ""

    def end(self, number: int, attempt: int, *, output: bytes = b"", died: bool = False) -> None:
        """Keep nothing."""

    def tail(self, number: int, attempt: int) -> str:
        return ""


def tail(file: Path) -> str:
    """Return the last lines of a log without their times, nothing if there is none."""
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - TAIL_BYTES))
            return tail_of(opened.read())
    except OSError:
        return ""


def tail_of(data: bytes) -> str:
    """Return the last lines of a log's content without their times."""
    lines = parse(data)
    return "\n".join([line.text for line in lines if not NOISE.search(line.text)][-TAIL_LINES:])


def last_lines(output: str) -> str:
    """Return what the end of a log adds to the report of a failure, nothing if it is empty."""
    return f"The last lines that it printed:\n{textwrap.indent(output, '  ')}" if output else ""


def parse(data: bytes) -> list[Line]:
    """Return the lines of a log, fit for any terminal."""
    lines = [printable(line) for line in data.decode(errors="replace").split("\n")]
    return [_line(line) for line in lines if line.strip()]


def is_being_written(file: Path) -> bool:
    """Return whether a worker writes to a log: it holds the file's lock meanwhile."""
    try:
        with file.open("rb") as opened:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _line(text: str) -> Line:
    match = STAMPED.fullmatch(text)
    return Line(float(match[1]), match[2]) if match else Line(None, text.strip())


def wait_until_whole(file: Path) -> None:
    """Return when all that a process printed before it died is in the file."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while is_being_written(file) and time.monotonic() < deadline:
        time.sleep(0.01)
