"""Drivers, workers and Ray killed, with real signals; afterwards study and MLflow hold the same."""

import os
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from hpsearch.common.trial import TrialState
from tests.faults.harness import Bench, compare, expected_curve, wait_for

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


FORKS = """\
import os
import subprocess
import time
from pathlib import Path

def train(params, trial):
    here = Path(__file__).parent
    trial.report(1, {"value": 1.0})
    if not (here / "worker").exists():
        if os.fork() == 0:
            time.sleep(600)
        subprocess.Popen(["sh", "-c", "sleep 600 & wait"])
        (here / "new").write_text(str(os.getpid()))
        (here / "new").rename(here / "worker")
        time.sleep(600)
    while not (here / "end").exists():
        time.sleep(0.05)
"""


@pytest.mark.parametrize("killed", ["worker", "raylet", "driver"])
def test_what_a_trial_forked_dies_whatever_is_killed(bench: Bench, killed: str) -> None:
    family = "^ray::ProcessWorker|sleep 600"  # the worker, its fork, a shell and what that started
    resources = {"parallel_trials": 1, "gpus_per_trial": 0}
    bench.write(FORKS, budget={"trials": 1}, params={}, resources=resources)
    with bench.driving() as driver:
        wait_for((bench.folder / "worker").exists, 60, driver.said)
        wait_for(lambda: len(driver.pids(family)) == 4, 10, lambda: f"{bench.processes()}")
        before = {*driver.pids(family)}
        pids = {
            "worker": int((bench.folder / "worker").read_text()),
            "raylet": driver.pids("/raylet ")[0],
            "driver": driver.process.pid,
        }
        os.kill(pids[killed], signal.SIGKILL)
        wait_for(lambda: not before & {*bench.processes()}, 30, lambda: f"{bench.processes()}")
        (bench.folder / "end").touch()
        assert driver.wait(150) == (-signal.SIGKILL if killed == "driver" else 0), driver.said()


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


GREEDY = """\
import time
from pathlib import Path

def train(params, trial):
    trial.report(1, {"value": 1.0}, checkpoint=lambda folder: (folder / "state").write_text("1"))
    once = Path(__file__).with_name("was-greedy")
    if trial.number == 0 and not once.exists():
        once.touch()
        held = []
        for _ in range(60):  # 6 GB at most, where nobody stops it
            held.append(bytearray(100_000_000))
            time.sleep(0.05)
    trial.report(2, {"value": 2.0})
"""


def test_a_worker_that_takes_too_much_memory_is_ended_by_ray_and_its_trial_tried_again(
    bench: Bench,
) -> None:
    """With Ray's own monitor, told that three gigabytes from here are too much."""
    sizes = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    total, free = (int(sizes[name].split()[0]) / 1e6 for name in ("MemTotal", "MemAvailable"))
    if free < 8:
        pytest.skip(f"{free:.1f} GB are free; it takes 8")
    bench.environment["RAY_memory_usage_threshold"] = str((total - free + 3) / total)
    bench.environment["RAY_memory_monitor_refresh_ms"] = "50"
    resources = {"parallel_trials": 2, "gpus_per_trial": 0, "retries": 5}  # others need memory, too
    bench.write(GREEDY, budget={"trials": 3}, params={}, resources=resources)
    said = bench.run()
    assert "trial 0 is tried again" in said and "memory" in said
    assert {record.state for record in bench.records()} == {TrialState.COMPLETE}
    assert bench.records()[0].attempt > 1
    assert compare(bench).is_clean, compare(bench)


MANY_FILES = """\
import os, signal
from pathlib import Path

def train(params, trial):
    here = Path(__file__).parent

    def save(folder):
        for number in range(300):  # each is flushed to the disk
            (folder / str(number)).write_text(str(step))

    (here / f"began-{trial.start_step}").touch()
    for step in range(trial.start_step, 5):
        trial.report(step, {"value": float(step)}, checkpoint=save)
        if step == 3 and trial.start_step == 0:
            os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_worker_killed_while_its_checkpoint_is_handed_over_leaves_nothing_of_it(
    bench: Bench,
) -> None:
    bench.write(MANY_FILES, params={}, budget={"trials": 1})
    bench.run()
    assert {path.name for path in bench.folder.glob("began-*")} == {"began-0", "began-3"}
    (record,) = bench.records()
    assert record.state is TrialState.COMPLETE and record.attempt == 2
    assert [m.step for m in record.measurements] == [0, 1, 2, 3, 4]
    assert bench.stored.checkpoints.steps(0) == [4]
    found = bench.paths.trials.rglob("*")
    assert not [path for path in found if path.name == "incoming" or path.suffix == ".bad"]


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


def test_a_termination_before_ray_starts_leaves_nothing_behind(bench: Bench) -> None:
    with bench.driving() as driver:
        time.sleep(0.5)
        driver.send(signal.SIGTERM)
        assert driver.wait(60) in (130, -signal.SIGTERM), driver.said()
    bench.wait_until_nothing_is_left()


@pytest.mark.parametrize("process", ["gcs_server", "raylet"])
def test_a_termination_while_ray_starts_leaves_nothing_behind(bench: Bench, process: str) -> None:
    with bench.driving() as driver:
        wait_for(lambda: bool(driver.pids(f"/{process} ")), 60, driver.said)
        driver.send(signal.SIGTERM)
        assert driver.wait(60) == 130, driver.said()
        assert "stopping" in driver.said()
    bench.wait_until_nothing_is_left()
    bench.run("--local")
    check(bench)


def test_ray_is_started_again_where_it_dies_in_its_start(bench: Bench) -> None:
    with bench.driving() as driver:
        wait_for(lambda: bool(driver.pids("/gcs_server ")), 60, driver.said)
        os.kill(driver.pids("/gcs_server ")[0], signal.SIGKILL)
        assert driver.wait(150) == 0, driver.said()
    check(bench)


def test_a_termination_while_ray_dies_in_its_start_is_no_failure(bench: Bench) -> None:
    with bench.driving() as driver:
        wait_for(lambda: bool(driver.pids("/gcs_server ")), 60, driver.said)
        os.kill(driver.pids("/gcs_server ")[0], signal.SIGKILL)
        driver.send(signal.SIGTERM)
        assert driver.wait(100) == 130, driver.said()
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
