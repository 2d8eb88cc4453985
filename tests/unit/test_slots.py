"""The slots of a pool, under any sequence of ends, with workers that come whenever they like."""

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hpsearch.engine import DeviceMemory, Ended
from hpsearch.experiment import Resources
from hpsearch.workers.capacity import Capacity
from hpsearch.workers.packing import Packing
from hpsearch.workers.slots import Slots

GPUS, CORES, MOST = 2, 7, 6


@dataclass(eq=False)
class FakeWorker:
    gpus: float
    is_ended: bool = False
    is_loaded: bool = False


class FakeFactory:
    """Starts workers in the order in which they were made, each when its share is free."""

    def __init__(self) -> None:
        self.made: list[FakeWorker] = []

    def make(self, gpus: float) -> FakeWorker:
        self.made.append(FakeWorker(gpus))
        return self.made[-1]

    def load(self, worker: FakeWorker) -> FakeWorker:
        return worker

    def is_loaded(self, loading: FakeWorker) -> bool:
        return loading.is_loaded

    def end(self, worker: FakeWorker) -> None:
        worker.is_ended = True


def make_slots(most: int = MOST) -> tuple[FakeFactory, Packing, Slots]:
    nodes = [{"CPU": float(CORES), "GPU": float(GPUS)}]
    capacity = Capacity.of(nodes, Resources(gpus_per_trial="auto"), most)
    factory, packing = FakeFactory(), Packing(capacity.most_packed(), capacity.slots(1))
    slots = Slots(factory, capacity, packing)
    slots.start_over()
    return factory, packing, slots


def ended(number: int, gigabytes: int) -> Ended:
    return Ended(number, "returned", memory=DeviceMemory(gigabytes, 100))


def out_of_memory(number: int) -> Ended:
    return Ended(number, "raised", "CUDA out of memory", device_fault=True)


def test_a_slot_gets_its_smaller_share_when_its_attempt_has_ended_and_others_run_on() -> None:
    factory, _, slots = make_slots()
    first, second = slots.take(0), slots.take(1)
    slots.ended(first, ended(0, 30))
    third = slots.take(2)
    slots.ended(second, ended(1, 30))
    assert not third.worker.is_ended and third.packed == 1
    assert second.worker.is_ended
    assert [worker.gpus for worker in factory.made if not worker.is_ended] == [1.0] + [0.3333] * 6


def test_no_attempt_begins_on_a_worker_that_is_not_there_yet() -> None:
    factory, _, slots = make_slots()
    first, second = slots.take(0), slots.take(1)
    slots.ended(first, ended(0, 30))
    slots.take(2)
    slots.ended(second, ended(1, 30))
    assert slots.count == 1
    factory.made[-1].is_loaded = True
    assert slots.count == 2
    assert slots.take(3).worker is factory.made[-1]
    assert slots.count == 2


def test_where_nothing_runs_there_is_a_slot() -> None:
    _, _, slots = make_slots(most=3)
    assert slots.count == 2
    for number in range(2):
        slots.ended(slots.take(number), ended(number, 30))
    assert slots.count == 1
    slots.take(2)
    assert slots.count == 1


def test_a_slot_whose_share_proved_too_small_takes_no_attempt() -> None:
    factory, packing, slots = make_slots()
    for number in range(2):
        slots.ended(slots.take(number), ended(number, 30))
    for worker in factory.made:
        worker.is_loaded = True
    taken = [slots.take(number) for number in range(2, 8)]
    slots.ended(taken[0], out_of_memory(2))
    assert packing.packed == 1
    slots.ended(taken[1], ended(3, 30))
    assert taken[0].worker.is_ended and taken[1].worker.is_ended
    assert slots.count == 4
    assert not any(slot.worker.is_ended for slot in taken[2:])


def test_a_worker_that_died_is_replaced_by_one_of_the_same_share() -> None:
    factory, _, slots = make_slots()
    slot = slots.take(0)
    slots.ended(slot, Ended(0, "crashed", "the worker's process died"))
    assert factory.made[0].is_ended and slot.worker is factory.made[2]
    assert slots.count == 2


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

    def running(self) -> list:  # type: ignore[type-arg]
        return [slot for slot in self.slots if slot.number is not None]

    def runs_on(self, worker: FakeWorker) -> bool:
        return any(slot.worker is worker for slot in self.running())

    @invariant()
    def what_runs_is_never_ended(self) -> None:
        assert not any(slot.worker.is_ended for slot in self.running())

    @invariant()
    def there_is_always_a_slot_and_never_too_many(self) -> None:
        assert 1 <= self.slots.count <= MOST
        assert len(self.running()) <= self.slots.count

    @invariant()
    def no_worker_is_lost(self) -> None:
        alive = {worker for worker in self.factory.made if not worker.is_ended}
        assert alive == {slot.worker for slot in self.slots}


TestAnySearch = AnySearch.TestCase
TestAnySearch.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
