"""The attempts on the slots of a pool: how they begin, what they say, how they end.

An attempt is one call of its actor; events and decisions travel over a connection
(`connection.py`), so waiting means waiting for the connections. The call itself is only asked why a
process died.
"""

import time
from collections.abc import Callable, Collection, Sequence

from hpsearch.engine import Answer, Ended, Event, Hold, Task
from hpsearch.workers.connection import BROKEN, WorkerConnections
from hpsearch.workers.gang import Rendezvous
from hpsearch.workers.ray import placement_groups
from hpsearch.workers.ray.deadlock import LOOK_SECONDS, DeadlockDetector
from hpsearch.workers.ray.deaths import deaths
from hpsearch.workers.ray.fleet import Fleet
from hpsearch.workers.ray.gang_attempt import GangAttempt
from hpsearch.workers.ray.session import RaySession
from hpsearch.workers.slots import Slot
from hpsearch.workers.thread_leaks import ThreadLeaks


class Attempts:
    """Runs attempts on the workers of a fleet."""

    def __init__(
        self,
        session: RaySession,
        fleet: Fleet,
        connections: WorkerConnections,
        notify: Callable[[str], None],
    ) -> None:
        self._session = session
        self._fleet = fleet
        self._connections = connections
        self._notify = notify
        self._leaks = ThreadLeaks(notify)
        self._deadlocks = DeadlockDetector(notify)

    def start(self, task: Task) -> None:
        """Begin an attempt on a free slot."""
        slot = self._fleet.slots.take(task.number)
        if slot.followers:
            gang = GangAttempt(slot, task, begin=self._begin, send=self._connections.send)
            gang.start()
        else:
            self._begin(slot, task)

    def answer(self, number: int, answer: Answer) -> None:
        """Answer the attempt of a trial, or all ranks of its gang."""
        slot = self._fleet.slots.of(number)
        if slot.gang is not None:
            slot.gang.answer(answer)
        else:
            self._connections.send(slot.worker.name, answer)

    def hold(self, number: int) -> None:
        """Have the attempt of a trial wait for the answer from its next report on."""
        self._connections.send(self._fleet.slots.of(number).worker.name, Hold())

    def kill(self, number: int, reason: str) -> None:
        """End the processes of a trial's attempt; its end comes as an event."""
        slot = self._fleet.slots.of(number)
        for one in slot.ranks:
            one.killed = reason
            self._cut_off(one)
            self._fleet.actors.end(one.worker)
        if slot.gang is not None:
            slot.gang.fail(reason)

    def wait(self, seconds: float) -> Sequence[Event]:
        """Return what has happened to attempts, waiting at most `seconds` for the first event."""
        if self._fleet.is_due and (lost := self._lost()) is not None:
            return lost
        return self._fleet.tend() or self._gang_ends() or self._said(seconds)

    def _said(self, seconds: float) -> Sequence[Event]:
        """Return what the attempts say, and the ends of those that say nothing any more."""
        busy = self._busy()
        gone = any(slot.gone is not None for slot in busy.values())
        names = self._connections.wait(busy.keys(), 0 if gone else seconds)
        if not busy:
            return ()
        received = {name: self._receive(busy[name]) for name in names}
        heard = {name: event for name, event in received.items() if event is not None}
        events = [told for name, event in heard.items() for told in self._told(busy[name], event)]
        silent = [slot for name, slot in busy.items() if name not in heard]
        if (events and not gone) or not silent:
            return events
        return [*events, *self._deaths(silent, 0 if events else seconds)]

    def _begin(self, slot: Slot, task: Task) -> None:
        slot.heard = time.monotonic()
        self._connections.share(slot.worker.name, task.files)
        slot.call = slot.worker.handle.attempt.remote(task)

    def _busy(self) -> dict[str, Slot]:
        """Return the slot of each worker that runs an attempt, by the worker's name."""
        ranks = [one for slot in self._fleet.slots for one in slot.ranks]
        return {one.worker.name: one for one in ranks if one.call is not None}

    def _receive(self, slot: Slot) -> Event | Rendezvous | None:
        """Return what a worker sent, None if its connection ended instead."""
        try:
            event: Event | Rendezvous = self._connections.receive(slot.worker.name)
        except BROKEN:
            self._cut_off(slot)
            return None
        slot.heard = time.monotonic()
        return event

    def _told(self, slot: Slot, event: Event | Rendezvous) -> Sequence[Event]:
        """Return what the engine hears of a worker's event; those of a gang's are joined."""
        if slot.number is None:  # the attempt of its gang is over
            return []
        if slot.gang is not None:
            if isinstance(event, Ended):
                slot.call = None
            return [*slot.gang.take(slot, event), *self._gang_end(slot.gang.slot)]
        assert not isinstance(event, Rendezvous)  # noqa: S101 (only gangs meet)
        return [self._ended(slot, event) if isinstance(event, Ended) else event]

    def _gang_ends(self) -> Sequence[Event]:
        """Return the ends of gangs that depend on time, not on what a rank says."""
        gangs = [slot for slot in self._fleet.slots if slot.gang is not None]
        return [end for slot in gangs for end in self._gang_end(slot)]

    def _gang_end(self, slot: Slot) -> Sequence[Event]:
        """Return the end of a gang's attempt, if it has come; one that must not go on is killed."""
        if slot.gang.mismatch and not slot.killed and slot.number is not None:
            self.kill(slot.number, slot.gang.mismatch)
        ended = slot.gang.end()
        return [] if ended is None else [self._ended(slot, ended)]

    def _ended(self, slot: Slot, event: Ended) -> Ended:
        """Free the slot of an attempt that is over."""
        for one in slot.ranks:
            one.call = one.gang = None
        self._leaks.note(event)
        if told := self._fleet.slots.ended(slot, event):
            self._notify(told)
        return event

    def _cut_off(self, slot: Slot) -> None:
        slot.gone = time.monotonic()
        self._connections.drop(slot.worker.name)
        self._fleet.cluster.suspect(slot.node)

    def _deaths(self, silent: Collection[Slot], seconds: float) -> Sequence[Event]:
        """Return the ends of silent attempts whose process died, or of all if Ray itself did."""
        found = deaths(silent, seconds, self._fleet.cluster)
        if found and (lost := self._lost()) is not None:
            return lost
        for slot in [slot for slot, end in found if end.died]:
            placement_groups.remove(placement_groups.made_by(slot.worker.id))
        self._check_deadlock(silent)
        return [told for slot, end in found for told in self._told(slot, end)]

    def _check_deadlock(self, busy: Collection[Slot]) -> None:
        """Look for a deadlock if an attempt is silent and no worker of ours is still starting."""
        slots = self._fleet.slots
        silent = time.monotonic() - min(slot.heard for slot in busy) > LOOK_SECONDS
        is_at_rest = not (slots.starting or self._fleet.actors.has_condemned)
        if silent and is_at_rest and self._fleet.cluster.answers:
            needs = [slots.needs(slot) for slot in slots for _ in slot.ranks]
            held = {name: sum(one[name] for one in needs) for name in ("CPU", "GPU")}
            self._deadlocks.look(held, slots.capacity.nodes)

    def _lost(self) -> Sequence[Event] | None:
        """Return the ends of all attempts if Ray died and was started again, else None."""
        why = self._session.restart_if_dead()
        if why is None:
            return None
        numbers = [slot.number for slot in self._fleet.slots if slot.number is not None]
        self._fleet.start_over()
        if not numbers:
            self._notify(f"{why}; the workers are started again")
        return [Ended(number, "lost", why) for number in numbers]
