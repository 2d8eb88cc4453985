"""A web server as a child process that never outlives its parent's end: MLflow's, Optuna's.

Imports neither of them.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import IO, Literal

from hpsearch.cli import faults
from hpsearch.common.errors import HpsearchError
from hpsearch.common.redaction import redacted
from hpsearch.store import StudyStore
from hpsearch.store.documents import JOURNAL
from hpsearch.usecases.interrupts import answered_by

HOST = "127.0.0.1"
POLL_SECONDS = 0.2
GRACE_SECONDS = 5.0
"""The server gets so long to end by itself before it is killed."""

MLFLOW_SETTINGS = {
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # its queue of jobs is four more processes
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


@dataclass(frozen=True)
class Program:
    """A server to be started: `module` with `arguments`, which hold the port.

    `source` is what it shows, and `shows` its kind; `first_port` is where a free one is looked for,
    `health` a path that it answers as soon as it can, `page` the one that people open, and
    `environment` the whole of its own.
    """

    name: str
    shows: Literal["tracking_uri", "journal"]
    source: str
    module: str
    arguments: tuple[str, ...]
    first_port: int
    health: str
    page: str
    environment: Mapping[str, str]


def mlflow_program(uri: str) -> Program:
    """Return MLflow's own server on a tracking store."""
    return Program(
        "MLflow's UI",
        "tracking_uri",
        uri,
        "mlflow",
        ("server", "--host", HOST, "--workers", "1", "--uvicorn-opts", "--log-level warning"),
        5000,
        "/health",
        "",
        # not on the command line, which all can read: the URI may hold a password
        {**MLFLOW_SETTINGS, **os.environ, "MLFLOW_BACKEND_STORE_URI": uri},
    )


def optuna_program(study: StudyStore) -> Program:
    """Return optuna-dashboard on a study's journal."""
    arguments = (study.store_address, study.name, "--host", HOST)
    module = "hpsearch.strategies.dashboard"
    return Program(
        "optuna-dashboard",
        "journal",
        study.locate(JOURNAL),
        module,
        arguments,
        8080,
        "/api/meta",
        "/dashboard/studies/0",  # the journal's only one
        dict(os.environ),
    )


@dataclass(frozen=True)
class Server:
    """A server that was started; `log` is what it says."""

    process: "subprocess.Popen[bytes]"
    program: Program
    port: int
    log: IO[bytes]

    @property
    def address(self) -> str:
        """What people open."""
        return self._at(self.program.page)

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
        said = self.log.read().decode(errors="replace").strip().splitlines() or ["nothing"]
        shown = redacted(self.program.source)
        last = said[-1].replace(self.program.source, shown)
        problem = f"its server ended with code {self.process.returncode}, and said last:\n{last}"
        return HpsearchError(faults.ui_ended(self.program.name, shown, problem))


@contextmanager
def serving(program: Program, port: int) -> Iterator[Server]:
    """Run a server while inside; its whole process group is ended on the way out."""
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

    with answered_by(interrupt):
        yield


def is_free(port: int) -> bool:
    """Return whether nobody listens on the port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
