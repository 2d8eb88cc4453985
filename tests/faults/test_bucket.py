"""A study in a bucket: the S3 server stops, refuses, cuts short; drivers fight for the lease."""

import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.store import StudyStore, open_store
from hpsearch.usecases import look
from tests.faults.harness import Bench, Driver, compare, expected_curve, wait_for
from tests.faults.test_slots import GATED, open_gates
from tests.s3 import Server, s3_server
from tests.s3_proxy import Proxy, proxy_before

pytestmark = [pytest.mark.faults, pytest.mark.timeout(2400)]


class BucketBench(Bench):
    """A bench whose study is in a bucket, behind a proxy."""

    address: str
    words: tuple[str, ...] = ()

    def run_words(self) -> tuple[str, ...]:
        return ("--studies", self.address, "--local")

    @property
    def study(self) -> StudyStore:
        return open_store(self.address).study(self.name)

    def records(self) -> list[TrialRecord]:
        return [*look(self.address, self.name).records]

    def assert_whole(self, trials: int = 6) -> None:
        """Each trial is there once, with its curve, in the study and in MLflow."""
        self.assert_study_whole(trials)
        assert compare(self).is_clean, compare(self)

    def assert_study_whole(self, trials: int = 6) -> None:
        records = self.records()
        assert [record.state for record in records] == [TrialState.COMPLETE] * trials
        for record in records:
            curve = [(m.step, m.metrics["value"]) for m in record.measurements]
            assert curve == expected_curve(record)
        assert not self.study.lease().is_held()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with s3_server() as running:
        yield running


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with proxy_before(server) as running:
        yield running


@pytest.fixture
def bucket(
    server: Server, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[BucketBench]:
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    bench = BucketBench(tmp_path / "work", environment=server.environment(proxy.port))
    bench.address = server.new_address()
    bench.write(params={"steps": 10, "pause": 0.1})
    yield bench
    bench.wait_until_nothing_is_left()


@pytest.fixture
def gates(bucket: BucketBench) -> Path:
    """Trials wait at their fifth step, each for a file with its number in this folder."""
    folder = bucket.folder / "gates"
    folder.mkdir()
    bucket.write(GATED, params={"steps": 10, "gates": str(folder)})
    return folder


def test_a_server_that_is_frozen_for_half_a_minute_costs_a_search_only_time(
    bucket: BucketBench, server: Server
) -> None:
    with bucket.driving(*bucket.run_words()) as driver:
        driver.wait_for("trial 1 started")
        server.process.send_signal(signal.SIGSTOP)
        try:
            threading.Event().wait(35)
        finally:
            server.process.send_signal(signal.SIGCONT)
        assert driver.wait(120) == 0, driver.said()
    bucket.assert_whole()


def test_a_store_that_goes_away_and_comes_back_is_waited_for_and_said_once(
    bucket: BucketBench, proxy: Proxy
) -> None:
    with bucket.driving(*bucket.run_words()) as driver:
        driver.wait_for("trial 1 started")
        proxy.is_away = True
        driver.wait_for("does not answer")
        threading.Event().wait(10)
        proxy.is_away = False
        assert driver.wait(120) == 0, driver.said()
        assert driver.said().count("does not answer") == 1
        assert driver.said().count("answers again") == 1
    bucket.assert_whole()


def test_a_store_that_stays_away_ends_the_search_and_the_same_command_resumes_it(
    bucket: BucketBench, proxy: Proxy
) -> None:
    with bucket.driving(*bucket.run_words()) as driver:
        driver.wait_for("trial 1 complete")
        proxy.is_away = True
        assert driver.wait(300) == 1, driver.said()
        assert "the same command resumes the search" in driver.said()
        assert "Traceback" not in driver.said()
    proxy.is_away = False
    assert bucket.records()[1].state is TrialState.COMPLETE
    bucket.run(*bucket.run_words(), seconds=250)
    bucket.assert_whole()


def test_ctrl_c_twice_ends_the_wait_for_a_store(bucket: BucketBench, proxy: Proxy) -> None:
    with bucket.driving(*bucket.run_words()) as driver:
        driver.wait_for("trial 1 started")
        proxy.is_away = True
        driver.wait_for("does not answer")
        driver.send(signal.SIGINT)
        driver.wait_for("again: stop at once")
        driver.send(signal.SIGINT)
        assert driver.wait(60) == 130, driver.said()
        assert "Traceback" not in driver.said()
    proxy.is_away = False
    bucket.run(*bucket.run_words(), seconds=250)
    bucket.assert_whole()


def test_refusals_slow_answers_and_writes_cut_short_lose_nothing(
    bucket: BucketBench, proxy: Proxy
) -> None:
    proxy.refuse_each, proxy.cut_each, proxy.seconds = 7, 5, 0.05
    bucket.run(*bucket.run_words(), seconds=250)
    bucket.assert_whole()


def test_of_two_drivers_that_start_at_once_one_searches(bucket: BucketBench, gates: Path) -> None:
    drivers = [Driver(bucket, ["run", "experiment.yaml", *bucket.run_words()]) for _ in range(2)]
    try:
        wait_for(lambda: not all(one.is_running for one in drivers), 120, drivers[0].said)
        open_gates(gates, *range(6))
        codes = sorted(driver.wait(120) for driver in drivers)
    finally:
        for driver in drivers:
            driver.kill()
    said = "".join(driver.said() for driver in drivers)
    assert codes == [0, 2] and "study-busy" in said and "until" in said
    bucket.assert_whole()


def test_a_driver_frozen_until_another_took_its_lease_writes_no_more(
    bucket: BucketBench,
) -> None:
    with bucket.driving(*bucket.run_words()) as frozen:
        frozen.wait_for("trial 1 started")
        frozen.send(signal.SIGSTOP)
        with bucket.driving(*bucket.run_words()) as other:
            other.wait_for("no longer renews its lease")
            other.wait_for("trial 2 started", seconds=90)
            frozen.send(signal.SIGCONT)
            assert frozen.wait(60) == 1, frozen.said()
            assert "lease-lost" in frozen.said() and "Traceback" not in frozen.said()
            assert other.wait(120) == 0, other.said()
    bucket.assert_whole()


def test_a_driver_killed_with_its_lease_is_followed_by_the_same_command(
    bucket: BucketBench,
) -> None:
    with bucket.driving(*bucket.run_words()) as driver:
        driver.wait_for("trial 2 started")
        driver.kill()
    assert bucket.study.lease().is_held()
    bucket.run(*bucket.run_words(), seconds=250)
    bucket.assert_whole()


def test_any_machine_reads_while_a_driver_elsewhere_writes(
    bucket: BucketBench, gates: Path
) -> None:
    open_gates(gates, 0, 1)
    with bucket.driving(*bucket.run_words()) as driver:
        driver.wait_for("trial 2 started")
        at = ("--studies", bucket.address)
        for verb in (("ls",), ("show", bucket.name), ("show", bucket.name, "--json")):
            assert "running" in Reading(bucket, *verb, *at).out
        trials = json.loads(Reading(bucket, "show", bucket.name, "--json", *at).out)["trials"]
        assert trials[0]["state"] == "complete"
        assert bucket.address in Reading(bucket, "report", bucket.name, *at).out
        Reading(bucket, "rm", bucket.name, "--yes", *at, code=2)
        open_gates(gates, *range(6))
        assert driver.wait(250) == 0, driver.said()
    bucket.assert_whole()
    Reading(bucket, "rm", bucket.name, "--yes", *at)
    wait_for(lambda: open_store(bucket.address).names() == [], 5, lambda: "still there")


@pytest.mark.parametrize("verb", [("ls",), ("show", "x"), ("run", "experiment.yaml", "--local")])
def test_a_bucket_that_is_not_there_is_refused_before_anything_begins(
    bucket: BucketBench, verb: tuple[str, ...]
) -> None:
    said = Reading(bucket, *verb, "--studies", "s3://nothing-here/studies", code=2).err
    assert "error[no-bucket]" in said and "Traceback" not in said


class Reading:
    """A command that ran to its end."""

    def __init__(self, bench: BucketBench, *words: str, code: int = 0) -> None:
        import os
        import subprocess
        import sys

        done = subprocess.run(
            [sys.executable, "-m", "hpsearch", *words],
            cwd=bench.folder,
            env={**os.environ, **bench.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=480,
        )
        self.out, self.err = done.stdout, done.stderr
        assert done.returncode == code, f"{words}: {done.returncode}\n{self.out}\n{self.err}"
