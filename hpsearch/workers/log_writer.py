"""Writes what attempts print into their logs: a process of its own, which `output.py` starts.

Why a process: what a worker printed before it was killed stands in the pipe, and whoever still
lives writes it; a thread would die with the worker, and before that wait for Python's lock, which C
code may hold while it prints. A full disk is met here, not by the trainable's `print`.

A log is cut in its middle, each line has the seconds since the attempt began, and nothing in it
moves a terminal's cursor. Imports nothing of hpsearch: `python -I -S` starts it in 20 ms.
"""

import fcntl
import json
import os
import re
import selectors
import socket
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

HEAD = 256 * 1024
TAIL = 768 * 1024 - 256
"""So many bytes of a log are kept from its beginning and from its end; both are a megabyte."""

SLACK = TAIL
"""So many bytes more a log may grow before its middle is cut, so that a byte is moved but once."""

OPEN_SECONDS = 1.0
"""A line that is not ended (a progress bar, a prompt) is written after so long as it stands."""

LONGEST_LINE = 64 * 1024
CHUNK = 64 * 1024
MOST_DRAINED = 64
"""So many chunks are read at an attempt's end: a child may print for ever."""

UNPRINTABLE = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
"""What a terminal would obey: titles, colours, cursor moves, bells."""


class Log:
    """The log of one attempt, and the pipe that it comes from."""

    def __init__(self, path: str, pipe: int, live: "Live") -> None:
        self.pipe = pipe
        self._path = path
        self._live = live
        self._begun = time.monotonic()
        self._open_line, self._open_since = b"", 0.0
        self._lost = self._cut_bytes = 0
        self._file: int | None = None
        self._size = 0
        os.set_blocking(pipe, False)
        with suppress(OSError):
            self._open()

    def read(self) -> bool:
        """Take what is in the pipe; return whether more may come."""
        try:
            data = os.read(self.pipe, CHUNK)
        except BlockingIOError:
            return True
        self._take(data)
        return bool(data)

    def catch_up(self) -> None:
        """Take all that is in the pipe now."""
        for _ in range(MOST_DRAINED):
            try:
                data = os.read(self.pipe, CHUNK)
            except BlockingIOError:
                break
            self._take(data)
            if not data:
                break

    def settle(self) -> None:
        """Write what is not ended, cut the middle, and let others know that it is whole."""
        self._write_open_line()
        if self._size > HEAD + TAIL:
            self._cut()
        if self._file is not None:
            with suppress(OSError):
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def seconds_until_due(self) -> float | None:
        """Return when a line is to be written that is not ended, or None."""
        if not self._open_line:
            return None
        return max(0.0, self._open_since + OPEN_SECONDS - time.monotonic())

    def write_overdue(self) -> None:
        """Write a line that has stood open for too long."""
        if self.seconds_until_due() == 0:
            self._write_open_line()

    def close(self) -> None:
        """Close the file and the pipe."""
        os.close(self.pipe)
        if self._file is not None:
            os.close(self._file)

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
        self._live.write("".join(texts))
        self._append("".join(f"{seconds:10.3f}  {text}" for text in texts).encode())

    def _append(self, data: bytes) -> None:
        """Write to the file; a full disk loses lines, and it is said once there is room again."""
        if self._file is None:  # it was removed, by `rm` say
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
        except OSError:  # removed under way, or no room: the beginning is better than nothing
            if self._file is not None:
                with suppress(OSError):
                    os.ftruncate(self._file, HEAD)
            self._size = HEAD

    def _content(self, path: Path) -> bytes:
        """Return what the file has; raises OSError where it is not there any more."""
        if self._file is None or not os.path.samestat(path.stat(), os.fstat(self._file)):
            raise FileNotFoundError(path)
        return path.read_bytes()

    def _open(self) -> None:
        """Open the file, and hold its lock: it is being written."""
        file = _private(self._path, os.O_WRONLY | os.O_APPEND)
        if self._file is not None:
            os.close(self._file)
        self._file, self._size = file, os.fstat(file).st_size
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Live:
    """Where lines are shown while they come; where nobody reads there any more, stderr."""

    def __init__(self, file: int | None) -> None:
        self._file = file

    def write(self, text: str) -> None:
        data = text.encode()
        while data and self._file is not None:
            try:
                data = data[os.write(self._file, data) :]
            except OSError:
                self._file = 2 if self._file != 2 else None


class Writer:
    """Does what the worker says over a socket, until it is gone and all pipes are closed."""

    def __init__(self, control: socket.socket, live: Live) -> None:
        self._control = control
        self._live = live
        self._logs: list[Log] = []
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(control, selectors.EVENT_READ)

    def run(self) -> None:
        self._answer()  # it is there
        while self._waiting.get_map():
            for key, _ in self._waiting.select(self._seconds()):
                if key.data is None:
                    self._listen()
                elif not key.data.read():
                    self._forget(key.data)
            for log in self._logs:
                log.write_overdue()

    def _seconds(self) -> float | None:
        due = [seconds for log in self._logs if (seconds := log.seconds_until_due()) is not None]
        return min(due, default=None)

    def _listen(self) -> None:
        try:
            said, pipes, _, _ = socket.recv_fds(self._control, CHUNK, 1)
        except OSError:
            said, pipes = b"", []
        if not said:
            self._waiting.unregister(self._control)
        for line in said.splitlines():
            path = json.loads(line)
            if path in (None, True):
                self._catch_up(is_end=path is None)
            else:
                self._begin(Log(path, pipes[0], self._live))

    def _begin(self, log: Log) -> None:
        self._logs.append(log)
        self._waiting.register(log.pipe, selectors.EVENT_READ, log)

    def _catch_up(self, *, is_end: bool) -> None:
        """Have in the file what was printed; at the end also a line that is not whole."""
        if self._logs:
            self._logs[-1].catch_up()
            if is_end:
                self._logs[-1].settle()
        self._answer()

    def _answer(self) -> None:
        with suppress(OSError):
            self._control.sendall(b"\n")

    def _forget(self, log: Log) -> None:
        log.settle()
        self._waiting.unregister(log.pipe)
        self._logs.remove(log)
        log.close()


def _shown(line: bytes) -> str:
    """Return what a terminal would show of a line that was written over, by a progress bar say."""
    text = line.rstrip(b"\r").rpartition(b"\r")[2].decode(errors="replace")
    return UNPRINTABLE.sub("", text)


def _remark(text: str) -> bytes:
    return f"{'':10}  [{text}]\n".encode()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


if __name__ == "__main__":
    Writer(socket.socket(fileno=int(sys.argv[1])), Live(int(sys.argv[2]) or None)).run()
