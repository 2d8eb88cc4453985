"""Drivers, workers and Ray killed, with real signals; afterwards study and MLflow hold the same."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hpsearch.common.trial import TrialState
from tests.faults.harness import TRAINABLE, Bench, Driver, compare, expected_curve, wait_for
from tests.faults.test_slots import GATED, open_gates

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(1600),
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


ALL = range(6)
"""The trials of `gated`."""


@pytest.fixture
def gates(bench: Bench) -> Path:
    """Six trials that wait at their fifth step, each for a file with its number in this folder."""
    folder = bench.folder / "gates"
    folder.mkdir()
    bench.write(GATED, params={"steps": 10, "gates": str(folder)})
    return folder


def wait_at_gates(bench: Bench, driver: Driver, trials: int = 2) -> None:
    """Wait until so many trials have reported all that they do before their gates."""

    def at_gates() -> bool:
        return sum(len(r.measurements) == 4 for r in bench.records()) == trials

    driver.wait_for("trial 0 started")
    wait_for(at_gates, 60, driver.said)


def test_a_worker_killed_amid_training_costs_an_attempt(bench: Bench, gates: Path) -> None:
    with bench.driving() as driver:
        wait_at_gates(bench, driver)
        os.kill(driver.workers()[0], signal.SIGKILL)
        driver.wait_for("is tried again")
        open_gates(gates, *ALL)
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


def test_a_worker_killed_after_it_sent_its_result_takes_nothing_along(
    bench: Bench, gates: Path
) -> None:
    open_gates(gates, 0)
    with bench.driving("--set", "resources.parallel_trials=1") as driver:
        driver.wait_for(r"trial 0 complete")
        first = bench.records()[0]
        assert first.place is not None
        os.kill(first.place.process, signal.SIGKILL)
        open_gates(gates, *ALL)
        assert driver.wait(90) == 0, driver.said()
    assert bench.records()[0] == first
    check(bench)


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


def memory() -> tuple[int, int]:
    """Return the bytes that are used and those that there are, as Ray's monitor counts them."""
    from ray._private.utils import get_cgroup_mem_stats

    if (found := get_cgroup_mem_stats()) is not None:
        return found
    sizes = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    total, free = (int(sizes[name].split()[0]) * 1024 for name in ("MemTotal", "MemAvailable"))
    return total - free, total


def test_a_worker_that_takes_too_much_memory_is_ended_by_ray_and_its_trial_tried_again(
    bench: Bench,
) -> None:
    """With Ray's own monitor, told that three gigabytes from here are too much."""
    used, total = (one / 1e9 for one in memory())
    if total - used < 8:
        pytest.skip(f"{total - used:.1f} GB are free; it takes 8")
    bench.environment["RAY_memory_usage_threshold"] = str((used + 3) / total)
    bench.environment["RAY_memory_monitor_refresh_ms"] = "50"
    # tests beside this one need memory, too, for a while
    resources = {"parallel_trials": 2, "gpus_per_trial": 0, "retries": 50}
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
        if step == 3 and trial.start_step == 0:
            os.fsync = lambda file: os.kill(os.getpid(), signal.SIGKILL)

    (here / f"began-{trial.start_step}").touch()
    for step in range(trial.start_step, 5):
        trial.report(step, {"value": float(step)}, checkpoint=save)
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


def test_a_driver_killed_between_the_journal_and_mlflow_writes_it_next_time(
    bench: Bench, gates: Path
) -> None:
    with bench.driving() as driver:
        wait_at_gates(bench, driver)
        locked = sqlite3.connect(bench.folder / "mlflow.db", timeout=240, isolation_level=None)
        locked.execute("BEGIN EXCLUSIVE")
        open_gates(gates, 0, 1)
        driver.wait_for(r"trial \d+ complete", count=2)
        driver.kill()
        locked.close()
    done = [record for record in bench.records() if record.state.is_finished]
    assert len(done) >= 2
    assert len(compare(bench).lost) >= 2
    open_gates(gates, *ALL)
    bench.run()
    assert bench.records()[: len(done)] == done or {r.number for r in done} <= set(range(6))
    check(bench)


def interrupt(driver: Driver) -> None:
    driver.send_to_group(signal.SIGINT)  # as a terminal does, Ray's processes included


def terminate(driver: Driver) -> None:
    driver.send(signal.SIGTERM)


@pytest.mark.parametrize("send", [interrupt, terminate])
def test_an_interrupt_saves_all_and_a_rerun_goes_on(
    bench: Bench, gates: Path, send: Callable[[Driver], None]
) -> None:
    open_gates(gates, 0)
    with bench.driving() as driver:
        driver.wait_for("trial 0 complete")
        wait_at_gates(bench, driver)
        send(driver)
        driver.wait_for("stopping")
        open_gates(gates, *ALL)
        assert driver.wait(60) == 130, driver.said()
    bench.wait_until_nothing_is_left()
    left = [record for record in bench.records() if not record.state.is_finished]
    assert len(left) == 2 and all(len(record.measurements) == 5 for record in left)
    assert all((bench.paths.checkpoints(record.number)).exists() for record in left)
    bench.run()
    check(bench)


def test_two_interrupts_end_it_at_once_even_where_trials_hang(bench: Bench) -> None:
    bench.write(params={"steps": 10, "pause": 600})
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
def test_ray_is_started_again_where_it_dies_while_workers_import(
    bench: Bench, process: str
) -> None:
    gate = bench.folder / "gate"
    wait = f"""import os
while "RAY_JOB_ID" in os.environ and not os.path.exists({str(gate)!r}):
    time.sleep(0.05)
"""
    bench.write(TRAINABLE + wait)
    with bench.driving() as driver:
        wait_for(lambda: bool(driver.workers()), 60, driver.said)
        os.kill(driver.pids(f"/{process} ")[0], signal.SIGKILL)
        driver.wait_for(f"Ray's {process} died; the workers are started again", seconds=50)
        gate.touch()
        assert driver.wait(150) == 0, driver.said()
    check(bench)


@pytest.mark.parametrize("process", ["raylet", "gcs_server"])
def test_ray_is_started_again_where_it_dies(bench: Bench, gates: Path, process: str) -> None:
    open_gates(gates, 0)
    with bench.driving() as driver:
        driver.wait_for("trial 0 complete")
        (pid,) = driver.pids(f"/{process} ")
        os.kill(pid, signal.SIGKILL)
        open_gates(gates, *ALL)
        assert driver.wait(150) == 0, driver.said()
        assert f"Ray's {process} died" in driver.said()
    check(bench)
