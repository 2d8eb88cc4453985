"""Decisions, values and journals are the same whether attempts wait at each report or not.

The pool here runs each attempt in a thread, over a real `Line`, and hands on the events of the
running attempts in turns: so both searches see the same order, however far an attempt runs ahead.
"""

import queue
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import count
from typing import Any

import pytest

from hpsearch.common.decision import Decision
from hpsearch.common.trial import Measurement, Place, TrialRecord, TrialState
from hpsearch.engine import (
    Answer,
    Ended,
    Event,
    Hold,
    Parts,
    Reported,
    Restored,
    Result,
    Saved,
    Search,
    Task,
)
from hpsearch.experiment import Experiment
from hpsearch.store import open_store
from hpsearch.strategies import OptunaStudy
from hpsearch.workers.line import MOST_UNANSWERED, Line
from tests.stored import put
from tests.support import Interrupter, make_experiment

PLACE = Place("here", 1, "cpu")
PRUNERS: dict[str, dict[str, Any]] = {
    "none": {"type": "none"},
    "median": {"type": "median", "n_startup_trials": 1, "n_warmup_steps": 3},
    "intervals": {
        "type": "median",
        "n_startup_trials": 1,
        "n_warmup_steps": 1,
        "interval_steps": 3,
    },
    "threshold": {"type": "threshold", "lower": 0.1, "n_warmup_steps": 2},
    "asha": {"type": "asha", "min_resource": 2, "reduction_factor": 2},
}


class Wire:
    """What is between an attempt and the pool."""

    def __init__(self, *, always_waits: bool) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._always_waits = always_waits

    def send(self, event: Event) -> None:
        self.events.put(event)

    def recv(self) -> Any:
        answer = self.answers.get(timeout=300)
        is_decision = self._always_waits and isinstance(answer, Decision)
        return replace(answer, waits_at=0.0) if is_decision else answer

    def poll(self) -> bool:
        return not self.answers.empty()


class TwoSlots:
    """A pool of two threads."""

    slots = most_slots = 2

    def __init__(self, *, always_waits: bool) -> None:
        self.free = 0
        self._always_waits = always_waits
        self._running: dict[int, Wire] = {}

    def load(self, check: Callable[[], None] = lambda: None) -> None: ...

    def serve(self, loop: Callable[[], Result]) -> Result:
        return loop()

    def start(self, task: Task) -> None:
        wire = self._running[task.number] = Wire(always_waits=self._always_waits)
        line = Line(wire)
        line.begin(0.0 if self._always_waits else task.waits_at)
        threading.Thread(target=self.attempt, args=(task, line), daemon=True).start()

    @staticmethod
    def attempt(task: Task, line: Line) -> None:
        _attempt(task, line)

    def wait(self, seconds: float) -> Sequence[Event]:
        if not self._running:  # all wait for their checkpoints
            return ()
        number, wire = next(iter(self._running.items()))
        event = wire.events.get(timeout=300)
        del self._running[number]
        if not isinstance(event, Ended):
            self._running[number] = wire  # its next turn is after the others'
            self.free += isinstance(event, Reported) and not event.waits
        return (event,)

    def answer(self, number: int, answer: Answer) -> None:
        self._running[number].answers.put(answer)

    def limit(self, slots: int) -> None: ...

    def hold(self, number: int) -> None:
        self._running[number].answers.put(Hold())

    def kill(self, number: int, reason: str) -> None: ...

    def close(self) -> None: ...


def _attempt(task: Task, line: Line) -> None:
    """Train as the trial's own random numbers say: all that may happen happens to some trial."""
    chance = random.Random(task.seed)
    ended = Ended(task.number, "returned")
    first = task.checkpoints[0].step + 1 if task.checkpoints else 0
    line.send(Restored(task.number, first - 1 if first else None))
    for step in range(first, chance.randrange(1, 9)):
        value = chance.choice([chance.random(), chance.random(), task.params["x"], float("nan")])
        metrics = {"value": value} if chance.random() < 0.9 else {"other": value}
        logged = Measurement(step, {"lr": value}, 0.0, "logged")
        measured = (logged, Measurement(step, metrics, 0.0))
        savable = chance.random() < 0.3
        decision = line.exchange(Reported(task.number, measured, savable, PLACE))
        assert isinstance(decision, Decision)
        if decision.save:
            stored = put(task.files, {"state": b"1"}, f"{task.attempt}/{step}")
            line.send(Saved(task.number, measured[-1], stored))
        if decision.stop:
            ended = Ended(task.number, "stopped", decision.reason)
            break
    else:
        if chance.random() < 0.1:
            ended = Ended(task.number, "raised", "RuntimeError: no such luck")
    line.send(ended)


class Endless(TwoSlots):
    """Its trials report for ever."""

    @staticmethod
    def attempt(task: Task, line: Line) -> None:
        for step in count():
            measured = (Measurement(step, {"value": 0.5}, 0.0),)
            decision = line.exchange(Reported(task.number, measured, False, PLACE))
            if isinstance(decision, Decision) and decision.stop:
                line.send(Ended(task.number, "stopped", decision.reason))
                return


def _search(
    experiment: Experiment, pool: TwoSlots, *listeners: Interrupter
) -> tuple[list[TrialRecord], list[Sequence[int]]]:
    """Return the trials without their times, and the checkpoints that are kept of each."""
    store = open_store("memory://").study("sample")
    study = OptunaStudy(store, experiment)
    parts = Parts(
        study=study,
        pool=pool,
        checkpoints=store.checkpoints,
        artifacts=store.artifacts,
        listeners=listeners,
        notify=lambda text: None,
    )
    search = Search(experiment, parts)
    for listener in listeners:
        listener.search = search
    search.run()
    records = [_timeless(record) for record in study.records()]
    return records, [store.checkpoints.steps(record.number) for record in records]


def _told(found: tuple[list[TrialRecord], list[Sequence[int]]]) -> tuple[list[str], Any]:
    """Return records as text: as a number, NaN equals nothing."""
    return [str(asdict(record)) for record in found[0]], found[1]


def _timeless(record: TrialRecord) -> TrialRecord:
    never = record.started.min
    return replace(record, started=never, finished=None, search_seconds=0.0, ended_after=0.0)


@pytest.fixture(params=list(PRUNERS.values()), ids=list(PRUNERS))
def experiments(request: pytest.FixtureRequest) -> Iterator[Experiment]:
    budget = {"trials": 15, "failed_trials": 15}
    return (
        make_experiment(pruner=request.param, sampler={"type": "random"}, seed=seed, budget=budget)
        for seed in range(3)
    )


def test_a_search_is_the_same_with_and_without_waiting(experiments: Iterator[Experiment]) -> None:
    ahead = 0
    for experiment in experiments:
        pool = TwoSlots(always_waits=False)
        found = _search(experiment, pool)
        assert _told(found) == _told(_search(experiment, TwoSlots(always_waits=True)))
        ahead += pool.free
    assert ahead > 0


def test_attempts_that_never_wait_stop_soon_after_an_interrupt() -> None:
    experiment = make_experiment(pruner={"type": "none"})
    records, _ = _search(experiment, Endless(always_waits=False), Interrupter())
    assert [record.state for record in records] == [TrialState.RUNNING] * 2
    assert all(len(record.measurements) <= 2 * MOST_UNANSWERED for record in records)
