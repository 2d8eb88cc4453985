"""Opens pools of either kind, and drives them as a search does."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from hpsearch.common.decision import Decision
from hpsearch.engine import Ended, Event, Pool, Reported, RunWanted, Task
from hpsearch.experiment import Resources
from hpsearch.trainable import Given
from hpsearch.workers.local.pool import LocalPool
from hpsearch.workers.ray.pool import RayPool
from hpsearch.workers.setup import WorkerSetup


class Opener:
    """Opens pools of one kind over the sample trainables, and closes them."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.notices: list[str] = []
        self.given: Given | None = None
        self._closers: list[Callable[[], object]] = []

    def __call__(self, function: str, **resources: object) -> Pool:
        """Return a pool that this thread drives, as a search does; on Ray it has one slot."""
        pool = self.unserved(function, **resources)
        if self.kind == "local":
            over = threading.Event()
            thread = threading.Thread(target=pool.serve, args=(over.wait,), daemon=True)
            thread.start()
            self._closers += [over.set, thread.join]
        return pool

    def unserved(self, function: str, **resources: object) -> Pool:
        """Return a pool that is to be given its loop."""
        reference = f"samples.py:{function}"
        pool: Pool
        setup = WorkerSetup(reference, self.folder, given=self.given, study="sample")
        if self.kind == "local":
            pool = LocalPool(setup, self.notices.append)
        else:
            limits = Resources.model_validate({"parallel_trials": 1, **resources})
            pool = RayPool(setup, limits, most=2, notify=self.notices.append)
        self._closers.append(pool.close)
        return pool

    def close(self) -> None:
        for close in self._closers:
            close()


def task(number: int = 0, **params: float) -> Task:
    return Task(number, 1, 5, params)


def begin(pool: Pool, *tasks: Task) -> None:
    """Start attempts once there is a slot for each; no other one runs."""
    wait_for_slots(pool, len(tasks))
    for one in tasks:
        pool.start(one)


def wait_for_slots(pool: Pool, count: int) -> None:
    """Wait until so many attempts may run; nothing may happen meanwhile."""
    for _ in range(3000):
        if pool.slots >= count:
            return
        assert not pool.wait(0.1)
    raise AssertionError(f"{pool.slots} slots")


def next_events(pool: Pool) -> Sequence[Event]:
    """Return what comes next: several attempts may have something to say at once."""
    for _ in range(3000):
        if events := pool.wait(0.1):
            return events
    raise AssertionError("no event came")


def next_event(pool: Pool) -> Event:
    """Return the next event where one attempt alone is under way."""
    (event,) = next_events(pool)
    return event


def events_of_two(pool: Pool) -> list[Event]:
    """Start two attempts and return the first event of each."""
    begin(pool, *(task(number, x=0.0) for number in range(2)))
    events = [*next_events(pool)]
    if len(events) < 2:
        events += next_events(pool)
    return events


def run_to_end(pool: Pool, one: Task, decision: Decision | None = None) -> list[Event]:
    """Run an attempt, answering each report with the decision."""
    begin(pool, one)
    events = [next_event(pool)]
    while not isinstance(events[-1], Ended):
        if isinstance(events[-1], Reported | RunWanted):
            pool.answer(one.number, decision or Decision())
        events.append(next_event(pool))
    return events
