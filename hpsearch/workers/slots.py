"""The slots of a pool whose workers are processes: how many there are, and which are free.

A worker's share of a GPU never changes. So when the packing changes, each slot with another share
is removed as soon as its attempt has ended. The new workers are requested at once; Ray starts each
when the machine has room. A slot takes no attempt before its worker has started.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from hpsearch.engine import Ended
from hpsearch.workers.capacity import Capacity
from hpsearch.workers.packing import Packing


class WorkerFactory(Protocol):
    """Makes workers and ends them."""

    def make(self, gpus: float) -> Any:
        """Return a worker with this share of a GPU; its process starts when there is room."""

    def load(self, worker: Any) -> Any:
        """Have a worker import the trainable; return a handle for `is_loaded`."""

    def is_loaded(self, loading: Any) -> bool:
        """Return whether a worker has started and tried to import the trainable."""

    def end(self, worker: Any) -> None:
        """End a worker's process, at once or as soon as it has started."""


@dataclass(eq=False)
class Slot:
    """A worker, and the attempt that it runs.

    `packed` slots like this share a GPU; `loading` is set while its process may still be starting.
    `gone` is when its connection ended, `heard` when the attempt last sent something.
    """

    worker: Any
    packed: int
    loading: Any = None
    number: int | None = None
    call: Any = None
    killed: str = ""
    gone: float | None = None
    heard: float = 0.0


class Slots:
    """All slots of a pool; `start_over` makes the first ones."""

    def __init__(self, workers: WorkerFactory, capacity: Capacity, packing: Packing) -> None:
        self._workers = workers
        self._capacity = capacity
        self._packing = packing
        self._slots: list[Slot] = []

    def __iter__(self) -> Iterator[Slot]:
        return iter(self._slots)

    @property
    def count(self) -> int:
        """How many attempts may run now: those that do, and one on each free slot."""
        return min(self._capacity.most, len(self._busy()) + len(self._free()))

    def start_over(self) -> None:
        """Make new workers for all slots; the old ones are gone."""
        packed = self._packing.packed
        self._slots = [Slot(self._make(packed), packed) for _ in range(self._wanted())]

    def take(self, number: int) -> Slot:
        """Give a free slot to an attempt."""
        slot = self._free()[0]
        slot.number, slot.loading = number, None
        return slot

    def of(self, number: int) -> Slot:
        """Return the slot of an attempt."""
        return next(slot for slot in self._slots if slot.number == number)

    def ended(self, slot: Slot, event: Ended) -> str:
        """Free the slot of an attempt that is over; return what a person should know, or ""."""
        slot.number = None
        told = self._packing.note(event, slot.packed, alone=not self._busy())
        self._repack()
        if slot in self._slots and (event.how == "crashed" or event.device_fault or slot.killed):
            self._workers.end(slot.worker)  # what is left of the old process
            slot.worker, slot.killed, slot.gone = self._make(slot.packed), "", None
        return told

    def clear(self) -> list[Slot]:
        """Forget all slots and return them."""
        slots, self._slots = self._slots, []
        return slots

    def _repack(self) -> None:
        """Remove free slots of another packing, and request the missing ones of this packing."""
        packed = self._packing.packed
        for slot in [one for one in self._idle() if one.packed != packed]:
            self._workers.end(slot.worker)
            self._slots.remove(slot)
        missing = self._wanted() - sum(slot.packed == packed for slot in self._slots)
        for _ in range(missing):
            worker = self._make(packed)
            self._slots.append(Slot(worker, packed, loading=self._workers.load(worker)))

    def _busy(self) -> list[Slot]:
        return [slot for slot in self._slots if slot.number is not None]

    def _idle(self) -> list[Slot]:
        return [slot for slot in self._slots if slot.number is None]

    def _free(self) -> list[Slot]:
        """Return the slots whose worker has started; if none has and nothing runs, one that starts.

        The whole machine is free then, so it is certain to start.
        """
        idle = self._idle()
        started = [slot for slot in idle if self._has_started(slot)]
        return started or ([] if self._busy() else idle[:1])

    def _has_started(self, slot: Slot) -> bool:
        if slot.loading is not None and self._workers.is_loaded(slot.loading):
            slot.loading = None
        return slot.loading is None

    def _wanted(self) -> int:
        return self._capacity.slots(self._packing.packed)

    def _make(self, packed: int) -> Any:
        return self._workers.make(self._capacity.share(packed))
