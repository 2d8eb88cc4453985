"""A worker's connection to the driver, in one process: who gets in, and who is said to be gone."""

import os
import pickle
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from hpsearch.workers.connection import BROKEN, WorkerConnections, connect


@pytest.fixture
def driver() -> Iterator[WorkerConnections]:
    end = WorkerConnections("127.0.0.1")
    yield end
    end.close()


def connected(driver: WorkerConnections, name: str) -> "Connection[object, object]":
    connection = connect(driver.address, name)
    driver.wait([name], 10)
    assert name in driver
    return connection


def test_messages_go_both_ways(driver: WorkerConnections) -> None:
    worker = connected(driver, "one")
    worker.send({"x": 1})
    assert driver.wait(["one"], 10) == {"one"}
    assert driver.receive("one") == {"x": 1}
    driver.send("one", "go on")
    assert worker.recv() == "go on"


def test_nobody_gets_in_without_the_key(driver: WorkerConnections) -> None:
    with pytest.raises((AuthenticationError, *BROKEN)):
        connect(replace(driver.address, key=b"0" * 32), "intruder")
    assert "intruder" not in driver


class Exploit:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("exploited",)


def test_nothing_is_unpickled_before_the_key_is_known(
    driver: WorkerConnections, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.create_connection((driver.address.host, driver.address.port)) as peer:
        payload = pickle.dumps(Exploit())
        peer.sendall(len(payload).to_bytes(4, "big") + payload)
        peer.settimeout(10)
        while peer.recv(4096):
            pass
    assert not list(tmp_path.iterdir())


def test_one_who_says_nothing_keeps_nobody_waiting(driver: WorkerConnections) -> None:
    with socket.create_connection((driver.address.host, driver.address.port)):
        assert connected(driver, "one")


def test_the_end_of_a_worker_is_said(driver: WorkerConnections) -> None:
    connected(driver, "one").close()
    assert driver.wait(["one"], 10) == {"one"}
    with pytest.raises(BROKEN):
        driver.receive("one")
    driver.send("one", "lost")


def test_a_forked_child_does_not_hide_that_its_parent_is_dead(driver: WorkerConnections) -> None:
    worker = connected(driver, "one")
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    worker.close()
    assert driver.wait(["one"], 10) == {"one"}
    os.close(writing)
    os.waitpid(child, 0)


def test_a_worker_that_waits_hears_that_the_driver_is_gone(driver: WorkerConnections) -> None:
    worker = connected(driver, "one")
    threading.Timer(0.1, driver.close).start()
    with pytest.raises(BROKEN):
        worker.recv()


def test_its_thread_ends_with_it() -> None:
    before = threading.active_count()
    end = WorkerConnections("127.0.0.1")
    end.close()
    end.close()
    deadline = time.monotonic() + 300
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before  # one of another test may have ended, too
