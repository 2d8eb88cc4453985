"""What a trainable may use as in a script, and the forms that it may have, in any pool."""

import pytest

from hpsearch.common.decision import Decision
from hpsearch.engine import Ended, Reported, Task
from tests.contract.pools import Opener, run_to_end

pytestmark = pytest.mark.slow

USES = """\
import asyncio
import functools
import multiprocessing
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


def doubled(x):
    return 2 * x


def fork(params, trial):
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return sum(pool.map(doubled, range(4)))


def spawn(params, trial):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return sum(pool.map(doubled, range(4)))


def loader(params, trial):
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    data = TensorDataset(torch.arange(4.0))
    loader = DataLoader(data, batch_size=2, num_workers=2)
    return sum(2 * float(batch.sum()) for (batch,) in loader)


def jobs(params, trial):
    from joblib import Parallel, delayed

    return sum(Parallel(n_jobs=2)(delayed(doubled)(x) for x in range(4)))


def threads_of_joblib(params, trial):
    from joblib import Parallel, delayed

    return sum(Parallel(n_jobs=2, backend="threading")(delayed(doubled)(x) for x in range(4)))


def pictures(params, trial):
    import matplotlib.pyplot as pyplot

    figure, axes = pyplot.subplots()
    axes.plot(range(4))
    figure.savefig(trial.artifacts / "curve.png")
    pyplot.close(figure)
    return 12.0 if (trial.artifacts / "curve.png").stat().st_size else 0.0


def shell(params, trial):
    return float(subprocess.run("echo 12", shell=True, capture_output=True, check=True).stdout)


async def coroutine(params, trial):
    return sum(await asyncio.gather(*(asyncio.sleep(0, doubled(x)) for x in range(4))))


def remote(params, trial):
    import ray

    task = ray.remote(num_cpus=0)(doubled)
    return sum(ray.get([task.remote(x) for x in range(4)]))


@dataclass(frozen=True)
class Params:
    x: float = 1.0


def generator(params: Params, trial):
    for step in range(trial.start_step, 5):
        yield {"value": params.x + step}


async def async_generator(params: Params, trial):
    for step in range(trial.start_step, 5):
        await asyncio.sleep(0)
        yield step, {"value": params.x + step}


def decorator(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)
    return inner


@decorator
def decorated(params: Params, trial):
    yield from generator(params, trial)


class Callable:
    def __call__(self, params: Params, trial):
        return generator(params, trial)


def with_more(params, trial, more):
    return generator(Params(params["x"] + more), trial)


called = Callable()
partial = functools.partial(with_more, more=0.0)


class Model:
    def __init__(self, params: Params):
        self.params = params

    def train(self, trial):
        return generator(self.params, trial)


@dataclass
class Record:
    x: float

    def train(self, trial):
        for step in range(5):
            trial.report(step, {"value": self.x + step})
"""

USED = [
    "fork", "spawn", "loader", "jobs", "threads_of_joblib", "pictures", "shell", "coroutine",
]  # fmt: skip
FORMS = [
    "generator", "async_generator", "decorated", "called", "partial", "Model", "Record",
]  # fmt: skip


def open_uses(opener: Opener) -> Opener:
    (opener.folder / "samples.py").write_text(USES)
    return opener


@pytest.mark.parametrize("name", USED)
def test_a_trainable_uses_it_as_in_a_script(open_pool: Opener, name: str) -> None:
    pool = open_uses(open_pool).unserved(name, parallel_trials=1)

    def loop() -> None:
        for number in range(2):  # what the first one left does not disturb the second
            (ended,) = run_to_end(pool, Task(number, 1, 5, {"x": 1.0}))
            assert isinstance(ended, Ended) and ended.how == "returned", ended
            assert ended.measurements[-1].metrics == {"": 12.0}

    pool.serve(loop)


def test_a_trainable_uses_the_ray_that_it_runs_on(open_ray: Opener) -> None:
    pool = open_uses(open_ray)("remote", parallel_trials=1)
    (ended,) = run_to_end(pool, Task(0, 1, 5, {"x": 1.0}))
    assert isinstance(ended, Ended) and ended.how == "returned", ended
    assert ended.measurements[-1].metrics == {"": 12.0}


@pytest.mark.parametrize("name", FORMS)
def test_each_form_of_a_trainable_reports_and_is_stopped(open_pool: Opener, name: str) -> None:
    pool = open_uses(open_pool).unserved(name, parallel_trials=1)

    def loop() -> None:
        *reports, ended = run_to_end(pool, Task(0, 1, 5, {"x": 1.0}))
        assert isinstance(ended, Ended) and ended.how == "returned", ended
        values = [one.measurements[-1].metrics for one in reports if isinstance(one, Reported)]
        assert values == [{"value": 1.0 + step} for step in range(5)]
        stop = Decision(stop=True, reason="enough")
        _, stopped = run_to_end(pool, Task(1, 1, 5, {"x": 1.0}), stop)
        assert isinstance(stopped, Ended)
        assert (stopped.how, stopped.reason) == ("stopped", "enough")

    pool.serve(loop)
