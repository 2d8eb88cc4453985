"""The pool of warm Ray actors, one per slot, on one machine or a cluster.

An actor is made once and runs trial after trial; one whose process died is replaced. An attempt is
one call of it; events and decisions travel over a connection (`connection.py`), so waiting means
waiting for the connections. The call itself is only asked why a process died. `slots.py` knows how
many slots there are. Loopback only, a token for every call, no dashboard, no usage statistics.

If our own Ray died, it is started again (`session.py`), and all attempts are `lost`.
"""

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from pathlib import Path

from hpsearch.engine import Answer, Ended, Event, Hold, Result, Task
from hpsearch.experiment import Experiment, Resources
from hpsearch.trainable import Given
from hpsearch.workers.connection import BROKEN, WorkerConnections
from hpsearch.workers.gang import Rendezvous
from hpsearch.workers.ray import placement_groups
from hpsearch.workers.ray.deadlock import LOOK_SECONDS, DeadlockDetector
from hpsearch.workers.ray.deaths import deaths
from hpsearch.workers.ray.fleet import Fleet
from hpsearch.workers.ray.gang_attempt import GangAttempt
from hpsearch.workers.ray.machines import driver_host
from hpsearch.workers.ray.session import RaySession
from hpsearch.workers.setup import WorkerSetup
from hpsearch.workers.shipment import packed_trainable
from hpsearch.workers.slots import Slot, Slots
from hpsearch.workers.thread_leaks import ThreadLeaks
from hpsearch.workers.upload.checks import copy_of


class RayPool:
    """See `ports.Pool`. Close it, or Ray's processes run until this process ends."""

    def __init__(
        self,
        setup: WorkerSetup,
        resources: Resources,
        *,
        most: int,
        notify: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Start or reach Ray, for at most `most` workers; `notify` is told of what they lack.

        Raises UserError if the cluster cannot be reached or a trial does not fit on this machine.
        """
        self._session = RaySession(resources, setup.folder, verbose=setup.verbose)
        self._leaks = ThreadLeaks(notify)
        self._notify = notify
        self._deadlocks = DeadlockDetector(notify)
        with ExitStack() as undo:
            undo.callback(self._session.close)
            self._connections = WorkerConnections(driver_host(resources))
            undo.callback(self._connections.close)
            self._fleet = Fleet(
                setup,
                resources,
                most=most,
                is_ours=self._session.is_ours,
                connections=self._connections,
                notify=notify,
            )
            undo.pop_all()

    @classmethod
    def of(
        cls,
        experiment: Experiment,
        folder: Path,
        *,
        verbose: bool,
        logs: Path | None = None,
        notify: Callable[[str], None] = lambda text: None,
    ) -> "RayPool":
        """Return the pool for an experiment whose trainable is in `folder`.

        `logs` is the study's folder for what workers print while they import the trainable.
        """
        setup = WorkerSetup(
            experiment.reference,
            folder,
            logs=str(logs or ""),
            verbose=verbose,
            given=Given.of(experiment),
            study=experiment.name,
            trainable=packed_trainable(experiment),
            copy=copy_of(experiment.resources, folder),
        )
        return cls(setup, experiment.resources, most=experiment.budget.trials, notify=notify)

    @property
    def slots(self) -> int:
        """How many attempts may run at once, at this moment."""
        return self._slots.count

    @property
    def most_slots(self) -> int:
        """How many there are room for on the machines that are there now."""
        return self._slots.most

    @property
    def _slots(self) -> Slots:
        return self._fleet.slots

    def load(self, check: Callable[[], None] = lambda: None) -> None:
        """Return when a first worker has imported the trainable; raises UserError as it does."""
        self._fleet.load(check)

    def serve(self, loop: Callable[[], Result]) -> Result:
        return loop()

    def start(self, task: Task) -> None:
        slot = self._slots.take(task.number)
        if slot.followers:
            gang = GangAttempt(slot, task, begin=self._begin, send=self._connections.send)
            gang.start()
        else:
            self._begin(slot, task)

    def _begin(self, slot: Slot, task: Task) -> None:
        slot.heard = time.monotonic()
        self._connections.share(slot.worker.name, task.files)
        slot.call = slot.worker.handle.attempt.remote(task)

    def wait(self, seconds: float) -> Sequence[Event]:
        if (lost := self._lost()) is not None:
            return lost
        if news := self._fleet.tend():
            return news
        if ends := self._gang_ends():
            return ends
        busy = {
            one.worker.name: one
            for slot in self._slots
            for one in slot.ranks
            if one.call is not None
        }
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

    def answer(self, number: int, answer: Answer) -> None:
        slot = self._slots.of(number)
        if slot.gang is not None:
            slot.gang.answer(answer)
        else:
            self._connections.send(slot.worker.name, answer)

    def hold(self, number: int) -> None:
        self._connections.send(self._slots.of(number).worker.name, Hold())

    def limit(self, slots: int) -> None:
        self._fleet.limit(slots)

    def kill(self, number: int, reason: str) -> None:
        slot = self._slots.of(number)
        for one in slot.ranks:
            one.killed = reason
            self._cut_off(one)
            self._fleet.actors.end(one.worker)
        if slot.gang is not None:
            slot.gang.fail(reason)

    def close(self) -> None:
        """End the workers, and Ray itself if it was started here; twice does no harm."""
        # a worker that is still starting ends with a Ray that nobody else uses
        self._fleet.close(wait=self._session.must_wait_for_workers)
        self._connections.close()
        self._session.close()

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
        gangs = [slot for slot in self._slots if slot.gang is not None]
        return [end for slot in gangs for end in self._gang_end(slot)]

    def _gang_end(self, slot: Slot) -> Sequence[Event]:
        """Return the end of a gang's attempt, if it has come; one that must not go on is killed."""
        if slot.gang.mismatch and not slot.killed and slot.number is not None:
            self.kill(slot.number, slot.gang.mismatch)
        ended = slot.gang.end()
        return [] if ended is None else [self._ended(slot, ended)]

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

    def _ended(self, slot: Slot, event: Ended) -> Ended:
        """Free the slot of an attempt that is over."""
        for one in slot.ranks:
            one.call = one.gang = None
        self._leaks.note(event)
        if told := self._slots.ended(slot, event):
            self._notify(told)
        return event

    def _check_deadlock(self, busy: Collection[Slot]) -> None:
        """Look for a deadlock if an attempt is silent and no worker of ours is still starting."""
        silent = time.monotonic() - min(slot.heard for slot in busy) > LOOK_SECONDS
        is_at_rest = not (self._slots.starting or self._fleet.actors.has_condemned)
        if silent and is_at_rest and self._fleet.cluster.answers:
            needs = [self._slots.needs(slot) for slot in self._slots for _ in slot.ranks]
            held = {name: sum(one[name] for one in needs) for name in ("CPU", "GPU")}
            self._deadlocks.look(held, self._slots.capacity.nodes)

    def _lost(self) -> Sequence[Event] | None:
        """Return the ends of all attempts if Ray died and was started again, else None."""
        why = self._session.restart_if_dead()
        if why is None:
            return None
        lost = [Ended(slot.number, "lost", why) for slot in self._slots if slot.number is not None]
        self._fleet.start_over()
        return lost
