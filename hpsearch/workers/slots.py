"""The slots of a pool whose workers are processes: how many there are, and which are free.

A slot's worker has a share of a GPU for good. When the packing changes, a slot of another share is
given up as soon as its attempt has ended, and those that are to come are ordered at once: whoever
places workers (Ray) starts each when the machine has room. Until then it takes no attempt.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from hpsearch.engine import Ended
from hpsearch.workers.capacity import Capacity
from hpsearch.workers.packing import Packing


class Crew(Protocol):
    """Makes workers and ends them."""

    def make(self, gpus: float) -> Any:
        """Return a worker with this share of a GPU; its process starts when there is room."""

    def load(self, worker: Any) -> Any:
        """Have a worker import the trainable, and return what to ask `is_loaded` with."""

    def is_loaded(self, loading: Any) -> bool:
        """Return whether a worker is there, and has tried to import the trainable."""

    def end(self, worker: Any) -> None:
        """End a worker's process, at once or as soon as it is there."""


@dataclass(eq=False)
class Slot:
    """A worker, and the attempt that it is at.

    `packed` slots like this share a GPU; `loading` is there while its process may not be, `gone`
    is when its connection ended. `heard` is when the attempt last said something.
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

    def __init__(self, crew: Crew, capacity: Capacity, packing: Packing) -> None:
        self._crew = crew
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
        """Make new workers for all slots; what there was is gone."""
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
            self._crew.end(slot.worker)  # what is left of the old process
            slot.worker, slot.killed, slot.gone = self._make(slot.packed), "", None
        return told

    def clear(self) -> list[Slot]:
        """Forget all slots and return them."""
        slots, self._slots = self._slots, []
        return slots

    def _repack(self) -> None:
        """Give up free slots of another packing, and order those that are missing of this one."""
        packed = self._packing.packed
        for slot in [one for one in self._free_or_coming() if one.packed != packed]:
            self._crew.end(slot.worker)
            self._slots.remove(slot)
        missing = self._wanted() - sum(slot.packed == packed for slot in self._slots)
        for _ in range(missing):
            worker = self._make(packed)
            self._slots.append(Slot(worker, packed, loading=self._crew.load(worker)))

    def _busy(self) -> list[Slot]:
        return [slot for slot in self._slots if slot.number is not None]

    def _free_or_coming(self) -> list[Slot]:
        return [slot for slot in self._slots if slot.number is None]

    def _free(self) -> list[Slot]:
        """Return the slots whose worker is there; one that is coming where nothing else runs.

        All of the machine is free then, so that it comes for certain.
        """
        coming = self._free_or_coming()
        there = [slot for slot in coming if self._is_there(slot)]
        return there or ([] if self._busy() else coming[:1])

    def _is_there(self, slot: Slot) -> bool:
        if slot.loading is not None and self._crew.is_loaded(slot.loading):
            slot.loading = None
        return slot.loading is None

    def _wanted(self) -> int:
        return self._capacity.slots(self._packing.packed)

    def _make(self, packed: int) -> Any:
        return self._crew.make(self._capacity.share(packed))
