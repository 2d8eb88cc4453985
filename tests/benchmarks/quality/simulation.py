"""The real search loop, study and strategies on a pool whose clock is virtual. No Ray, no MLflow.

A worker's step takes the seconds that its task says; everything else takes none.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from optuna.samplers import BaseSampler

from hpsearch.common.trial import Measurement, TrialRecord
from hpsearch.engine import Parts, Search
from hpsearch.experiment import Experiment
from hpsearch.store import open_store
from hpsearch.strategies import OptunaStudy
from hpsearch.workers.virtual.pool import Course, TimeIsUp, VirtualPool
from tests.benchmarks.quality.task import Task

MANY = 1_000_000
"""Trials and minutes: the simulated time ends a search first, and `auto` is to know of a limit."""


class Trace:
    """What a search found, with simulated times, as a listener hears of it."""

    def __init__(self, pool: VirtualPool) -> None:
        self.lowest: list[tuple[float, float]] = []
        """When a loss was reported that was the lowest so far, and which."""
        self.ended: list[tuple[float, TrialRecord]] = []
        """When a trial ended, and how."""
        self._pool = pool

    def started(self, record: TrialRecord) -> None: ...

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None:
        loss = measurements[-1].metrics["loss"]
        if not self.lowest or loss < self.lowest[-1][1]:
            self.lowest.append((self._pool.now, loss))

    def paused(self, record: TrialRecord) -> None: ...

    def finished(self, record: TrialRecord) -> None:
        self.ended.append((self._pool.now, record))


Further = Callable[[Mapping[str, Any]], Mapping[str, float]]
"""Returns the metrics beside the loss, which are the same in each report of a trial."""


def no_further(params: Mapping[str, Any]) -> Mapping[str, float]:
    """Return no metrics beside the loss."""
    return {}


def course_of(task: Task, params: Mapping[str, Any], further: Further = no_further) -> Course:
    """Return what a trial of these hyperparameters reports."""
    seconds, others = task.step_seconds(params), further(params)
    losses = enumerate(task.curve(params), start=1)
    return Course(
        [
            [Measurement(n * task.stride, {"loss": float(one), **others}, n * seconds)]
            for n, one in losses
        ]
    )


class WithoutLookahead(OptunaStudy):
    """A study that proposes when it is asked: here no time passes meanwhile."""

    allows_lookahead = False


@dataclass(frozen=True)
class Side:
    """What is compared: sections of the experiment, and a sampler in place of the section's."""

    sections: Mapping[str, Any]
    sampler: Callable[[Experiment], BaseSampler] | None = None


def simulate(
    task: Task,
    side: Side,
    *,
    slots: int,
    seconds: float,
    seed: int,
    further: Further = no_further,
) -> Trace:
    """Search a task for so many virtual seconds; return what was found when."""
    experiment = Experiment.model_validate(
        {
            "name": "simulated",
            "trainable": "task.py:train",
            "objective": {"metric": "loss", "direction": "minimize"},
            "space": task.space,
            "params": {"steps": task.steps * task.stride},
            "budget": {"trials": MANY, "minutes": MANY},
            "checkpoints": {"every_seconds": 1e9},
            "seed": seed,
            **side.sections,
        }
    )
    stored = open_store("memory://").study("simulated")
    study = WithoutLookahead(stored, experiment)
    if side.sampler is not None:
        study._session.study.sampler = side.sampler(experiment)
    pool = VirtualPool(
        lambda one: course_of(task, one.params, further), slots=slots, seconds=seconds
    )
    trace = Trace(pool)
    parts = Parts(
        study=study,
        pool=pool,
        checkpoints=stored.checkpoints,
        artifacts=stored.artifacts,
        listeners=[trace],
    )
    with suppress(TimeIsUp):
        Search(experiment, parts).run()
    return trace
