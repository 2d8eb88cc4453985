"""The recipe for SLURM, run for real on one machine: `srun` and `scontrol` are stand-ins."""

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hpsearch.common.trial import TrialState
from tests.faults.harness import MARK, Bench, compare, expected_curve, wait_for
from tests.faults.test_machines import GATED, gate

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(500),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]

RECIPE = Path(__file__).parents[2] / "docs" / "recipes" / "slurm.sh"
SRUN = """\
#!/bin/sh
echo "$@" >>srun.words
while [ "${1#--}" != "$1" ]; do shift; done
exec "$@"
"""
"""Runs on this machine what would run on each of the other nodes."""

SCONTROL = """\
#!/bin/sh
echo "$@" >>scontrol.words
"""
SLURM = {"SLURM_JOB_ID": "31337", "SLURM_JOB_NUM_NODES": "2", "SLURM_CPUS_PER_TASK": "1"}


class Job:
    """The script as SLURM starts it on the first node, and starts it again."""

    def __init__(self, bench: Bench, starts: int) -> None:
        self._log = bench.folder / f"slurm-{starts}.out"
        path = f"{_programs(bench.folder / 'bin')}:{os.environ['PATH']}"
        environment = {**os.environ, **SLURM, "PATH": path, MARK: bench.mark}
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
    folder.mkdir(exist_ok=True)
    python = shlex.quote(sys.executable)
    texts = {"srun": SRUN, "scontrol": SCONTROL}
    for name, words in {"ray": "-m ray.scripts.scripts", "hpsearch": "-m hpsearch"}.items():
        texts[name] = f'#!/bin/sh\nexec {python} {words} "$@"\n'
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


def test_a_job_uses_all_nodes_and_is_queued_again_when_its_time_is_up(bench: Bench) -> None:
    params = {"steps": 20, "pause": 0.1, "gate": str(gate(bench))}
    bench.write(GATED, params=params, resources={"gpus_per_trial": 0})
    first = Job(bench, 0)
    first.wait_for("trial 0 started")
    first.wait_for("trial 1 started")  # on the other node: each has one CPU, and the gate is closed
    first.process.send_signal(signal.SIGUSR1)
    first.wait_for("running trials save a checkpoint")
    gate(bench).touch()
    assert first.process.wait(120) == 130, first.said()
    assert (bench.folder / "scontrol.words").read_text() == "requeue 31337\n"
    assert "--relative=1 --nodes=1 --ntasks=1" in (bench.folder / "srun.words").read_text()
    bench.wait_until_nothing_is_left()

    second = Job(bench, 1)
    assert second.process.wait(200) == 0, second.said()
    assert (bench.folder / "scontrol.words").read_text() == "requeue 31337\n"
    records = bench.records()
    assert [record.state for record in records] == [TrialState.COMPLETE] * 6
    assert [record.attempt for record in records] == [2, 2, 1, 1, 1, 1]
    for record in records:
        assert [(m.step, m.metrics["value"]) for m in record.measurements] == expected_curve(record)
    assert compare(bench).is_clean, compare(bench)


def test_an_experiment_that_is_wrong_is_not_queued_again(bench: Bench) -> None:
    bench.write(budget={"trials": 0})
    job = Job(bench, 0)
    assert job.process.wait(120) == 2, job.said()
    assert "error[" in job.said() and not (bench.folder / "scontrol.words").exists()
