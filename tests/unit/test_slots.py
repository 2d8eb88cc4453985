"""The slots of a pool, under any sequence of ends, with workers that come whenever they like."""

from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hpsearch.engine import DeviceMemory, Ended
from hpsearch.experiment import Resources
from hpsearch.workers.capacity import Capacity
from hpsearch.workers.packing import Packing
from hpsearch.workers.slots import START_SECONDS, Slots

GPUS, CORES, MOST = 2, 7, 6


@dataclass(eq=False)
class FakeWorker:
    gpus: float
    is_ended: bool = False
    is_loaded: bool = False


class FakeFactory:
    """Starts workers in the order in which they were made, each when its share is free."""

    def __init__(self, ranks: int = 1) -> None:
        self.made: list[FakeWorker] = []
        self.ranks = ranks

    def make(self, gpus: float) -> list[FakeWorker]:
        self.made += [FakeWorker(gpus) for _ in range(self.ranks)]
        return self.made[-self.ranks :]

    def load(self, worker: FakeWorker) -> FakeWorker:
        return worker

    def end(self, worker: FakeWorker) -> None:
        worker.is_ended = True


def make_slots(most: int = MOST) -> tuple[FakeFactory, Packing, Slots]:
    nodes = [{"CPU": float(CORES), "GPU": float(GPUS)}]
    capacity = Capacity.of(nodes, Resources(gpus_per_trial="auto"), most)
    factory, packing = FakeFactory(), Packing(capacity.most_packed(), capacity.slots(1))
    slots = Slots(factory, capacity, packing)
    slots.request_missing()
    return factory, packing, slots


def ended(number: int, gigabytes: int) -> Ended:
    return Ended(number, "returned", memory=DeviceMemory(gigabytes, 100))


def out_of_memory(number: int) -> Ended:
    return Ended(number, "raised", "CUDA out of memory", device_fault=True)


def start_workers(slots: Slots, *workers: FakeWorker) -> None:
    """Start the workers of slots: these, or all."""
    for slot in slots.starting:
        if slot.worker in workers or not workers:
            slots.note_started(slot, "here")


def started(most: int = MOST) -> tuple[FakeFactory, Packing, Slots]:
    factory, packing, slots = make_slots(most)
    start_workers(slots)
    return factory, packing, slots


def alive(factory: FakeFactory) -> list[float]:
    return [worker.gpus for worker in factory.made if not worker.is_ended]


def test_a_slot_gets_its_smaller_share_when_its_attempt_has_ended_and_others_run_on() -> None:
    factory, _, slots = started()
    first, second = slots.take(0), slots.take(1)
    slots.ended(first, ended(0, 30))
    third = slots.take(2)
    slots.ended(second, ended(1, 30))
    slots.request_missing()
    assert not third.worker.is_ended and third.packed == 1
    assert second.worker.is_ended
    assert alive(factory) == [1.0, 0.3333, 0.3333]
    start_workers(slots)
    slots.request_missing()
    assert alive(factory) == [1.0] + [0.3333] * 4


def test_a_slot_is_there_as_soon_as_its_own_worker_has_started() -> None:
    factory, _, slots = make_slots()
    assert slots.count == 0
    start_workers(slots, factory.made[1])
    assert slots.count == 1
    assert slots.take(0).worker is factory.made[1]
    assert slots.count == 1


def test_few_workers_start_at_a_time_and_one_that_does_not_start_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: clock)
    capacity = Capacity.of([{"CPU": 40.0}], Resources(), 100)
    slots = Slots(FakeFactory(), capacity, Packing(1, 40))
    slots.request_missing()
    slots.request_missing()
    assert len(slots.starting) == 10
    start_workers(slots, *(slot.worker for slot in slots.starting[:4]))
    slots.request_missing()
    assert (slots.count, len(slots.starting)) == (4, 10)
    clock += START_SECONDS
    slots.request_missing()
    assert len(slots.starting) == 20


def test_a_slot_whose_share_proved_too_small_takes_no_attempt() -> None:
    _, packing, slots = started()
    for number in range(2):
        slots.ended(slots.take(number), ended(number, 30))
    while slots.count < MOST:
        slots.request_missing()
        start_workers(slots)
    taken = [slots.take(number) for number in range(2, 8)]
    slots.ended(taken[0], out_of_memory(2))
    assert packing.packed == 1
    slots.ended(taken[1], ended(3, 30))
    slots.request_missing()
    assert taken[0].worker.is_ended and taken[1].worker.is_ended
    assert slots.count == 4
    assert not any(slot.worker.is_ended for slot in taken[2:])


@pytest.mark.parametrize("how", ["crashed", "lost"])
def test_a_worker_that_died_is_replaced_by_one_of_the_same_share(
    how: Literal["crashed", "lost"],
) -> None:
    factory, _, slots = started()
    slots.ended(slots.take(0), Ended(0, how, "the worker's process died"))
    assert factory.made[0].is_ended and slots.count == 1
    slots.request_missing()
    start_workers(slots)
    assert alive(factory) == [1.0, 1.0] and slots.count == 2


def test_machines_that_come_bring_slots_and_what_runs_is_counted_when_they_go() -> None:
    _, _, slots = started()
    slots.capacity = slots.capacity.on([{"CPU": 4.0, "GPU": 1.0}] * 3)
    slots.request_missing()
    start_workers(slots)
    assert slots.count == slots.most == 3
    taken = [slots.take(number) for number in range(2)]
    slots.capacity = slots.capacity.on([])
    slots.remove(taken[0])
    assert slots.most == 0
    slots.request_missing()
    assert not slots.starting and not taken[1].worker.is_ended


def test_a_slot_that_should_leave_takes_no_further_attempt() -> None:
    factory, _, slots = started()
    slots.leave(slots.take(0), "its machine is being drained")
    assert not factory.made[0].is_ended
    slots.leave(next(slot for slot in slots if slot.number is None), "and this")
    assert factory.made[1].is_ended and slots.count == 1
    slots.ended(slots.of(0), ended(0, 30))
    assert factory.made[0].is_ended and slots.count == 0


def test_with_a_lower_limit_no_attempt_is_ended_and_what_is_too_many_goes_when_it_is_idle() -> None:
    slots = wide_slots(8)
    slots.request_missing()
    start_workers(slots, *(slot.worker for slot in slots.starting[:3]))
    taken = [slots.take(number) for number in range(2)]
    limit(slots, 2)
    assert [*slots] == taken and slots.count == 2
    limit(slots, 1)
    assert [*slots] == taken and slots.count == 2
    slots.ended(taken[0], ended(0, 30))
    assert slots.count == 1
    slots.remove_surplus()
    assert [*slots] == taken[1:]
    limit(slots, 3)
    slots.request_missing()
    assert len([*slots]) == 3


def wide_slots(cpus: int) -> Slots:
    capacity = Capacity.of([{"CPU": float(cpus)}], Resources(), 100)
    return Slots(FakeFactory(), capacity, Packing(1, cpus))


def limit(slots: Slots, most: int) -> None:
    resources = Resources(parallel_trials=most)
    slots.capacity = slots.capacity.limited(resources, 100)
    slots.remove_surplus()


class AnySearch(RuleBasedStateMachine):
    """Attempts begin where there is a slot and end in any way; workers come when there is room."""

    def __init__(self) -> None:
        super().__init__()
        self.factory, self.packing, self.slots = make_slots()
        self.number = 0
        self.begun = 0

    @precondition(lambda self: len(self.running()) < self.slots.count)
    @rule()
    def begin(self) -> None:
        slot = self.slots.take(self.number)
        assert slot.packed == self.packing.packed
        assert not slot.worker.is_ended
        self.number += 1

    @precondition(lambda self: self.running())
    @rule(
        data=st.data(),
        gigabytes=st.integers(min_value=1, max_value=100),
        how=st.sampled_from(["returned", "memory", "crashed"]),
    )
    def end(self, data: st.DataObject, gigabytes: int, how: str) -> None:
        slot = data.draw(st.sampled_from(self.running()))
        assert slot.number is not None
        events = {
            "returned": ended(slot.number, gigabytes),
            "memory": out_of_memory(slot.number),
            "crashed": Ended(slot.number, "crashed", "died"),
        }
        self.slots.ended(slot, events[how])

    @rule()
    def place(self) -> None:
        """Start the workers for whose share there is room on one of the GPUs."""
        free = [1.0] * GPUS
        alive = [worker for worker in self.factory.made if not worker.is_ended]
        for worker in sorted(alive, key=lambda one: not self.runs_on(one)):
            room = next((n for n in range(GPUS) if free[n] >= worker.gpus), None)
            if room is not None:
                free[room] -= worker.gpus
                worker.is_loaded = True
                start_workers(self.slots, worker)

    @rule()
    def request(self) -> None:
        self.slots.request_missing()

    @rule(most=st.integers(min_value=1, max_value=MOST))
    def limit(self, most: int) -> None:
        limit(self.slots, most)

    def running(self) -> list:  # type: ignore[type-arg]
        return [slot for slot in self.slots if slot.number is not None]

    def runs_on(self, worker: FakeWorker) -> bool:
        return any(slot.worker is worker for slot in self.running())

    @invariant()
    def what_runs_is_never_ended(self) -> None:
        assert not any(slot.worker.is_ended for slot in self.running())

    @invariant()
    def there_are_never_too_many(self) -> None:
        assert 0 <= self.slots.count <= MOST
        assert len(self.running()) <= self.slots.count

    @invariant()
    def no_worker_is_lost(self) -> None:
        alive = {worker for worker in self.factory.made if not worker.is_ended}
        assert alive == {slot.worker for slot in self.slots}


TestAnySearch = AnySearch.TestCase
TestAnySearch.settings = settings(max_examples=60, stateful_step_count=40)
