"""An attempt of a gang on a slot: it leaves nothing that only the collector would free."""

import gc
import weakref
from dataclasses import dataclass

from hpsearch.engine import Answer, Task
from hpsearch.experiment import Resources
from hpsearch.workers.capacity import Capacity
from hpsearch.workers.gang import Rendezvous
from hpsearch.workers.packing import Packing
from hpsearch.workers.ray.gang_attempt import GangAttempt
from hpsearch.workers.slots import Slot, Slots


@dataclass(eq=False)
class Worker:
    name: str


class Factory:
    """Makes gangs of two workers."""

    def __init__(self) -> None:
        self.made = 0

    def make(self, gpus: float) -> list[Worker]:
        self.made += 2
        return [Worker(f"worker {self.made - one}") for one in (2, 1)]

    def load(self, worker: Worker) -> str:
        return "loading"

    def end(self, worker: Worker) -> None:
        """Nothing is left."""


def begun(slots: Slots) -> tuple[list[Task], Slot]:
    """Begin an attempt on a slot; return the tasks of its ranks, and the slot."""
    tasks: list[Task] = []

    def begin(slot: Slot, task: Task) -> None:
        tasks.append(task)

    def send(name: str, answer: Answer) -> None:
        """Nobody hears it."""

    slots.request_missing()
    for one in slots.starting[0].ranks:
        slots.note_started(one, "here")
    slot = slots.take(7)
    attempt = GangAttempt(slot, Task(7, 1, 5, {}, waits_at=9.0), begin=begin, send=send)
    attempt.start()
    assert [task.rank for task in tasks] == [0]
    attempt.take(slot, Rendezvous(7, "127.0.0.1", 1234))
    return tasks, slot


def make_slots() -> Slots:
    capacity = Capacity.of([{"CPU": 2.0}], Resources(workers_per_trial=2), 1)
    return Slots(Factory(), capacity, Packing(1, 1))


def test_the_others_begin_where_rank_0_says_and_each_waits_at_its_reports() -> None:
    tasks, slot = begun(make_slots())
    assert [(task.rank, task.world_size, task.waits_at) for task in tasks] == [(0, 2, 0), (1, 2, 0)]
    assert tasks[1].environment["MASTER_PORT"] == "1234"
    assert all(one.gang is slot.gang for one in slot.ranks)


def test_the_workers_of_a_slot_that_is_gone_are_freed_at_once() -> None:
    gc.disable()
    try:
        for is_closed in (False, True):
            slots = make_slots()
            slot = begun(slots)[1]
            worker = weakref.ref(slot.followers[0].worker)
            if is_closed:
                slots.clear()
            else:
                slots.remove(slot)
            del slot
            assert worker() is None
    finally:
        gc.enable()
