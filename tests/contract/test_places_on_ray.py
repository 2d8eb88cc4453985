"""Where code may lie, on a Ray of our own: the command as a person runs it, trials in workers."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hpsearch

ROOT = Path(hpsearch.__file__).parents[1]

TRAIN = """\
import multiprocessing
import numpy
from helpers import Data

def train(params, trial):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        value = pool.apply(Own(numpy.float64(params["x"])).get)
    trial.report(1, {"value": Data(value).value})

class Own:
    def __init__(self, x):
        self.x = x
    def get(self):
        return self.x
"""
HELPERS = """\
from dataclasses import dataclass

@dataclass
class Data:
    value: "float"
"""
SIMPLE = """\
import random
from helpers import Data

def train(params, trial):
    trial.report(1, {"value": Data(random.random()).value})
"""
WRONG = "raise RuntimeError('the wrong module')\n"


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def write_experiment(file: Path, trainable: str) -> None:
    given = {
        "name": "places",
        "trainable": trainable,
        "objective": {"metric": "value", "direction": "maximize"},
        "space": {"x": {"type": "float", "low": 0.0, "high": 1.0}},
        "budget": {"trials": 1},
        "resources": {"parallel_trials": 1, "gpus_per_trial": 0},
    }
    write(file.parent, {file.name: json.dumps(given)})


def run(current: Path, experiment: str) -> "subprocess.CompletedProcess[str]":
    """Run the search in a folder, with nothing of that folder on the command's own path."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "hpsearch", "run", experiment],
        cwd=current,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )


@pytest.mark.parametrize(
    ("file", "text", "experiment", "trainable"),
    [
        pytest.param(
            *("src/train.py", TRAIN, "experiment.yaml", "src/train.py:train"),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            *("train.py", TRAIN, "conf/experiment.yaml", "../train.py:train"),
            marks=pytest.mark.slow,
        ),
        ("random.py", SIMPLE, "experiment.yaml", "random.py:train"),
    ],
)
def test_a_current_folder_full_of_taken_names_is_no_workers_path(
    empty_mlflow: Path, tmp_path: Path, file: str, text: str, experiment: str, trainable: str
) -> None:
    shutil.copy(empty_mlflow, tmp_path)
    taken = ["numpy.py", "queue.py", "optuna.py", "hpsearch/__init__.py", "ray/__init__.py"]
    write(tmp_path, dict.fromkeys(taken, WRONG))
    write((tmp_path / file).parent, {Path(file).name: text, "helpers.py": HELPERS})
    write_experiment(tmp_path / experiment, trainable)
    done = run(tmp_path, experiment)
    assert done.returncode == 0, done.stderr
    assert "1 complete" in done.stderr


POOL = """\
from pathlib import Path
import ray
from hpsearch.common.errors import UserError
from hpsearch.experiment.schema import Resources
from hpsearch.workers.ray.pool import RayPool
from hpsearch.workers.setup import WorkerSetup

ray.init("local", include_dashboard=False, num_cpus=1)  # puts the current folder first
setup = WorkerSetup("train.py:train", Path("code").absolute())
pool = RayPool(setup, Resources(parallel_trials=1), most=1)
try:
    pool.load()
except UserError as error:
    print(error)
"""


def test_a_worker_that_cannot_start_names_the_file_that_is_at_fault(tmp_path: Path) -> None:
    write(tmp_path, {"numpy.py": WRONG, "code/train.py": SIMPLE, "code/helpers.py": HELPERS})
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-P", "-c", POOL]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert f'File "{tmp_path}/numpy.py", line 1' in done.stdout
    assert "RuntimeError: the wrong module" in done.stdout


def test_an_error_on_import_in_a_worker_is_told_with_the_users_line(tmp_path: Path) -> None:
    text = "import os\nwhere = os.environ['NOT_THERE_IN_WORKERS']\n"
    write(tmp_path, {"src/train.py": f"import helpers\n{TRAIN}", "src/helpers.py": text})
    write_experiment(tmp_path / "experiment.yaml", "src/train.py:train")
    done = run(tmp_path, "experiment.yaml")
    assert done.returncode == 2
    assert "error[broken-trainable]" in done.stderr
    assert f"{tmp_path}/src/train.py:1: import helpers" in done.stderr
    assert f"{tmp_path}/src/helpers.py:2: where = os.environ" in done.stderr
    assert "KeyError: 'NOT_THERE_IN_WORKERS'" in done.stderr
    assert not (tmp_path / "studies" / "places").exists()
