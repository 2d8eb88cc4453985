"""A search on a Ray cluster that runs already; the experiment's folder travels to its workers."""

import os
import signal
from collections.abc import Iterator

import pytest

from hpsearch.common.trial import TrialState
from tests.faults.cluster import RayCluster, ray_cluster
from tests.faults.harness import Bench, compare
from tests.faults.test_slots import GATED, open_gates

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(1600),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]


@pytest.fixture
def head(bench: Bench) -> Iterator[RayCluster]:
    """A head node on loopback; in the end nothing of it is left."""
    with ray_cluster(bench, cpus=2) as running:
        yield running


@pytest.fixture
def cluster(head: RayCluster) -> str:
    return head.address


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
    bench: Bench, head: RayCluster
) -> None:
    resources = {"ray_address": head.address, "parallel_trials": 2, "gpus_per_trial": 0}
    (gates := bench.folder / "gates").mkdir()
    bench.write(GATED, resources=resources, params={"steps": 20, "gates": str(gates)})
    open_gates(gates, 0)
    with bench.driving() as driver:
        driver.wait_for("trial 0 complete")
        (gcs,) = driver.pids("/gcs_server ")
        os.kill(gcs, signal.SIGKILL)
        assert driver.wait(60) == 1, driver.said()
        assert "error[cluster-gone]" in driver.said() and "run the same command" in driver.said()
    head.end()
    head.start_head(cpus=2)
    open_gates(gates, *range(6))
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
