"""The real search loop, study and strategies on a pool whose clock is virtual. No Ray, no MLflow.

A worker's step takes the seconds that its task says; everything else takes none.
"""

import heapq
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from optuna.samplers import BaseSampler

from hpsearch.common.decision import Decision
from hpsearch.common.trial import Measurement, Place
from hpsearch.engine import Answer, Ended, Event, Parts, Reported, Saved, Search
from hpsearch.engine import Task as Attempt
from hpsearch.experiment import Experiment
from hpsearch.store import open_store
from hpsearch.strategies import OptunaStudy
from tests.benchmarks.quality.task import Curve, Task

Result = TypeVar("Result")
PLACE = Place("simulated", 0, "cpu")
MANY = 1_000_000


class BudgetSpent(Exception):
    """The virtual clock is past the budget."""


@dataclass
class Running:
    """An attempt: its configuration's curve, and the steps that are done."""

    number: int
    curve: Curve
    step_seconds: float
    done: int
    is_stopped: bool = False

    @property
    def measurement(self) -> Measurement:
        """The last step's."""
        loss = {"loss": float(self.curve[self.done - 1])}
        return Measurement(self.done, loss, self.done * self.step_seconds)


class VirtualPool:
    """See `ports.Pool`; `slots` attempts at once until `seconds` are over."""

    def __init__(self, task: Task, *, slots: int, seconds: float) -> None:
        self.slots = slots
        self.now = 0.0
        self.trace: list[tuple[float, float]] = []
        """When a loss was reported that was the lowest so far, and which."""
        self._task = task
        self._seconds = seconds
        self._due: list[tuple[float, int]] = []
        self._running: dict[int, Running] = {}
        self._answers: list[Event] = []

    def load(self) -> None: ...

    def close(self) -> None: ...

    def serve(self, loop: Callable[[], Result]) -> Result:
        return loop()

    def hold(self, number: int) -> None: ...

    def kill(self, number: int, reason: str) -> None:
        raise AssertionError("nothing hangs here")

    def start(self, task: Attempt) -> None:
        curve, seconds = self._task.curve(task.params), self._task.step_seconds(task.params)
        done = max(task.start_step - 1, 0)
        self._running[task.number] = Running(task.number, curve, seconds, done)
        self._continue(self._running[task.number])

    def wait(self, seconds: float) -> Sequence[Event]:
        if self._answers:
            answers, self._answers = self._answers, []
            return answers
        if not seconds or not self._due:
            return ()
        self.now, number = heapq.heappop(self._due)
        if self.now > self._seconds:
            raise BudgetSpent
        running = self._running[number]
        if running.done == len(running.curve):
            return [self._ended(number, "returned")]
        return [self._report(running)]

    def answer(self, number: int, answer: Answer) -> None:
        running, decision = self._running[number], answer
        assert isinstance(decision, Decision)
        running.is_stopped |= decision.stop
        if decision.save:
            self._answers.append(Saved(number, running.measurement, {"step": b""}))
        elif running.is_stopped:
            self._answers.append(self._ended(number, "stopped"))
        else:
            self._continue(running)

    def _continue(self, running: Running) -> None:
        is_over = running.done == len(running.curve)
        due = self.now if is_over else self.now + running.step_seconds
        heapq.heappush(self._due, (due, running.number))

    def _report(self, running: Running) -> Reported:
        running.done += 1
        measurement = running.measurement
        loss = measurement.metrics["loss"]
        if not self.trace or loss < self.trace[-1][1]:
            self.trace.append((self.now, loss))
        return Reported(running.number, [measurement], savable=True, place=PLACE)

    def _ended(self, number: int, how: Literal["returned", "stopped"]) -> Ended:
        del self._running[number]
        return Ended(number, how, place=PLACE)


class WithoutLookahead(OptunaStudy):
    """A study that proposes when it is asked: here no time passes meanwhile."""

    allows_lookahead = False


@dataclass(frozen=True)
class Side:
    """What is compared: sections of the experiment, and a sampler in place of the section's."""

    sections: Mapping[str, Any]
    sampler: Callable[[Experiment], BaseSampler] | None = None


def simulate(
    task: Task, side: Side, *, slots: int, seconds: float, seed: int
) -> list[tuple[float, float]]:
    """Search a task for so many virtual seconds; return when which loss was the lowest so far."""
    experiment = Experiment.model_validate(
        {
            "name": "simulated",
            "trainable": "task.py:train",
            "objective": {"metric": "loss", "direction": "minimize"},
            "space": task.space,
            "params": {"steps": task.steps},
            "budget": {"trials": MANY},
            "checkpoints": {"every_seconds": 1e9},
            "seed": seed,
            **side.sections,
        }
    )
    stored = open_store("memory://").study("simulated")
    study = WithoutLookahead(stored, experiment)
    if side.sampler is not None:
        study._session.study.sampler = side.sampler(experiment)
    pool = VirtualPool(task, slots=slots, seconds=seconds)
    parts = Parts(
        study=study,
        pool=pool,
        checkpoints=stored.checkpoints,
        artifacts=stored.artifacts,
        listeners=[],
    )
    with suppress(BudgetSpent):
        Search(experiment, parts).run()
    return pool.trace
