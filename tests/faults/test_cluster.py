"""A search on a Ray cluster that runs already; the experiment's folder travels to its workers."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

from hpsearch.common.trial import TrialState
from tests.faults.harness import MARK, Bench, compare, wait_for

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(400),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]


@pytest.fixture
def cluster(bench: Bench) -> Iterator[str]:
    """Start a head node on loopback and return its address; in the end nothing of it is left."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    start_cluster(bench, address)
    yield address
    end_cluster(bench)


def start_cluster(bench: Bench, address: str) -> None:
    ray = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"]
    ray += ["--node-ip-address", "127.0.0.1", "--port", address.partition(":")[2]]
    ray += ["--include-dashboard", "false", "--num-cpus", "2", "--disable-usage-stats"]
    log = bench.folder / "cluster.log"
    with log.open("wb") as output:
        subprocess.Popen(
            ray,
            env={**os.environ, MARK: bench.mark},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    wait_for(lambda: "Ray runtime started" in log.read_text(), 60, log.read_text)


def end_cluster(bench: Bench) -> None:
    for process in bench.processes():
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def test_trials_run_on_a_cluster_that_is_there_already(bench: Bench, cluster: str) -> None:
    bench.write(resources={"ray_address": cluster, "parallel_trials": 2, "gpus_per_trial": 0})
    said = bench.run(seconds=150)
    assert f"connecting to Ray at {cluster}" in said
    assert f"files of {bench.folder} (" in said and "not sent: studies (studies)" in said
    assert {record.state for record in bench.records()} == {TrialState.COMPLETE}
    assert len(bench.records()) == 6
    assert compare(bench).is_clean, compare(bench)


def test_code_in_a_folder_below_the_experiment_travels_with_its_neighbours(
    bench: Bench, cluster: str
) -> None:
    (bench.folder / "src").mkdir()
    (bench.folder / "src" / "helpers.py").write_text("from work import train as train\n")
    (bench.folder / "src" / "train.py").write_text("from helpers import train\n")
    resources = {"ray_address": cluster, "parallel_trials": 2, "gpus_per_trial": 0}
    bench.write(resources=resources)
    bench.run("--set", "trainable=src/train.py:train", seconds=150)
    assert {record.state for record in bench.records()} == {TrialState.COMPLETE}


def test_a_local_search_does_not_join_a_cluster_that_happens_to_run(
    bench: Bench, cluster: str
) -> None:
    before = {pid for pid, command in bench.processes().items() if "gcs_server" in command}
    with bench.driving() as driver:
        driver.wait_for(r"trial \d+ started")
        assert set(driver.pids("gcs_server")) > before
        assert driver.wait(150) == 0, driver.said()


def test_a_cluster_that_dies_ends_the_driver_and_the_search_goes_on_in_the_next_one(
    bench: Bench, cluster: str
) -> None:
    resources = {"ray_address": cluster, "parallel_trials": 2, "gpus_per_trial": 0}
    bench.write(resources=resources, params={"steps": 20, "pause": 0.1})
    with bench.driving() as driver:
        driver.wait_for(r"trial \d+ complete")
        (gcs,) = driver.pids("/gcs_server ")
        os.kill(gcs, signal.SIGKILL)
        assert driver.wait(60) == 1, driver.said()
        assert "error[cluster-gone]" in driver.said() and "run the same command" in driver.said()
    end_cluster(bench)
    start_cluster(bench, cluster)
    bench.run(seconds=150)
    assert {record.state for record in bench.records()} == {TrialState.COMPLETE}
    assert compare(bench).is_clean, compare(bench)


TOOL = """\
#!/bin/sh
test -f work.py || exit 1
echo "{\\"step\\": 1, \\"value\\": 1, \\"here\\": $(test "$PWD" = "$1" && echo 1 || echo 0)}"
"""


def test_a_command_runs_in_the_copy_of_the_folder_on_a_cluster(bench: Bench, cluster: str) -> None:
    (bench.folder / "tool").write_text(TOOL)
    (bench.folder / "tool").chmod(0o755)
    bench.write(
        trainable={"command": ["./tool", str(bench.folder), "${args}"], "metrics": "json"},
        budget={"trials": 2},
        resources={"ray_address": cluster, "parallel_trials": 2, "gpus_per_trial": 0},
    )
    bench.run(seconds=150)
    for record in bench.records():
        assert record.state is TrialState.COMPLETE, record.reason
        assert record.measurements[0].metrics["here"] == 0
