"""The slots of a pool whose workers are processes: how many there are, and which are free.

Slots follow the machines: the missing ones are requested some at a time, and each is free as soon
as its own worker has started, whatever the others do. A slot keeps its worker for life: if that
dies, or its machine goes, the slot goes with it, and another one is requested.

If several workers train a trial, its slot has the first of them, and the others follow it: the slot
is free when all have started, and goes with any of them.

A worker's share of a GPU never changes. So when the packing changes, each slot with another share
is removed as soon as its attempt has ended; Ray starts the new ones when there is room.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hpsearch.engine import Ended
from hpsearch.workers.capacity import Capacity
from hpsearch.workers.packing import Packing

START_SECONDS = 20.0
"""A worker that has not started for so long no longer counts among those that are starting."""


class WorkerFactory(Protocol):
    """Makes workers and ends them."""

    def make(self, gpus: float) -> Sequence[Any]:
        """Return a trial's workers with this share of a GPU each; they start if all have room."""

    def load(self, worker: Any) -> Any:
        """Have a worker import the trainable; return what tells that it is done."""

    def end(self, worker: Any) -> None:
        """End a worker's process, at once or as soon as it has started."""


@dataclass(eq=False)
class Slot:
    """A worker, and the attempt that it runs.

    `packed` slots like this share a GPU; `loading` is set until its worker has started, on the
    machine `node`. `gone` is when its connection ended, `heard` when the attempt last sent
    something. `leave` says why it takes no further attempt. `followers` have the other workers of
    its trials, and `gang` joins what they all say during an attempt.
    """

    worker: Any
    packed: int
    loading: Any = None
    requested: float = 0.0
    node: str = ""
    number: int | None = None
    call: Any = None
    killed: str = ""
    gone: float | None = None
    heard: float = 0.0
    leave: str = ""
    followers: list["Slot"] = field(default_factory=list)
    gang: Any = None

    @property
    def ranks(self) -> list["Slot"]:
        """This one and its followers: one for each worker of a trial."""
        return [self, *self.followers]

    @property
    def loading_ranks(self) -> list["Slot"]:
        """Those whose worker has not started yet."""
        return [one for one in self.ranks if one.loading is not None]

    @property
    def nodes(self) -> list[str]:
        """The machines of all workers that have started."""
        return [one.node for one in self.ranks if one.node]


class Slots:
    """All slots of a pool; `request_missing` makes the first ones."""

    def __init__(self, workers: WorkerFactory, capacity: Capacity, packing: Packing) -> None:
        self._workers = workers
        self.capacity = capacity
        """The machines; set it when they change."""
        self._packing = packing
        self._slots: list[Slot] = []

    def __iter__(self) -> Iterator[Slot]:
        return iter(self._slots)

    @property
    def count(self) -> int:
        """How many attempts may run now: those that do, and one on each free slot."""
        return self.count_within(self.capacity.most)

    def count_within(self, most: int) -> int:
        """Return the same if at most so many may run; those that do, go on."""
        busy = sum(slot.number is not None for slot in self._slots)
        return max(busy, min(most, busy + len(self._free())))

    @property
    def most(self) -> int:
        """How many slots the machines have room for."""
        return self.capacity.slots(self._packing.packed)

    @property
    def starting(self) -> list[Slot]:
        """The slots whose worker has not started yet."""
        return [slot for slot in self._slots if slot.loading_ranks]

    def request_missing(self) -> None:
        """Request workers for missing slots, some at a time, so that the first ones start soon."""
        packed, most, now = self._packing.packed, self.most, time.monotonic()
        there = sum(slot.packed == packed and not slot.leave for slot in self._slots)
        recent = sum(now - slot.requested < START_SECONDS for slot in self.starting)
        for _ in range(min(most - there, max(2, most // 4) - recent)):
            lead, *others = [
                Slot(worker, packed, self._workers.load(worker), requested=now)
                for worker in self._workers.make(self.capacity.share(packed))
            ]
            lead.followers = others
            self._slots.append(lead)

    def remove_surplus(self) -> None:
        """Remove slots beyond the most that may be: those without an attempt, starting ones first.

        A slot with an attempt goes once that has ended.
        """
        own = [slot for slot in self._slots if slot.packed == self._packing.packed]
        surplus = sum(not slot.leave for slot in own) - self.capacity.most
        idle = [slot for slot in own if slot.number is None]
        idle.sort(key=lambda slot: not slot.loading_ranks)
        for slot in idle[: max(0, surplus)]:
            self.remove(slot)

    def withdraw(self) -> None:
        """Withdraw the requests for workers that have not started."""
        for slot in self.starting:
            self.remove(slot)

    def needs(self, slot: Slot) -> dict[str, float]:
        """Return the resources of a slot's worker, or of each of its workers."""
        return {"CPU": self.capacity.cpus, "GPU": self.capacity.share(slot.packed)}

    def note_started(self, slot: Slot, node: str) -> None:
        """Note that a slot's worker has started on a machine: the slot is free, if it has all."""
        slot.loading, slot.node = None, node

    def take(self, number: int) -> Slot:
        """Give a free slot to an attempt."""
        slot = self._free()[0]
        for one in slot.ranks:
            one.number = number
        return slot

    def of(self, number: int) -> Slot:
        """Return the slot of an attempt."""
        return next(slot for slot in self._slots if slot.number == number)

    def leave(self, slot: Slot, reason: str) -> None:
        """Have a slot take no further attempt; one without an attempt is removed at once."""
        slot.leave = reason
        if slot.number is None:
            self.remove(slot)

    def ended(self, slot: Slot, event: Ended) -> str:
        """Free the slot of an attempt that is over; return what a person should know, or ""."""
        for one in slot.ranks:
            one.number = None
        alone = not any(one.number is not None for one in self._slots)
        told = self._packing.note(event, slot.packed, alone=alone)
        is_spent = event.died or event.device_fault or slot.killed or slot.leave
        for one in [one for one in self._slots if one.number is None]:
            if one.packed != self._packing.packed or (one is slot and is_spent):
                self.remove(one)
        return told

    def remove(self, slot: Slot) -> None:
        """Remove a slot, and end what is left of its workers."""
        self._slots.remove(slot)
        for one in slot.ranks:
            self._workers.end(one.worker)
        _forget_gang(slot)

    def clear(self) -> list[Slot]:
        """Forget all slots and return them."""
        slots, self._slots = self._slots, []
        for slot in slots:
            _forget_gang(slot)
        return slots

    def _free(self) -> list[Slot]:
        """Return the slots whose worker has started and runs no attempt."""
        return [slot for slot in self._slots if slot.number is None and not slot.loading_ranks]


def _forget_gang(slot: Slot) -> None:
    """Break the cycle of a slot with its gang.

    Ray ends the process if the collector frees a worker's handle while another thread leaves Ray.
    """
    for one in slot.ranks:
        one.gang = None
