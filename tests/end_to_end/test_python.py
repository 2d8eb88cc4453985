"""Python code that searches on Ray: functions that are shipped, threads, what outlives a call."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TWO_THREADS = """
import logging, os, signal, sys, threading, warnings
import mlflow, optuna, ray  # as code does that uses them itself
import hpsearch
from dataclasses import dataclass

@dataclass
class Params:
    x: float

SCALE = 2.0

def scaled(value):
    return SCALE * value

def train(params: "Params", trial):
    print("hello from", trial.number)
    for step in (1, 2):
        trial.report(step, {"loss": scaled(params.x) + 1 / step})

def state():
    names = ("", "mlflow", "alembic", "sqlalchemy.engine", "optuna", "ray")
    return {
        "environment": dict(os.environ), "path": list(sys.path), "filters": list(warnings.filters),
        "signals": [signal.getsignal(n) for n in (1, 2, 15)], "folder": os.getcwd(),
        "levels": [logging.getLogger(name).level for name in names],
        "ray": (ray.is_initialized(), ray._private.ray_constants.ENABLE_RAY_CLUSTER,
                ray._private.utils.set_sigterm_handler),
        "mlflow": (mlflow.environment_variables.MLFLOW_HTTP_REQUEST_MAX_RETRIES.default,
                   mlflow.get_tracking_uri()),
        "streams": (sys.stdout, sys.stderr, sys.breakpointhook),
    }

def search(name, local):
    study = hpsearch.run(
        train, name=name, space={"x": hpsearch.Float(0, 1)}, objective="minimize loss", trials=3,
        register=False, local=local, resources=hpsearch.Resources(parallel_trials=1),
    )
    is_right = sorted(one.value for one in study.trials) == sorted(
        2 * one.params["x"] + 1 / one.best_step for one in study.trials)
    said.append(f"{name} {study.standing} {is_right} {study.logs(1)}")

said = []
before = state()
threads = [threading.Thread(target=search, args=(name, local))
           for name, local in (("one", False), ("two", False), ("three", True))]
for thread in threads: thread.start()
for thread in threads: thread.join()
for name, value in state().items():
    assert value == before[name], (name, value, before[name])
answer("\\n".join([*sorted(said), "as before"]))
"""

STARTER_ENDS_FIRST = """
import hpsearch, pathlib, threading, time

def train(params, trial):
    while not pathlib.Path(f"{trial.number}-may-end").exists():
        time.sleep(0.05)
    return params["x"]

def search(name, trials):
    found[name] = hpsearch.run(
        train, name=name, space={"x": hpsearch.Float(0, 1)}, objective="minimize loss",
        trials=trials, register=False, resources=hpsearch.Resources(parallel_trials=1),
    )

def until(is_true):
    while not is_true():
        time.sleep(0.05)

def runs(name, number):
    try:
        return [one.number for one in hpsearch.open_study(name).trials][-1:] == [number]
    except hpsearch.UserError:
        return False

found = {}
first, second = [threading.Thread(target=search, args=one) for one in (("first", 1), ("second", 2))]
first.start()
until(lambda: runs("first", 0))
second.start()
until(lambda: runs("second", 0))
pathlib.Path("0-may-end").touch()
first.join()

def rest():
    until(lambda: runs("second", 1))
    time.sleep(2)
    pathlib.Path("1-may-end").touch()
    second.join()
    answer("\\n".join(f"{name} {one.standing} {[trial.attempt for trial in one.trials]}"
                     for name, one in sorted(found.items())))

threading.Thread(target=rest).start()  # the main thread ends now
"""

RUNNING_RAY = """
import hpsearch, ray, threading
ray.init("local", num_cpus=1, include_dashboard=False, logging_level="error")
lock = threading.Lock()

def train(params, trial):
    return params["x"]

def holds(params, trial):
    with lock:
        return params["x"]

asked = dict(space={"x": hpsearch.Float(0, 1)}, objective="minimize loss", register=False)
said = [hpsearch.run(train, name="beside", trials=2, **asked).standing]
try:
    hpsearch.run(holds, name="lock", trials=2, **asked)
except hpsearch.UserError as error:
    said.append(f"{error.faults[0].code} {'`lock`' in error.faults[0].why}")
said.append(f"{ray.is_initialized()} {ray.get(ray.remote(lambda: 5).remote())}")
answer("\\n".join(said))
"""


ANSWER = """
from pathlib import Path

def answer(text):
    Path("answer").write_text(text)  # Ray may print to stdout
"""


def run(folder: Path, script: str) -> list[str]:
    """Run a script that comes by stdin; return the lines of its answer."""
    environment = {**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"}
    done = subprocess.run(
        [sys.executable, "-"], input=ANSWER + script, cwd=folder, env=environment,
        capture_output=True, text=True, timeout=1200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-5000:]
    return (folder / "answer").read_text().splitlines()


@pytest.mark.timeout(1300)
@pytest.mark.slow
def test_threads_share_a_ray_and_leave_everything_as_it_was(tmp_path: Path) -> None:
    assert run(tmp_path, TWO_THREADS) == [
        "one finished True hello from 1",
        "three finished True hello from 1",
        "two finished True hello from 1",
        "as before",
    ]


@pytest.mark.timeout(1300)
@pytest.mark.slow
def test_ray_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    assert run(tmp_path, STARTER_ENDS_FIRST) == ["first finished [1]", "second finished [1, 1]"]


@pytest.mark.timeout(1300)
@pytest.mark.slow
def test_a_ray_that_runs_already_is_used_and_left_running(tmp_path: Path) -> None:
    assert run(tmp_path, RUNNING_RAY) == ["finished", "unpicklable-trainable True", "True 5"]
