"""Redirects file descriptors 1 and 2 into a pipe, out of which another process writes a log.

Why another process: see `log_writer`. The descriptors are the whole process's: only an attempt in
the main thread takes them. If it runs in another thread, the main thread belongs to somebody else,
such as a notebook or the loop over `Study.stream`, whose prints must not end up in a trial's log.
"""

import os
import subprocess
import tempfile
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType

from hpsearch.common.logs import tail
from hpsearch.workers.output.routed_streams import own_stream, replaced_streams
from hpsearch.workers.output.streams import flush, open_stream, restore_descriptor
from hpsearch.workers.output.writer import LogWriter


class Capture:
    """Captures what is printed while it is entered."""

    def __init__(self, writer: LogWriter, file: str, prefix: str = "") -> None:
        self._writer = writer
        self._prefix = prefix
        self._is_own = not (file and Path(file).is_file())
        self._file = _temporary() if self._is_own else file
        self._undo = ExitStack()
        self._process = os.getpid()
        self._is_active = False

    def __enter__(self) -> "Capture":
        with suppress(OSError, subprocess.SubprocessError), ExitStack() as undo:
            if threading.current_thread() is threading.main_thread():
                self._redirect(undo)
            else:
                self._redirect_prints(undo)
            self._undo = undo.pop_all()
            self._is_active = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.release()

    @property
    def is_active(self) -> bool:
        """Whether what is printed now is captured."""
        return self._is_active

    def release(self) -> None:
        """Undo the redirection: what is printed goes where it went before."""
        self._is_active = False
        self._undo.close()

    def content(self) -> bytes:
        """Return what was captured, if only this machine has it."""
        if not self._is_own:
            return b""
        try:
            return Path(self._file).read_bytes()
        except OSError:
            return b""
        finally:
            self.remove()

    def tail(self) -> str:
        """Return the last lines that were captured."""
        return tail(Path(self._file))

    def tail_so_far(self) -> str:
        """Return the last whole lines while more may come; in a forked child, those before it."""
        if os.getpid() == self._process:
            flush()
            self._writer.catch_up()
        return self.tail()

    def remove(self) -> None:
        """Delete what was captured."""
        with suppress(OSError):
            Path(self._file).unlink()

    def _redirect(self, undo: ExitStack) -> None:
        reader, writer = os.pipe()
        try:
            self._writer.begin(self._file, reader, self._prefix)
            undo.callback(self._writer.end)
            flush()
            for number in (1, 2):
                undo.callback(restore_descriptor, os.dup(number), number)
                os.dup2(writer, number)
        finally:
            os.close(reader)
            os.close(writer)
        undo.enter_context(replaced_streams(open_stream(1), open_stream(2)))
        undo.callback(flush)

    def _redirect_prints(self, undo: ExitStack) -> None:
        """Capture what Python prints in this thread alone."""
        reader, writer = os.pipe()
        stream = open_stream(writer, close=True)
        try:
            self._writer.begin(self._file, reader, self._prefix)
            undo.callback(self._writer.end)
        finally:
            os.close(reader)
            undo.callback(stream.close)
        undo.enter_context(own_stream(stream))


def _temporary() -> str:
    try:
        file, path = tempfile.mkstemp(prefix="hpsearch-log-")
        os.close(file)
    except OSError:  # a full disk; then nothing is captured
        return ""
    return path
