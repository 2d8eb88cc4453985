"""The pool of warm Ray actors, one per slot, on one machine or a cluster.

An actor is made once and serves trial after trial; one whose process died is replaced. An attempt
is one call of it; events and decisions go by a connection (`connection.py`), so that waiting for
the connections is all there is to it. The call itself is asked only why a process died. How many
slots there are, `slots.py` knows. Loopback only, a token for every call, no dashboard, no usage
statistics.

A Ray of our own whose raylet or GCS died is started again and all attempts are `lost`. Not
covered: the same on a cluster, where Ray itself ends the driver after a minute; a `run` goes on.
"""

import math
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import ray
from ray.exceptions import RayActorError, RayTaskError

from hpsearch.common.errors import HpsearchError, SearchFailed, UserError
from hpsearch.common.logs import last_lines
from hpsearch.common.trial import Decision
from hpsearch.engine.ports import Ended, Event, Result, Task
from hpsearch.experiment.schema import Experiment, Resources
from hpsearch.trainable.faults import trainable_broken
from hpsearch.trainable.signature import Given
from hpsearch.workers import faults
from hpsearch.workers.capacity import Capacity
from hpsearch.workers.connection import BROKEN, DriverEnd
from hpsearch.workers.left_threads import LeftThreads
from hpsearch.workers.output import last_words
from hpsearch.workers.packing import Packing
from hpsearch.workers.ray import placement_groups
from hpsearch.workers.ray.actors import Actors
from hpsearch.workers.ray.deaths import cause, deaths
from hpsearch.workers.ray.demand import LOOK_SECONDS, Demand
from hpsearch.workers.ray.shared import SHARED
from hpsearch.workers.ray.start import dead_processes, start, temporary_folder
from hpsearch.workers.shipment import ship
from hpsearch.workers.shipped import ShippedTrainable
from hpsearch.workers.slots import Slot, Slots
from hpsearch.workers.worker import WorkerSetup

MOST_RESTARTS = 10
"""How often Ray is started again in one run."""


class RayPool:
    """See `ports.Pool`. Close it, or Ray's processes go on until this process ends."""

    def __init__(
        self,
        reference: str,
        folder: Path,
        resources: Resources,
        *,
        most: int,
        given: Given | None = None,
        study: str = "",
        trainable: ShippedTrainable | None = None,
        verbose: bool = False,
        logs: Path | None = None,
        notify: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Start or reach Ray and make the actors, at most `most`; `notify` is told of a packing.

        `logs` is the study's folder for what workers print while they import the trainable.

        Raises UserError where the cluster cannot be reached or a trial does not fit on any machine.
        """
        self._notify = notify
        self._begin = lambda: start(resources.ray_address, folder, verbose=verbose)
        self._restarts = 0
        self._own = SHARED.join(self._begin)  # None: a caller that has Ray running keeps it
        self._loading = ExitStack()
        with ExitStack() as undo:
            if self._own is not None:
                undo.callback(SHARED.leave)
            undo.callback(self._loading.close)
            seen = str(logs or "")
            setup = WorkerSetup(reference, folder, "cpu", 1, seen, verbose, given, study, trainable)
            self._make_workers(resources, most, setup)
            self._undo = undo.pop_all()

    def _make_workers(self, resources: Resources, most: int, setup: WorkerSetup) -> None:
        """Make the actors, as many as fit; `setup` lacks what the machines say."""
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        capacity = Capacity.of(nodes, resources, most)
        # Ray asks the same of a cluster: that a worker's machine reaches the driver's
        host = "127.0.0.1" if resources.ray_address is None else ray.util.get_node_ip_address()
        self._connections = DriverEnd(host)
        is_here = resources.ray_address is None
        self._setup = replace(
            setup,
            # on a cluster, a worker's current folder is Ray's copy of the experiment's
            folder=setup.folder if is_here else Path(),
            device="cuda" if capacity.gpus else "cpu",
            threads=max(1, math.floor(resources.cpus_per_trial)),
            logs=str(Path(setup.logs).absolute()) if setup.logs and is_here else "",
        )
        most_packed = capacity.most_packed() if resources.gpus_per_trial == "auto" else 1
        packing = Packing(most_packed, capacity.slots(1))
        self._actors = Actors(self._setup, capacity.cpus, self._connections)
        self._left_threads = LeftThreads(self._notify)
        self._capacity = capacity
        self._demand = Demand(nodes, self._notify)
        self._slots = Slots(self._actors, capacity, packing)
        if self._own is not None:
            SHARED.loading.acquire()
            self._loading.callback(SHARED.loading.release)
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
        """Return the pool for an experiment whose trainable stands in `folder`."""
        name, function = experiment.trainable, experiment.function
        return cls(
            experiment.trainable,
            folder,
            experiment.resources,
            most=experiment.budget.trials,
            given=Given.of(experiment),
            study=experiment.name,
            trainable=ship(name, function) if function is not None else None,
            verbose=verbose,
            logs=logs,
            notify=notify,
        )

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
            printed = last_lines(last_words(self._setup.logs))
            fault = trainable_broken(self._setup.reference, f"{cause(error)}\n{printed}")
            raise UserError(fault) from None
        finally:
            self._loading.close()

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
        heard = [self._heard(busy[name]) for name in names]
        events = [event for event in heard if event is not None]
        if events and not gone:
            return events
        return [*events, *self._deaths(busy.values(), 0 if events else seconds)]

    def answer(self, number: int, decision: Decision) -> None:
        self._connections.send(self._slots.of(number).worker.name, decision)

    def kill(self, number: int, reason: str) -> None:
        slot = self._slots.of(number)
        slot.killed = reason
        self._cut_off(slot)
        self._actors.end(slot.worker)

    def close(self) -> None:
        """End the workers, and Ray itself where it was started here; a second time does nothing."""
        self._loading.close()
        slots = self._slots.clear()
        if ray.is_initialized():
            # What has not come yet goes with a Ray that nobody else uses.
            wait = self._own is None or SHARED.is_shared
            self._actors.end_all((slot.worker for slot in slots), wait=wait)
        self._connections.close()
        self._undo.close()

    def _heard(self, slot: Slot) -> Event | None:
        """Return what a worker sent, None where its connection ended instead."""
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
        """Return the ends of those whose process has died, or of all where Ray itself has."""
        found = deaths(busy, seconds)
        if found and (lost := self._lost()) is not None:
            return lost
        for slot in [slot for slot, end in found if end.how == "crashed"]:
            placement_groups.remove(placement_groups.made_by(slot.worker.id))
        self._look_at_demand(busy)
        return [self._ended(slot, end) for slot, end in found]

    def _ended(self, slot: Slot, event: Ended) -> Ended:
        """Free the slot of an attempt that is over."""
        slot.call = None
        self._left_threads.note(event)
        if told := self._slots.ended(slot, event):
            self._notify(told)
        return event

    def _look_at_demand(self, busy: Collection[Slot]) -> None:
        """See whether an attempt waits in vain: one is silent, and no worker of ours is to come."""
        silent = time.monotonic() - min(slot.heard for slot in busy) > LOOK_SECONDS
        coming = [one for one in self._slots if one.worker.name not in self._connections]
        if silent and not coming and not self._actors.is_ending_some:
            cpus = len(list(self._slots)) * self._capacity.cpus
            gpus = sum(self._capacity.share(slot.packed) for slot in self._slots)
            self._demand.look({"CPU": cpus, "GPU": gpus})

    def _lost(self) -> Sequence[Event] | None:
        """Start Ray again where it died, and return the ends of all attempts; else None."""
        if self._own is None:
            return None
        if SHARED.is_new(self._own):
            return self._start_again("Ray died, and another search has started it again")
        dead = dead_processes()
        return self._start_again(f"Ray's {' and '.join(dead)} died") if dead else None

    def _start_again(self, why: str) -> Sequence[Event]:
        """Start Ray once more; every attempt is lost with the one that died."""
        self._restarts += 1
        if self._restarts > MOST_RESTARTS:
            fault = faults.ray_keeps_dying(why, self._restarts, temporary_folder())
            raise SearchFailed(fault)
        lost = [Ended(slot.number, "lost", why) for slot in self._slots if slot.number is not None]
        assert self._own is not None  # noqa: S101 (only a Ray of our own is started again)
        self._own = SHARED.start_again(self._own, self._begin)
        self._actors.forget()
        self._connections.drop_all()
        self._slots.start_over()
        return lost
