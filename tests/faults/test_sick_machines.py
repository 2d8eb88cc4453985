"""Machines of a cluster that are not well: slow, full, with a wrong clock, without their GCS."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hpsearch.common.trial import TrialState
from tests.faults.cluster import ray_cluster
from tests.faults.harness import TRAINABLE, Bench, compare, expected_curve, wait_for
from tests.faults.small_disk import filled, mount
from tests.faults.test_machines import GATED, gate, wait_for_trials
from tests.ports import free_port

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(2000),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]


def write(bench: Bench, address: str, code: str = TRAINABLE, **sections: Any) -> None:
    resources = {"ray_address": address, "gpus_per_trial": 0}
    bench.write(code, "train", resources=resources, **sections)


def gated(bench: Bench) -> dict[str, object]:
    """Return parameters of trials that wait at their tenth step for the gate."""
    return {"steps": 10, "pause": 0.05, "gate": str(gate(bench))}


def check(bench: Bench, trials: int) -> None:
    records = bench.records()
    assert [record.state for record in records] == [TrialState.COMPLETE] * trials, records
    for record in records:
        assert [(m.step, m.metrics["value"]) for m in record.measurements] == expected_curve(record)
    assert compare(bench).is_clean, compare(bench)


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Run a Redis server; give its address."""
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server here: `apt-get install redis-server`")
    port = str(free_port())
    command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def test_a_search_goes_on_while_the_gcs_that_keeps_all_in_redis_is_killed_and_started_again(
    bench: Bench, tmp_path: Path
) -> None:
    with redis(tmp_path) as address, ray_cluster(bench, 0, RAY_REDIS_ADDRESS=address) as cluster:
        cluster.add("127.0.0.2", cpus=2)
        write(bench, cluster.address, params={"steps": 40, "pause": 0.1})
        with bench.driving() as driver:
            driver.wait_for(r"trial \d complete", seconds=120)
            start_again = cluster.kill_gcs()
            time.sleep(5)
            start_again()
            assert driver.wait(180) == 0, driver.said()
        check(bench, trials=6)
        wait_for(lambda: cluster.free_cpus() == 2, 60, lambda: "CPUs stay taken")


SITE = """\
import time
now, now_ns = time.time, time.time_ns
time.time = lambda: now() + {seconds}
time.time_ns = lambda: now_ns() + {seconds} * 10**9
"""
CLOCK = GATED.replace('"value": -', '"clock": time.time(), "value": -')


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_the_clock_of_a_worker_may_be_off_by_an_hour(
    bench: Bench, tmp_path: Path, seconds: int
) -> None:
    """As all Python of the node sees it, agents and workers: with libfaketime, Ray cannot sleep."""
    (tmp_path / "sitecustomize.py").write_text(SITE.format(seconds=seconds))
    with ray_cluster(bench, cpus=0) as cluster:
        cluster.add("127.0.0.2", PYTHONPATH=str(tmp_path))
        cluster.add("127.0.0.3")
        write(bench, cluster.address, CLOCK, params=gated(bench))
        with bench.driving() as driver:
            wait_for_trials(bench, driver, 2)  # one on each
            gate(bench).touch()
            assert driver.wait(120) == 0, driver.said()
        check(bench, trials=6)
        records = bench.records()
        clocks = [m.metrics["clock"] for record in records for m in record.measurements]
        assert 3000 < max(clocks) - min(clocks) < 4200  # trials ran on both
        for record in records:
            assert record.finished is not None and record.started <= record.finished
            assert 0 < record.seconds < 3000


def test_a_node_ten_times_slower_holds_up_no_other(bench: Bench) -> None:
    with ray_cluster(bench, cpus=0) as cluster:
        cluster.add("127.0.0.2")
        cluster.add("127.0.0.3")
        write(bench, cluster.address, params={"steps": 10, "pause": 0.1}, budget={"trials": 8})
        with bench.driving() as driver:
            driver.wait_for(r"trial \d started", count=2, seconds=120)
            with cluster.slow("127.0.0.2"):
                driver.wait_for(r"trial \d complete", count=6, seconds=180)
            assert driver.wait(120) == 0, driver.said()
        check(bench, trials=8)
        assert all(record.attempt == 1 for record in bench.records())


def test_a_machine_whose_disk_is_full_fails_no_trial(bench: Bench, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    mount(full, "size=4m")
    try:
        with ray_cluster(bench, cpus=0) as cluster:
            cluster.add("127.0.0.2", TMPDIR=str(full))
            cluster.add("127.0.0.3")
            write(bench, cluster.address, GATED, params=gated(bench), budget={"trials": 8})
            with bench.driving() as driver:
                wait_for_trials(bench, driver, 2)  # one on each
                with filled(full):
                    gate(bench).touch()
                    lack = r"trial \d is tried again: .*No space left on device"
                    driver.wait_for(lack, seconds=120)
                    assert driver.wait(180) == 0, driver.said()
            check(bench, trials=8)
    finally:
        subprocess.run(["umount", full], check=True)
