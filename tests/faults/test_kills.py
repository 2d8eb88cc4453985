"""Drivers, workers and Ray killed, with real signals; afterwards study and MLflow hold the same."""

import os
import signal
import sqlite3
from pathlib import Path

import pytest

from hpsearch.trial import TrialState
from tests.faults.harness import Bench, compare, expected_curve, wait_for
from tests.faults.torture import torture

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(400),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]


def check(bench: Bench, trials: int = 6) -> None:
    """Check that every trial came out as if nothing had happened, and stands once in MLflow."""
    records = bench.records()
    assert [record.number for record in records] == list(range(trials))
    for record in records:
        assert record.state is TrialState.COMPLETE, record
        assert [(m.step, m.metrics["value"]) for m in record.measurements] == expected_curve(record)
    found = compare(bench)
    assert found.is_clean, found


def test_a_worker_killed_amid_training_costs_an_attempt(bench: Bench) -> None:
    with bench.driving() as driver:
        driver.wait_for(r"trial \d+ started", count=2)
        wait_for(lambda: any(r.measurements for r in bench.records()), 30, driver.said)
        os.kill(driver.workers()[0], signal.SIGKILL)
        assert driver.wait(90) == 0, driver.said()
        assert "is tried again: the worker's process died" in driver.said()
    assert sorted(record.attempt for record in bench.records()) == [1, 1, 1, 1, 1, 2]
    check(bench)


def test_a_worker_killed_after_it_sent_its_result_takes_nothing_along(bench: Bench) -> None:
    bench.write(budget={"trials": 3}, resources={"parallel_trials": 1, "gpus_per_trial": 0})
    with bench.driving() as driver:
        driver.wait_for(r"trial 0 complete")
        first = bench.records()[0]
        assert first.place is not None
        os.kill(first.place.process, signal.SIGKILL)
        assert driver.wait(90) == 0, driver.said()
    assert bench.records()[0] == first
    check(bench, trials=3)


def test_a_driver_killed_between_the_journal_and_mlflow_writes_it_next_time(bench: Bench) -> None:
    with bench.driving() as driver:
        driver.wait_for(r"trial \d+ started")
        locked = sqlite3.connect(bench.folder / "mlflow.db", timeout=30, isolation_level=None)
        locked.execute("BEGIN EXCLUSIVE")
        driver.wait_for(r"trial \d+ complete", count=2)
        driver.kill()
        locked.close()
    done = [record for record in bench.records() if record.state.is_finished]
    assert len(done) >= 2
    assert len(compare(bench).lost) >= 2
    bench.run()
    assert bench.records()[: len(done)] == done or {r.number for r in done} <= set(range(6))
    check(bench)


@pytest.mark.timeout(900)
def test_a_driver_killed_again_and_again_loses_nothing(tmp_path: Path) -> None:
    tortured = torture(tmp_path, seed=7)
    tortured.run(seconds=300, most_kills=12)
    assert tortured.report()
    assert tortured.kills.total() >= 12


def test_an_interrupt_saves_all_and_a_rerun_goes_on(bench: Bench) -> None:
    with bench.driving() as driver:
        driver.wait_for(r"trial \d+ complete")
        driver.send_to_group(signal.SIGINT)  # as a terminal does, Ray's processes included
        assert driver.wait(60) == 130, driver.said()
        assert "stopping" in driver.said()
    bench.wait_until_nothing_is_left()
    left = [record for record in bench.records() if not record.state.is_finished]
    assert left and all(record.measurements for record in left)
    assert all((bench.paths.checkpoints(record.number)).exists() for record in left)
    bench.run()
    check(bench)


def test_a_termination_saves_all_and_a_rerun_goes_on(bench: Bench) -> None:
    with bench.driving() as driver:
        driver.wait_for(r"trial \d+ complete")
        driver.send(signal.SIGTERM)
        assert driver.wait(60) == 130, driver.said()
    bench.wait_until_nothing_is_left()
    bench.run()
    check(bench)


def test_two_interrupts_end_it_at_once_even_where_trials_hang(bench: Bench) -> None:
    bench.write(params={"steps": 10, "pause": 30})
    with bench.driving() as driver:
        driver.wait_for(r"trial \d+ started", count=2)
        driver.send(signal.SIGINT)
        driver.wait_for("stopping")
        driver.send(signal.SIGINT)
        assert driver.wait(25) == 130, driver.said()
    bench.wait_until_nothing_is_left()
    assert [record.state for record in bench.records()] == [TrialState.RUNNING] * 2


@pytest.mark.parametrize("seconds", [0.5, 3.0, 6.0])
def test_a_termination_in_its_start_leaves_nothing_behind(bench: Bench, seconds: float) -> None:
    with bench.driving() as driver:
        with pytest.raises(AssertionError, match="still running"):
            driver.wait(seconds)
        driver.send(signal.SIGTERM)
        assert driver.wait(60) in (130, -signal.SIGTERM), driver.said()
    bench.wait_until_nothing_is_left()


@pytest.mark.parametrize("process", ["raylet", "gcs_server"])
def test_ray_is_started_again_where_it_dies(bench: Bench, process: str) -> None:
    bench.write(params={"steps": 20, "pause": 0.1})
    with bench.driving() as driver:
        driver.wait_for(r"trial \d+ complete")
        (pid,) = driver.pids(f"/{process} ")
        os.kill(pid, signal.SIGKILL)
        assert driver.wait(150) == 0, driver.said()
        assert f"Ray's {process} died" in driver.said()
    check(bench)
