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

import ray
from ray.exceptions import RayActorError, RayTaskError

from hpsearch.common.errors import HpsearchError, UserError
from hpsearch.common.logs import last_lines
from hpsearch.engine import Answer, Ended, Event, Hold, Result, Task
from hpsearch.experiment import Experiment, Resources
from hpsearch.trainable import Given
from hpsearch.trainable.faults import trainable_broken
from hpsearch.workers.capacity import Capacity
from hpsearch.workers.connection import BROKEN, WorkerConnections
from hpsearch.workers.output import last_import_output
from hpsearch.workers.packing import Packing
from hpsearch.workers.ray import placement_groups
from hpsearch.workers.ray.actors import Actors
from hpsearch.workers.ray.deadlock import LOOK_SECONDS, DeadlockDetector
from hpsearch.workers.ray.deaths import cause, deaths
from hpsearch.workers.ray.machines import alive_nodes, driver_host, setup_on_machines
from hpsearch.workers.ray.session import RaySession
from hpsearch.workers.setup import WorkerSetup
from hpsearch.workers.shipment import packed_trainable
from hpsearch.workers.slots import Slot, Slots
from hpsearch.workers.thread_leaks import ThreadLeaks


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
        """Start or reach Ray and make the actors, at most `most`; `notify` is told of a packing.

        Raises UserError if the cluster cannot be reached or a trial does not fit on any machine.
        """
        self._session = RaySession(resources.ray_address, setup.folder, verbose=setup.verbose)
        self._leaks = ThreadLeaks(notify)
        self._notify = notify
        with ExitStack() as undo:
            undo.callback(self._session.close)
            self._make_workers(setup, resources, most)
            undo.pop_all()

    def _make_workers(self, setup: WorkerSetup, resources: Resources, most: int) -> None:
        """Make the actors, as many as fit on the machines."""
        nodes = alive_nodes()
        self._capacity = capacity = Capacity.of(nodes, resources, most)
        self._connections = WorkerConnections(driver_host(resources))
        self._setup = setup_on_machines(setup, resources, capacity)
        most_packed = capacity.most_packed() if resources.gpus_per_trial == "auto" else 1
        packing = Packing(most_packed, capacity.slots(1))
        self._actors = Actors(self._setup, capacity.cpus, self._connections)
        self._deadlocks = DeadlockDetector(nodes, self._notify)
        self._slots = Slots(self._actors, capacity, packing)
        self._session.begin_loading()
        self._slots.start_over()

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
        )
        return cls(setup, experiment.resources, most=experiment.budget.trials, notify=notify)

    @property
    def slots(self) -> int:
        """How many attempts may run at once, at this moment."""
        return self._slots.count

    def load(self) -> None:
        """Import the trainable on all workers; raises UserError as each of them does."""
        try:
            ray.get([self._actors.load(slot.worker) for slot in self._slots])
        except RayTaskError as error:
            if isinstance(error.cause, HpsearchError):
                raise error.cause from None
            raise
        except RayActorError as error:
            printed = last_lines(last_import_output(self._setup.logs))
            fault = trainable_broken(self._setup.reference, f"{cause(error)}\n{printed}")
            raise UserError(fault) from None
        finally:
            self._session.end_loading()

    def serve(self, loop: Callable[[], Result]) -> Result:
        return loop()

    def start(self, task: Task) -> None:
        slot = self._slots.take(task.number)
        slot.heard = time.monotonic()
        slot.call = slot.worker.handle.attempt.remote(task)

    def wait(self, seconds: float) -> Sequence[Event]:
        if (lost := self._lost()) is not None:
            return lost
        self._actors.end_condemned()
        busy = {slot.worker.name: slot for slot in self._slots if slot.call is not None}
        if not busy:
            return ()
        gone = any(slot.gone is not None for slot in busy.values())
        names = self._connections.wait(busy.keys(), 0 if gone else seconds)
        heard = [self._receive(busy[name]) for name in names]
        events = [event for event in heard if event is not None]
        if events and not gone:
            return events
        return [*events, *self._deaths(busy.values(), 0 if events else seconds)]

    def answer(self, number: int, answer: Answer) -> None:
        self._connections.send(self._slots.of(number).worker.name, answer)

    def hold(self, number: int) -> None:
        self._connections.send(self._slots.of(number).worker.name, Hold())

    def kill(self, number: int, reason: str) -> None:
        slot = self._slots.of(number)
        slot.killed = reason
        self._cut_off(slot)
        self._actors.end(slot.worker)

    def close(self) -> None:
        """End the workers, and Ray itself if it was started here; twice does no harm."""
        self._session.end_loading()
        slots = self._slots.clear()
        if ray.is_initialized():
            # a worker that is still starting ends with a Ray that nobody else uses
            wait = self._session.must_wait_for_workers
            self._actors.end_all((slot.worker for slot in slots), wait=wait)
        self._connections.close()
        self._session.close()

    def _receive(self, slot: Slot) -> Event | None:
        """Return what a worker sent, None if its connection ended instead."""
        try:
            event: Event = self._connections.receive(slot.worker.name)
        except BROKEN:
            self._cut_off(slot)
            return None
        slot.heard = time.monotonic()
        return self._ended(slot, event) if isinstance(event, Ended) else event

    def _cut_off(self, slot: Slot) -> None:
        slot.gone = time.monotonic()
        self._connections.drop(slot.worker.name)

    def _deaths(self, busy: Collection[Slot], seconds: float) -> Sequence[Event]:
        """Return the ends of attempts whose process died, or of all if Ray itself did."""
        found = deaths(busy, seconds)
        if found and (lost := self._lost()) is not None:
            return lost
        for slot in [slot for slot, end in found if end.how == "crashed"]:
            placement_groups.remove(placement_groups.made_by(slot.worker.id))
        self._check_deadlock(busy)
        return [self._ended(slot, end) for slot, end in found]

    def _ended(self, slot: Slot, event: Ended) -> Ended:
        """Free the slot of an attempt that is over."""
        slot.call = None
        self._leaks.note(event)
        if told := self._slots.ended(slot, event):
            self._notify(told)
        return event

    def _check_deadlock(self, busy: Collection[Slot]) -> None:
        """Look for a deadlock if an attempt is silent and no worker of ours is still starting."""
        silent = time.monotonic() - min(slot.heard for slot in busy) > LOOK_SECONDS
        starting = [one for one in self._slots if one.worker.name not in self._connections]
        if silent and not starting and not self._actors.has_condemned:
            cpus = len(list(self._slots)) * self._capacity.cpus
            gpus = sum(self._capacity.share(slot.packed) for slot in self._slots)
            self._deadlocks.look({"CPU": cpus, "GPU": gpus})

    def _lost(self) -> Sequence[Event] | None:
        """Return the ends of all attempts if Ray died and was started again, else None."""
        why = self._session.restart_if_dead()
        if why is None:
            return None
        lost = [Ended(slot.number, "lost", why) for slot in self._slots if slot.number is not None]
        self._actors.forget()
        self._connections.drop_all()
        self._slots.start_over()
        return lost
