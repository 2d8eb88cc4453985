"""A web server as a child process that ends with its parent."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import IO

from hpsearch.cli import faults
from hpsearch.cli.programs import HOST, Program
from hpsearch.common.errors import HpsearchError
from hpsearch.common.redaction import redacted
from hpsearch.usecases.interrupts import answered_by

POLL_SECONDS = 0.2
GRACE_SECONDS = 5.0
"""The server has so long to end before it is killed."""


@dataclass(frozen=True)
class Server:
    """A server that was started; `log` has its output."""

    process: "subprocess.Popen[bytes]"
    program: Program
    port: int
    log: IO[bytes]

    @property
    def address(self) -> str:
        """The address to open in a browser."""
        return self._at(self.program.page)

    def wait_until_it_answers(self) -> None:
        """Return when it answers over HTTP; raises HpsearchError if it ends instead."""
        while not self._answers():
            if self.process.poll() is not None:
                raise self._failure()
            time.sleep(POLL_SECONDS)

    def wait(self) -> None:
        """Wait until it ends, which it does only if something is wrong; raises HpsearchError."""
        self.process.wait()
        raise self._failure()

    def _answers(self) -> bool:
        address = self._at(self.program.health)
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _at(self, path: str) -> str:
        return f"http://{HOST}:{self.port}{path}"

    def _failure(self) -> HpsearchError:
        self.log.seek(0)
        lines = self.log.read().decode(errors="replace").strip().splitlines() or ["nothing"]
        shown = redacted(self.program.source)
        last = lines[-1].replace(self.program.source, shown)
        code = self.process.returncode
        problem = f"its server ended with code {code}; its last line of output:\n{last}"
        return HpsearchError(faults.ui_ended(self.program.name, shown, problem))


@contextmanager
def serving(program: Program, port: int) -> Iterator[Server]:
    """Run a server inside `with`; at the end, stop it with all processes that it started."""
    command = [sys.executable, "-P", "-m", program.module, *program.arguments, "--port", str(port)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603
            command, env=program.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield Server(process, program, port, log)
        finally:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the process and all processes that it started."""
    _signal_group(process.pid, signal.SIGTERM)
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


@contextmanager
def signals_as_interrupts() -> Iterator[None]:
    """Inside `with`, a closed terminal and `kill` do what Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with answered_by(interrupt):
        yield
