"""A real MLflow that is stopped, frozen, slow, locked or gone: the search goes on all the same."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.harness import Bench, compare, wait_for
from tests.faults.test_slots import GATED, open_gates
from tests.ports import free_port

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(1600),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]


class Server:
    """`mlflow server` on loopback, over the store that `compare` reads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "mlflow", "server", "--workers", "1"]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--backend-store-uri", f"sqlite:///{self._folder / 'mlflow.db'}"]
        log = (self._folder / "server.log").open("ab")
        environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        self._process = subprocess.Popen(
            command, stdout=log, stderr=log, start_new_session=True, env=environment
        )
        wait_for(self._answers, 60, lambda: "the server never answered")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server and its workers."""
        if self._process is not None:
            os.killpg(self._process.pid, number)

    def stop(self) -> None:
        """Kill it, as a machine that goes down does."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self.signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@pytest.fixture
def server(bench: Bench) -> Iterator[Server]:
    made = Server(bench.folder)
    made.start()
    bench.write(
        budget={"trials": 16}, tracking={"uri": made.uri}, params={"steps": 10, "pause": 0.2}
    )
    yield made
    made.stop()


def test_a_server_that_is_away_for_a_while_is_brought_up_to_date(
    bench: Bench, server: Server
) -> None:
    gates = bench.folder / "gates"
    gates.mkdir()
    params = {"steps": 10, "gates": str(gates)}
    bench.write(GATED, budget={"trials": 16}, tracking={"uri": server.uri}, params=params)
    with bench.driving() as driver:
        open_gates(gates, 0, 1)
        driver.wait_for(r"trial \d+ complete", count=2)
        server.stop()
        open_gates(gates, 2, 3, 4)
        driver.wait_for("the search continues without it")
        open_gates(gates, *range(5, 10))
        driver.wait_for(r"trial \d+ complete", count=10)
        server.start()
        open_gates(gates, *range(10, 16))
        assert driver.wait(150) == 0, driver.said()
        assert "answers again" in driver.said()
    assert len(bench.records()) == 16
    assert compare(bench).is_clean, compare(bench)


def test_a_server_that_never_comes_back_holds_nothing_up_and_misses_nothing_later(
    bench: Bench, server: Server
) -> None:
    bench.write(budget={"trials": 4}, tracking={"uri": server.uri})
    with bench.driving() as driver:
        driver.wait_for(r"trial \d+ started", count=2)
        server.stop()
        driver.wait_for(r"trial \d+ complete", count=4)
        assert driver.wait(150) == 0, driver.said()
        assert "MLflow" in driver.said().rpartition("all 4 trials have run")[2]
    assert len(bench.records()) == 4
    server.start()
    bench.run(seconds=150)
    assert compare(bench).is_clean, compare(bench)


def test_a_server_that_freezes_does_not_slow_the_search(bench: Bench, server: Server) -> None:
    with bench.driving() as driver:
        driver.wait_for(r"trial \d+ complete", count=2)
        server.signal(signal.SIGSTOP)
        begun = time.monotonic()
        driver.wait_for(r"trial \d+ complete", count=8)
        assert time.monotonic() - begun < 100  # to wait would cost half a minute a trial
        server.signal(signal.SIGCONT)
        assert driver.wait(200) == 0, driver.said()
    assert compare(bench).is_clean, compare(bench)


class SlowWay:
    """Passes calls on to a server, each a second later."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.uri = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no further calls."""
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                for one, other, seconds in ((near, far, 1.0), (far, near, 0.0)):
                    passing = threading.Thread(target=self._pass, args=(one, other, seconds))
                    passing.daemon = True
                    passing.start()

    def _pass(self, one: socket.socket, other: socket.socket, seconds: float) -> None:
        """Pass on what comes from one end; a call begins with its HTTP method."""
        with suppress(OSError), one, other:
            while data := one.recv(65536):
                if data.startswith((b"GET ", b"POST ", b"PATCH ", b"DELETE ", b"PUT ")):
                    time.sleep(seconds)
                other.sendall(data)


def test_a_server_that_takes_a_second_a_call_does_not_slow_the_search(
    bench: Bench, server: Server
) -> None:
    way = SlowWay(server.port)
    bench.write(budget={"trials": 8}, tracking={"uri": way.uri})
    with bench.driving() as driver:
        driver.wait_for("waiting until MLflow has everything")
        assert len({r.number for r in bench.records() if r.state.is_finished}) == 8
        assert compare(bench).lost  # the search was done before MLflow was
        assert driver.wait(150) == 0, driver.said()
        assert driver.said().count("MLflow is slow") == 1
    assert compare(bench).is_clean, compare(bench)
    way.close()


def test_a_database_that_is_locked_for_a_minute_does_not_slow_the_search(bench: Bench) -> None:
    """A minute is three times as long as SQLite itself waits."""
    bench.write(params={"steps": 10, "pause": 0.2}, budget={"trials": 80})
    with bench.driving("--local") as driver:
        driver.wait_for(r"trial \d+ complete", count=2)
        locked = sqlite3.connect(bench.folder / "mlflow.db", timeout=240, isolation_level=None)
        locked.execute("BEGIN EXCLUSIVE")
        begun, done = time.monotonic(), driver.said().count(" complete")
        driver.wait_for("the search continues without it.*database is locked")
        driver.wait_for(r"trial \d+ complete", count=done + 10)  # 20 s of training
        time.sleep(max(0.0, begun + 60 - time.monotonic()))
        locked.close()
        now = driver.said().count(" complete")
        driver.wait_for("answers again")
        driver.send(signal.SIGINT)
        assert driver.wait(90) == 130, driver.said()
    finished = {record.number for record in bench.records() if record.state.is_finished}
    assert len(finished) >= now >= done + 10
    assert compare(bench).is_clean, compare(bench)
