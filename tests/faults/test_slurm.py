"""The recipe for SLURM, run for real on one machine: `srun` and `scontrol` are stand-ins."""

import os
import random
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from hpsearch.common.trial import TrialState
from tests.faults.cluster import put_programs
from tests.faults.harness import MARK, Bench, compare, expected_curve, wait_for
from tests.faults.test_machines import GATED, gate
from tests.ports import keep_port

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(2800),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]

RECIPE = Path(__file__).parents[2] / "docs" / "recipes" / "slurm.sh"
SRUN = """\
#!/bin/sh
echo "$@" >>srun.words
while [ "${1#--}" != "$1" ]; do shift; done
exec "$@" --temp-dir="$OTHER_NODE"
"""
"""Runs on this machine what would run on each of the other nodes, whose /tmp is another."""

SCONTROL = """\
#!/bin/sh
echo "$@" >>scontrol.words
"""
SLURM = {"SLURM_JOB_NUM_NODES": "2", "SLURM_CPUS_PER_TASK": "1"}


def free_id() -> str:
    """Return the number of a job whose port, 20,000 more, is free, and never one of Linux's."""
    while True:
        number = random.randrange(12_000)
        with suppress(OSError):
            keep_port(20_000 + number, host="")
            return str(number)


class Job:
    """The script as SLURM starts it on the first node, and starts it again."""

    def __init__(self, bench: Bench, number: str, other: str, starts: int = 0) -> None:
        self._log = bench.folder / f"slurm-{starts}.out"
        path = f"{_programs(bench.folder / 'bin')}:{os.environ['PATH']}"
        environment = {**os.environ, **SLURM, "PATH": path, MARK: bench.mark}
        environment |= {"SLURM_JOB_ID": number, "OTHER_NODE": other}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                ["bash", RECIPE, "experiment.yaml"], cwd=bench.folder,
                env={**environment, "SLURM_RESTART_COUNT": str(starts)},
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    def said(self) -> str:
        return self._log.read_text()

    def wait_for(self, text: str) -> None:
        wait_for(lambda: text in self.said(), 120, self.said)


def _programs(folder: Path) -> Path:
    put_programs(folder)
    for name, text in {"srun": SRUN, "scontrol": SCONTROL}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


def test_a_job_uses_all_nodes_and_is_queued_again_when_its_time_is_up(
    bench: Bench, other: str
) -> None:
    params = {"steps": 20, "pause": 0.1, "gate": str(gate(bench))}
    bench.write(GATED, params=params, resources={"gpus_per_trial": 0})
    number = free_id()
    first = Job(bench, number, other)
    first.wait_for("trial 0 started")
    first.wait_for("trial 1 started")  # on the other node: each has one CPU, and the gate is closed
    first.process.send_signal(signal.SIGUSR1)
    first.wait_for("running trials save a checkpoint")
    gate(bench).touch()
    assert first.process.wait(720) == 130, first.said()
    assert (bench.folder / "scontrol.words").read_text() == f"requeue {number}\n"
    assert "--relative=1 --nodes=1 --ntasks=1" in (bench.folder / "srun.words").read_text()
    bench.wait_until_nothing_is_left()

    second = Job(bench, number, other, starts=1)
    assert second.process.wait(1200) == 0, second.said()
    assert (bench.folder / "scontrol.words").read_text() == f"requeue {number}\n"
    records = bench.records()
    assert [record.state for record in records] == [TrialState.COMPLETE] * 6
    assert [record.attempt for record in records] == [2, 2, 1, 1, 1, 1]
    for record in records:
        assert [(m.step, m.metrics["value"]) for m in record.measurements] == expected_curve(record)
    assert compare(bench).is_clean, compare(bench)


def test_an_experiment_that_is_wrong_is_not_queued_again(bench: Bench, other: str) -> None:
    bench.write(budget={"trials": 0})
    job = Job(bench, free_id(), other)
    assert job.process.wait(720) == 2, job.said()
    assert "error[" in job.said() and not (bench.folder / "scontrol.words").exists()
