"""A driver that lives in the cluster, as a Ray job: killed with it, resumed on another one.

Ray's job server needs what `ray[default]` brings; without that the tests are skipped.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

import pytest
from mlflow import MlflowClient

from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.usecases import look
from tests.faults.cluster import put_programs
from tests.faults.harness import MARK, Bench, compare, expected_curve, wait_for
from tests.faults.test_machines import GATED, gate
from tests.ports import free_port
from tests.s3 import s3_server

NEEDED = ("aiohttp_cors", "opencensus", "prometheus_client", "smart_open", "virtualenv")
"""Some of `ray[default]`: Ray's job server does not start without them."""

pytestmark = [
    pytest.mark.jobs,
    pytest.mark.timeout(3600),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
    pytest.mark.skipif(
        not all(map(find_spec, NEEDED)), reason="Ray Jobs need `pip install 'hpsearch[jobs]'`"
    ),
]

RECIPE = Path(__file__).parents[2] / "docs" / "recipes" / "ray-job.sh"


class Head:
    """A head with its job server, on this machine."""

    def __init__(self, bench: Bench, temporary: Path) -> None:
        self._bench, self._log = bench, bench.folder / "head.log"
        port, dashboard, agent, client = (str(free_port()) for _ in range(4))
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"]
        command += ["--node-ip-address", "127.0.0.1", "--port", port, "--num-cpus", "2"]
        command += ["--num-gpus", "0", "--object-store-memory", "80000000"]
        command += ["--dashboard-port", dashboard, "--temp-dir", str(temporary)]
        command += ["--dashboard-agent-listen-port", agent, "--ray-client-server-port", client]
        self.address = f"http://127.0.0.1:{dashboard}"
        self.processes = [self._start([*command, "--disable-usage-stats"], self._log)]

    def wait(self) -> None:
        """Return when it takes jobs: seconds later than it has started."""
        wait_for(lambda: "Ray runtime started" in self._log.read_text(), 120, self._log.read_text)
        wait_for(self._takes_jobs, 120, self.said)

    def _takes_jobs(self) -> bool:
        return self.submit("ray", "job", "submit", "--", "true").wait(480) == 0

    def submit(self, *words: str) -> "subprocess.Popen[bytes]":
        """Run a command in the experiment's folder; it is told of the cluster."""
        self.processes.append(self._start(words, self._bench.folder / "job.log"))
        return self.processes[-1]

    def _start(self, words: Sequence[str], log: Path) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, **self._bench.environment, MARK: self._bench.mark}
        environment["RAY_API_SERVER_ADDRESS"] = self.address
        with log.open("wb") as output:
            return subprocess.Popen(
                words, cwd=self._bench.folder, env=environment,
                stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    def said(self) -> str:
        return (self._bench.folder / "job.log").read_text()


@contextmanager
def head(bench: Bench) -> Iterator[Head]:
    """Run a head; in the end all of it is killed."""
    temporary = Path(mkdtemp(prefix="jobs-", dir="/tmp"))  # the path of a socket is short
    made = Head(bench, temporary)
    try:
        made.wait()
        yield made
    finally:
        for process in bench.processes():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        for own in made.processes:
            own.wait()
        bench.wait_until_nothing_is_left()
        # a process of the dashboard hides whose it is, and writes there until it sees the end
        wait_for(lambda: is_removed(temporary), 60, lambda: f"{temporary} is written to")


def is_removed(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


class JobBench(Bench):
    """A bench whose study is in a bucket."""

    address: str

    def records(self) -> list[TrialRecord]:
        return [*look(self.address, self.name).records]


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobBench]:
    with s3_server() as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        bench = JobBench(tmp_path / "work")
        bench.address = server.new_address()
        bench.environment |= {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "HPSEARCH_STUDIES": bench.address,
            "MLFLOW_TRACKING_URI": f"sqlite:///{bench.folder / 'mlflow.db'}",
            "PATH": f"{put_programs(tmp_path / 'bin')}:{os.environ['PATH']}",
        }
        # else its artifacts go to the folder of the first job, which is gone with its cluster
        client = MlflowClient(bench.environment["MLFLOW_TRACKING_URI"])
        client.create_experiment(bench.name, artifact_location=str(bench.folder / "mlruns"))
        params = {"steps": 20, "pause": 0.1, "gate": str(gate(bench))}
        bench.write(GATED, params=params, resources={"gpus_per_trial": 0})
        yield bench


def test_a_job_whose_cluster_is_killed_resumes_on_another_one(jobs: JobBench) -> None:
    recipe = ["bash", str(RECIPE), "experiment.yaml"]
    with head(jobs) as first:
        first.submit(*recipe)
        wait_for(lambda: "trial 1 started" in first.said(), 180, first.said)
        wait_for(lambda: all(map(_has_checkpoint, jobs.records())), 120, first.said)
    gate(jobs).touch()
    with head(jobs) as second:
        job = second.submit(*recipe)
        assert job.wait(1600) == 0, second.said()
    records = jobs.records()
    assert [record.state for record in records] == [TrialState.COMPLETE] * 6
    assert [record.attempt for record in records] == [2, 2, 1, 1, 1, 1]
    for record in records:
        assert [(m.step, m.metrics["value"]) for m in record.measurements] == expected_curve(record)
    assert compare(jobs).is_clean, compare(jobs)


def _has_checkpoint(record: TrialRecord) -> bool:
    return len(record.measurements) >= 5


def test_a_job_that_names_no_cluster_is_told_which(jobs: JobBench) -> None:
    words = ["job", "submit", "--working-dir", ".", "--", "hpsearch", "run", "experiment.yaml"]
    with head(jobs) as only:
        assert only.submit("ray", *words).wait(720) != 0
        assert "error[ray-job]" in only.said() and "ray_address=auto" in only.said()
