"""Drives `hpsearch run` as a process that is killed; compares what the study and MLflow hold."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mlflow import MlflowClient

from hpsearch.common.trial import TrialRecord
from hpsearch.experiment import read_experiment
from hpsearch.store.folder import FolderStudy
from hpsearch.store.folder.layout import Layout
from hpsearch.strategies import read_study

MARK = "HPSEARCH_TEST_MARK"
"""In the environment of everything that a test starts, so that nothing of it escapes a look."""

PATIENCE = 4
"""Limits are seconds of a machine like ours; another one may be so many times slower."""

NOT_INHERITED = ("MLFLOW_", "PYTHONBREAKPOINT")
"""What a search by hand would not have: Ray sets the last one in the process of another test."""

TRAINABLE = '''\
import json
import time


def curve(x, steps):
    """What an unbroken trial reports: each step needs the one before."""
    values, state = [], 0.0
    for step in range(1, steps + 1):
        state = state * 0.9 + x
        values.append(-((state - step * 0.3) ** 2))
    return values


def train(params, trial):
    state, start = 0.0, 0
    if trial.checkpoint is not None:
        state, start = json.loads((trial.checkpoint / "state.json").read_text())
    for step in range(start + 1, params["steps"] + 1):
        time.sleep(params["pause"])
        state = state * 0.9 + params["x"]
        save = lambda folder: (folder / "state.json").write_text(json.dumps([state, step]))
        trial.report(step, {"value": -((state - step * 0.3) ** 2)}, checkpoint=save)
'''


@dataclass
class Bench:
    """A folder with an experiment over a trainable, and the processes that search in it."""

    folder: Path
    name: str = "faulty"
    register: bool = False
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mark = uuid.uuid4().hex
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def stored(self) -> FolderStudy:
        return FolderStudy(self.folder / "studies" / self.name)

    @property
    def paths(self) -> Layout:
        return self.stored.layout

    def write(self, code: str = TRAINABLE, function: str = "train", **sections: Any) -> None:
        """Write trainable and experiment (as JSON, which is YAML)."""
        (self.folder / "work.py").write_text(code)
        given = {
            "name": self.name,
            "trainable": f"work.py:{function}",
            "objective": {"metric": "value", "direction": "maximize"},
            "params": {"steps": 10, "pause": 0.05},
            "space": {"x": {"type": "float", "low": -1.0, "high": 1.0}},
            "budget": {"trials": 6},
            "pruner": {"type": "none"},
            "resources": {"parallel_trials": 2, "gpus_per_trial": 0},
            "checkpoints": {"every_seconds": 0},
            **sections,
        }
        (self.folder / "experiment.yaml").write_text(json.dumps(given))

    @contextmanager
    def driving(
        self, *words: str, verb: Sequence[str] = ("run", "experiment.yaml")
    ) -> Iterator["Driver"]:
        """Start a driver; in the end it is gone, with all that it started."""
        driver = Driver(self, [*verb, *words])
        try:
            yield driver
        finally:
            driver.kill()

    def run(
        self,
        *words: str,
        code: int = 0,
        seconds: float = 90,
        verb: Sequence[str] = ("run", "experiment.yaml"),
    ) -> str:
        """Run a driver to its end and return what it said."""
        with self.driving(*words, verb=verb) as driver:
            found = driver.wait(seconds)
            assert found == code, f"exit code {found}\n{driver.said()}"
            return driver.said()

    @property
    def has_begun(self) -> bool:
        """Whether the study has a journal."""
        return self.stored.exists()

    def records(self) -> list[TrialRecord]:
        return read_study(self.stored, read_experiment(self.paths.experiment))

    def processes(self) -> dict[int, str]:
        """Return everything alive that was started from here, by id."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    if f"{MARK}={self.mark}".encode() in (entry / "environ").read_bytes():
                        command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                        found[int(entry.name)] = command.strip()
                except OSError:
                    continue
        return found

    def wait_until_nothing_is_left(self, seconds: float = 60) -> None:
        """Ray's own agents of a driver that was killed take up to half a minute to notice."""
        wait_for(lambda: not self.processes(), seconds, lambda: f"left: {self.processes()}")


class Driver:
    """One `hpsearch run`, or another verb, in a session of its own, its words in a file."""

    def __init__(self, bench: Bench, words: Sequence[str]) -> None:
        self._bench = bench
        self._log = bench.folder / f"run-{time.monotonic_ns()}.log"
        command = [sys.executable, "-m", "hpsearch", *words]
        command += [] if bench.register else ["--no-register"]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(NOT_INHERITED)}
        environment |= {MARK: bench.mark, **bench.environment}
        # a shell has what it starts by `&` ignore Ctrl-C, and the driver would keep to that
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                cwd=bench.folder,
                env=environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                umask=0,  # what is private is so by our own doing
            )

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def wait(self, seconds: float) -> int:
        try:
            return self.process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"{error}\n{self.said()}") from None

    def wait_for(self, pattern: str, count: int = 1, seconds: float = 60) -> None:
        """Wait until it said something so many times."""
        wait_for(
            lambda: len(re.findall(pattern, self.said())) >= count or not self.is_running,
            seconds,
            lambda: f"never said {pattern!r}:\n{self.said()}",
        )
        assert len(re.findall(pattern, self.said())) >= count, self.said()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to it alone."""
        if self.is_running:
            self.process.send_signal(number)

    def send_to_group(self, number: signal.Signals) -> None:
        """Send a signal to its whole group, as a terminal does."""
        os.killpg(self.process.pid, number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self.process.wait()

    def pids(self, pattern: str) -> list[int]:
        """Return the processes around it whose command matches."""
        found = self._bench.processes().items()
        return [pid for pid, command in found if re.search(pattern, command)]

    def workers(self) -> list[int]:
        return self.pids("ray::ProcessWorker")


def wait_for(true: Callable[[], bool], seconds: float, what: Callable[[], str]) -> None:
    end = time.monotonic() + seconds * PATIENCE
    while not true():
        assert time.monotonic() < end, what()
        time.sleep(0.05)


@dataclass(frozen=True)
class Comparison:
    """What does not agree between the study and MLflow; all empty where nothing is lost."""

    lost: list[int]
    duplicated: list[int]
    differing: list[str]

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.duplicated or self.differing)


def compare(bench: Bench) -> Comparison:
    """Compare study and MLflow trial by trial: params, state, value, the whole curve."""
    client = MlflowClient(f"sqlite:///{quote(str(bench.folder / 'mlflow.db'))}")
    experiment = client.get_experiment_by_name(bench.name)
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], max_results=50_000)
    children = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    numbers = [int(run.data.tags["hpsearch.trial"]) for run in children]
    by_number = dict(zip(numbers, children, strict=True))
    records = bench.records()
    finished = [record for record in records if record.state.is_finished]
    differing = [
        f"trial {record.number}: {what}"
        for record in finished
        if record.number in by_number
        for what in _differences(client, record, by_number[record.number])
    ]
    strangers = sorted({*numbers} - {record.number for record in records})
    differing += [f"MLflow has a trial {number}, the study has not" for number in strangers]
    return Comparison(
        lost=[record.number for record in finished if record.number not in by_number],
        duplicated=sorted(number for number, count in Counter(numbers).items() if count > 1),
        differing=differing,
    )


def _differences(client: MlflowClient, record: TrialRecord, run: Any) -> Iterator[str]:
    params = {name: str(value) for name, value in record.params.items()}
    if run.data.params != params:
        yield f"params {params} and {run.data.params}"
    if run.data.tags.get("hpsearch.state") != record.state.value:
        yield f"state {record.state.value} and {run.data.tags.get('hpsearch.state')}"
    value = run.data.metrics.get("objective")
    if (record.values or (None,))[0] != value:
        yield f"value {record.values} and {value}"
    points = client.get_metric_history(run.info.run_id, "value") if record.measurements else []
    logged = sorted((point.step, point.value) for point in points)
    curve = [(m.step, m.metrics["value"]) for m in record.measurements if "value" in m.metrics]
    if logged != curve:
        yield f"curve {curve} and {logged}"


def expected_curve(record: TrialRecord) -> list[tuple[int, float]]:
    """Return what an unbroken trial of `TRAINABLE` reports."""
    curve, state = [], 0.0
    for step in range(1, int(record.params["steps"] or 0) + 1):
        state = state * 0.9 + float(record.params["x"] or 0)
        curve.append((step, -((state - step * 0.3) ** 2)))
    return curve
