"""A Ray cluster of three hosts, which share no disk, with the driver on one of them."""

import json
from collections.abc import Iterator
from hashlib import sha256

import pytest

from hpsearch.common.trial import TrialState
from hpsearch.usecases import look
from tests.faults.harness import TRAINABLE, Bench, compare, expected_curve, wait_for
from tests.faults.hosts import HostCluster, host_cluster
from tests.s3 import s3_server

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(3600),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]

MEGABYTES = 12
"""Of a checkpoint: several chunks."""

HEAVY = TRAINABLE.replace(
    """save = lambda folder: (folder / "state.json").write_text(json.dumps([state, step]))""",
    """assert not os.path.exists(params["folder"] + "/experiment.yaml")  # it is of another host
        save = lambda folder: write(folder, [state, step])""",
).replace("import json\n", "import json\nimport os\n\nfrom beside import write\n")
BESIDE = f"""\
import json


def write(folder, state):
    (folder / "state.json").write_text(json.dumps(state))
    (folder / "weights").write_bytes(bytes([state[1] % 256]) * {MEGABYTES}_000_000)
"""


@pytest.fixture
def cluster(bench: Bench) -> Iterator[HostCluster]:
    """A head without CPUs here, and two hosts with one each."""
    with host_cluster(bench, cpus=0) as running:
        running.add_host()
        running.add_host()
        yield running


def write(bench: Bench, cluster: HostCluster, *, trials: int, steps: int, pause: float) -> None:
    (bench.folder / "beside.py").write_text(BESIDE)
    bench.write(
        HEAVY,
        params={"steps": steps, "pause": pause, "folder": str(bench.folder)},
        budget={"trials": trials},
        resources={"ray_address": cluster.address, "gpus_per_trial": 0, "retries": 0},
    )


def check(bench: Bench, trials: int) -> None:
    """Each trial is whole in the study and in MLflow, and so is each checkpoint that is kept."""
    records = bench.records()
    assert [record.state for record in records] == [TrialState.COMPLETE] * trials, records
    for record in records:
        assert [(m.step, m.metrics["value"]) for m in record.measurements] == expected_curve(record)
    assert compare(bench).is_clean, compare(bench)
    manifests = sorted((bench.paths.root / "trials").rglob("manifest.json"))
    assert manifests
    for manifest in manifests:
        folder, step = manifest.parent, json.loads(manifest.read_text())["step"]
        content = bytes([step % 256]) * (MEGABYTES * 1_000_000)
        kept = next(folder.rglob("weights"))
        assert sha256(kept.read_bytes()).digest() == sha256(content).digest()


def test_code_travels_there_and_checkpoints_travel_back_in_chunks(
    bench: Bench, cluster: HostCluster
) -> None:
    write(bench, cluster, trials=4, steps=5, pause=0.1)
    bench.run(seconds=400)
    check(bench, trials=4)


def test_the_trial_of_a_host_that_is_cut_off_resumes_on_another(
    bench: Bench, cluster: HostCluster
) -> None:
    write(bench, cluster, trials=2, steps=40, pause=1.0)
    with bench.driving() as driver:
        driver.wait_for(r"trial \d+ started", count=2, seconds=200)
        wait_for(lambda: sum(bool(r.measurements) for r in bench.records()) == 2, 120, driver.said)
        lost = cluster.hosts[1]
        cluster.cut_off(lost)
        assert driver.wait(500) == 0, driver.said()
        assert f"its machine {lost} died" in driver.said()
    check(bench, trials=2)


def test_a_study_in_a_bucket_that_all_hosts_reach(bench: Bench, cluster: HostCluster) -> None:
    write(bench, cluster, trials=4, steps=5, pause=0.1)
    with s3_server(cluster.here) as server:
        bench.environment |= server.environment()
        address = server.new_address()
        on_workers = json.dumps(server.environment())
        words = ["--set", f"resources.runtime_env.env_vars={on_workers}", "--studies", address]
        said = bench.run(*words, seconds=400)
        assert server.environment()["AWS_SECRET_ACCESS_KEY"] not in said.split()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in server.environment().items():
                patch.setenv(name, value)
            records = look(address, bench.name).records
    assert [record.state for record in records] == [TrialState.COMPLETE] * 4
    for record in records:
        assert [(m.step, m.metrics["value"]) for m in record.measurements] == expected_curve(record)
    assert not (bench.folder / "studies").exists()
