"""What a search sends to a Ray cluster, and what it says if a machine lacks something."""

from collections.abc import Iterator

import pytest

from hpsearch.common.trial import TrialState
from tests.faults.cluster import RayCluster, ray_cluster
from tests.faults.harness import Bench

pytestmark = [pytest.mark.faults, pytest.mark.timeout(2000)]


@pytest.fixture
def cluster(bench: Bench) -> Iterator[RayCluster]:
    with ray_cluster(bench, cpus=2) as running:
        yield running


ABOVE = """\
import os
from pathlib import Path
from shared import VALUE


def train(params, trial):
    assert Path("beside.txt").read_text() == "here"  # the current folder is the experiment's
    trial.report(1, {"value": VALUE, "variable": float(os.environ["LEVEL"])})
    Path("data/train.csv").read_text()
"""


def test_a_folder_above_is_sent_with_variables_and_what_was_left_out_is_told(
    bench: Bench, cluster: RayCluster
) -> None:
    (bench.folder.parent / "shared.py").write_text("VALUE = 3.0\n")
    (bench.folder / "data").mkdir()
    (bench.folder / "data/train.csv").write_text("1,2\n")
    (bench.folder / ".gitignore").write_text("data/\n")
    (bench.folder / "beside.txt").write_text("here")
    environment = {"working_dir": "..", "env_vars": {"LEVEL": "7"}}
    resources = {"ray_address": cluster.address, "gpus_per_trial": 0, "retries": 0}
    bench.write(
        ABOVE,
        budget={"trials": 2},
        resources={**resources, "runtime_env": environment},
    )
    bench.environment["PYTHONPATH"] = str(bench.folder.parent)  # the driver's own import
    said = bench.run(code=1, seconds=200)
    left_out = f"{bench.folder.name}/data"
    assert f"{left_out} (.gitignore)" in said
    for record in bench.records():
        assert record.state is TrialState.FAILED
        assert record.measurements[0].metrics == {"value": 3.0, "variable": 7.0}
        assert f"{left_out}/train.csv was not sent to the cluster: .gitignore." in record.reason


def test_a_package_that_is_missing_on_a_machine_is_told_with_the_machine(
    bench: Bench, cluster: RayCluster
) -> None:
    packages = bench.folder / "packages"
    packages.mkdir()
    (packages / "rare.py").write_text("def train(params, trial): return {'value': params['x']}\n")
    (bench.folder / ".rayignore").write_text("packages\n")
    resources = {"ray_address": cluster.address, "gpus_per_trial": 0}
    bench.write("import rare\ntrain = rare.train\n", resources=resources, params={})
    bench.environment["PYTHONPATH"] = str(packages)
    said = bench.run(code=2, seconds=200)
    (host,) = cluster.call("[node['NodeManagerAddress'] for node in ray.nodes()]")
    assert f"error[package-missing]: node {host} lacks the package `rare`" in said
    assert "runtime_env.pip" in said
