"""MLflow's server as a child process that never outlives its parent's end. Imports no MLflow."""

import os
import signal
import socket
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

from hpsearch import faults
from hpsearch.errors import HpsearchError
from hpsearch.redaction import redacted

HOST = "127.0.0.1"
POLL_SECONDS = 0.2
GRACE_SECONDS = 5.0
"""The server gets so long to end by itself before it is killed."""

SETTINGS = {
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # its queue of jobs is four more processes
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


@dataclass(frozen=True)
class Server:
    """A server that was started; `log` is what it says."""

    process: "subprocess.Popen[bytes]"
    uri: str
    port: int
    log: IO[bytes]

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    def wait_until_it_answers(self) -> None:
        """Return once it answers over HTTP; raises HpsearchError where it ends instead."""
        while not self._answers():
            if self.process.poll() is not None:
                raise self._failure()
            time.sleep(POLL_SECONDS)

    def wait(self) -> None:
        """Wait for its end, which only comes by itself where something is wrong."""
        self.process.wait()
        raise self._failure()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/health", timeout=2) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _failure(self) -> HpsearchError:
        self.log.seek(0)
        said = self.log.read().decode(errors="replace").strip().splitlines() or ["nothing"]
        shown = redacted(self.uri)
        last = said[-1].replace(self.uri, shown)
        problem = f"its server ended with code {self.process.returncode}, and said last:\n{last}"
        return HpsearchError(faults.ui_ended(shown, problem))


@contextmanager
def serving(uri: str, port: int) -> Iterator[Server]:
    """Run a server while inside; its whole process group is ended on the way out."""
    command = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port)]
    command += ["--workers", "1", "--uvicorn-opts", "--log-level warning"]
    # by the environment: the URI may hold a password, and all can read a command line
    environment = {**SETTINGS, **os.environ, "MLFLOW_BACKEND_STORE_URI": uri}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603
            command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield Server(process, uri, port, log)
        finally:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the process and all that it started."""
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
    """While inside, a closed terminal or a `kill` ends things as Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def is_free(port: int) -> bool:
    """Return whether nobody listens on the port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
