"""The process that writes logs, as the worker sees it: started once, told over a socket."""

import json
import socket
import subprocess
import sys
import weakref
from contextlib import suppress
from pathlib import Path

import hpsearch

START = """import sys; sys.path.append(sys.argv[1])
from hpsearch.workers.log_writer.program import main; main(*map(int, sys.argv[2:]))"""

IN_BACKGROUND = '"$@" &'
"""Starts a program that is not this process's child: no `wait` of a trainable meets it."""

ACK_SECONDS = 10.0
"""How long an end waits until all is written; a slow disk must not cost the trial."""


class LogWriter:
    """Starts the process when it is needed; `live` is a descriptor that gets all lines, too."""

    def __init__(self, live: int | None = None) -> None:
        self._live = live
        self._control: socket.socket | None = None

    def start(self) -> None:
        """Start the process now, unless that is impossible."""
        with suppress(OSError, subprocess.SubprocessError):
            self._started()

    def begin(self, file: str, pipe: int, prefix: str = "") -> None:
        """Have what comes out of a pipe written to a file; raises OSError.

        `prefix` stands before each line for `live`.
        """
        message = [json.dumps([file, prefix]).encode() + b"\n"]
        try:
            socket.send_fds(self._started(), message, [pipe])
        except OSError:  # the process is gone
            self.close()
            socket.send_fds(self._started(), message, [pipe])

    def catch_up(self) -> None:
        """Return when all whole lines that were printed so far are in the file."""
        self._wait_for(b"true\n")

    def end(self) -> None:
        """Return when all that was printed is in the file."""
        self._wait_for(b"null\n")

    def close(self) -> None:
        """Let the process end once it has nothing left to write."""
        if self._control is not None:
            self._control.close()
            self._control = None

    def _wait_for(self, wanted: bytes) -> None:
        if self._control is None:
            return
        try:
            self._control.sendall(wanted)
            self._control.recv(1)
        except OSError:  # it was killed, or is too slow: the trial does not wait for it
            self.close()

    def _started(self) -> socket.socket:
        if self._control is None:
            self._control, other = socket.socketpair()
            self._control.settimeout(ACK_SECONDS)
            weakref.finalize(self, self._control.close)
            with other:
                self._start(other.fileno())
            if not self._control.recv(1):
                raise ChildProcessError("the process that writes logs did not start")
        return self._control

    def _start(self, control: int) -> None:
        live = self._live or 0
        passed = [control, live] if live > 2 else [control]
        root = str(Path(hpsearch.__file__).parents[1])
        program = [sys.executable, "-I", "-S", "-c", START, root, str(control), str(live)]
        subprocess.run(  # noqa: S603 (our own program)
            ["/bin/sh", "-c", IN_BACKGROUND, "sh", *program],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=passed,
            start_new_session=True,
            check=True,
        )
