"""The process of a command, with a process group of its own: all of it ends with the attempt.

Whoever kills hpsearch's process, `guard.py` kills the group. Not covered: a child that leaves the
group (`setsid`, a daemon).
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from hpsearch.common.decision import TrialStopped
from hpsearch.trainable.command.failure import CommandFailed, failure_of
from hpsearch.trainable.command.guard import Guard
from hpsearch.trainable.command.lines import Line
from hpsearch.trainable.command.output import Output

TICK_SECONDS = 0.1
"""How often files are looked at, and whether the process has ended, while it prints nothing."""

MOST_READ = 64
"""So often its output is read after its end: more than a pipe holds; a daemon may never stop."""

SHELL_SIGNAL = 128
"""A shell ends with 128 and the number of the signal that killed its program."""


class Process:
    """A command that runs. When its context is left, the process and its group are gone."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        grace_seconds: float,
    ) -> None:
        """Start it; raises CommandFailed if that is impossible."""
        self.knows_its_stop = False
        """Whether it was told to stop, and may end by itself: SIGTERM waits for half the grace."""
        self._grace = grace_seconds
        self._guard = Guard()
        try:
            self._popen = subprocess.Popen(  # noqa: S603 (the user's own command)
                words, cwd=folder, env=environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
        except (OSError, ValueError) as error:  # ValueError: a zero byte in a word
            self._guard.dismiss()
            problem = getattr(error, "strerror", None) or str(error)
            raise CommandFailed(f"`{words[0]}` cannot be started: {problem}") from None
        self._guard.watch(self._popen.pid)
        self.output = Output(self._popen)
        self._end = _end_of(self._popen.pid)
        if self._end is not None:
            self.output.wake_once(self._end)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        try:
            self._stop()
        finally:
            self._signal(signal.SIGKILL)
            self._popen.wait()
            self._guard.dismiss()
            self.output.close()
            if self._end is not None:
                os.close(self._end)

    def lines(self) -> Iterator[Sequence[Line]]:
        """Yield what is printed as it comes, at least every tick, until the process has ended."""
        while self._popen.poll() is None:
            yield self.output.read(TICK_SECONDS)
        self._signal(signal.SIGKILL)  # what it started and left behind
        for _ in range(MOST_READ):
            if not self.output.has_more():
                break
            yield self.output.read(0)
        yield self.output.finish()

    def check(self, *, shell: bool) -> None:
        """Raise CommandFailed, or Infeasible, unless the process ended with exit code 0."""
        code = self._popen.returncode
        if shell and code > SHELL_SIGNAL:
            code = SHELL_SIGNAL - code
        if code:
            raise failure_of(code, self.output.errors, self.output.last_line)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Pause the whole group for a while."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _stop(self) -> None:
        """Have it end: by SIGTERM, then SIGKILL after the grace. Its output is still read."""
        begun = time.monotonic()
        if self.knows_its_stop:
            self._wait(begun + self._grace / 2)
        if self._popen.poll() is None:
            self._signal(signal.SIGTERM)
            self._wait(begun + self._grace)

    def _wait(self, deadline: float) -> None:
        while self._popen.poll() is None and time.monotonic() < deadline:
            with suppress(TrialStopped):  # it is stopped already
                self.output.read(TICK_SECONDS)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, number)


def _end_of(process: int) -> int | None:
    """Return a descriptor that is readable once a process has ended; None if there are none."""
    try:
        return os.pidfd_open(process)
    except (AttributeError, OSError):  # not Linux, or an old one
        return None
